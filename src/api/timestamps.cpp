#include "api/timestamps.h"

#include <charconv>
#include <chrono>
#include <cstdio>

namespace parley::api {
namespace {

namespace chrono = std::chrono;

// A year has four digits.
constexpr base::Timestamp first_shown{chrono::sys_days(chrono::year(0) / 1 / 1)};
constexpr base::Timestamp first_beyond{chrono::sys_days(chrono::year(10'000) / 1 / 1)};

/// Reads a text from its front, in pieces of fixed width.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool skip(char wanted) {
    if (!text_.starts_with(wanted)) return false;
    text_.remove_prefix(1);
    return true;
  }

  /// A number of exactly so many digits, at most `most`.
  std::optional<int> digits(std::size_t count, int most) {
    int number = 0;
    if (text_.size() < count || text_.front() == '-') return std::nullopt;
    const auto [end, failure] = std::from_chars(text_.data(), text_.data() + count, number);
    if (failure != std::errc() || end != text_.data() + count || number > most) return std::nullopt;
    text_.remove_prefix(count);
    return number;
  }

  /// Of a fraction's digits, the milliseconds.
  std::optional<int> milliseconds() {
    int number = 0;
    std::size_t read = 0;
    for (; !text_.empty() && text_.front() >= '0' && text_.front() <= '9'; text_.remove_prefix(1), ++read) {
      if (read < 3) number = number * 10 + (text_.front() - '0');
    }
    for (std::size_t missing = read; missing < 3; ++missing) number *= 10;
    return read > 0 ? std::optional(number) : std::nullopt;
  }

  bool ended() const { return text_.empty(); }

 private:
  std::string_view text_;
};

std::optional<chrono::sys_days> read_date(Reader& reader) {
  const auto year = reader.digits(4, 9999);
  if (!year || !reader.skip('-')) return std::nullopt;
  const auto month = reader.digits(2, 12);
  if (!month || !reader.skip('-')) return std::nullopt;
  const auto day = reader.digits(2, 31);
  if (!day) return std::nullopt;
  const chrono::year_month_day date{chrono::year(*year), chrono::month(static_cast<unsigned>(*month)),
                                    chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return chrono::sys_days(date);
}

std::optional<chrono::milliseconds> read_time_of_day(Reader& reader) {
  const auto hours = reader.digits(2, 23);
  if (!hours || !reader.skip(':')) return std::nullopt;
  const auto minutes = reader.digits(2, 59);
  if (!minutes) return std::nullopt;
  chrono::milliseconds time = chrono::hours(*hours) + chrono::minutes(*minutes);
  if (!reader.skip(':')) return time;
  const auto seconds = reader.digits(2, 59);
  if (!seconds) return std::nullopt;
  time += chrono::seconds(*seconds);
  if (!reader.skip('.')) return time;
  const auto milliseconds = reader.milliseconds();
  if (!milliseconds) return std::nullopt;
  return time + chrono::milliseconds(*milliseconds);
}

std::optional<chrono::minutes> read_offset(Reader& reader) {
  if (reader.skip('Z') || reader.skip('z')) return chrono::minutes(0);
  const bool east = reader.skip('+');
  if (!east && !reader.skip('-')) return std::nullopt;
  const auto hours = reader.digits(2, 23);
  if (!hours || !reader.skip(':')) return std::nullopt;
  const auto minutes = reader.digits(2, 59);
  if (!minutes) return std::nullopt;
  const chrono::minutes offset = chrono::hours(*hours) + chrono::minutes(*minutes);
  return east ? offset : -offset;
}

}  // namespace

std::string time_text(base::Timestamp time) {
  const auto day = chrono::floor<chrono::days>(time);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss clock(time - day);
  char text[40];
  const int length = std::snprintf(
      text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", int{date.year()}, unsigned{date.month()},
      unsigned{date.day()}, static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return {text, static_cast<std::size_t>(length)};
}

std::optional<base::Timestamp> parse_time(std::string_view text) {
  Reader reader(text);
  const auto date = read_date(reader);
  if (!date || (!reader.skip('T') && !reader.skip('t') && !reader.skip(' '))) return std::nullopt;
  const auto time = read_time_of_day(reader);
  if (!time) return std::nullopt;
  const auto offset = read_offset(reader);
  if (!offset || !reader.ended()) return std::nullopt;
  const base::Timestamp moment = base::Timestamp(*date) + *time - *offset;
  const bool can_be_shown = moment >= first_shown && moment < first_beyond;
  return can_be_shown ? std::optional(moment) : std::nullopt;
}

}  // namespace parley::api
