#include "ledger/entry.h"

#include <cstring>

#include "crypto/digest.h"

namespace parley::ledger {
namespace {

constexpr std::string_view domain = "parley-entry-1";

class Buffer {
 public:
  void text(std::string_view bytes) {
    std::memcpy(bytes_.data() + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void number(std::int64_t value) {
    auto bits = static_cast<std::uint64_t>(value);
    for (int byte = 0; byte < 8; ++byte, bits >>= 8) bytes_[size_++] = static_cast<std::byte>(bits & 0xff);
  }
  void digest(const EntryDigest& value) {
    std::memcpy(bytes_.data() + size_, value.data(), value.size());
    size_ += value.size();
  }
  std::span<const std::byte> bytes() const { return {bytes_.data(), size_}; }

 private:
  std::array<std::byte, domain.size() + 7 * 8 + 32> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace

std::optional<EntryKind> entry_kind_from(std::int64_t number) noexcept {
  if (number < static_cast<int>(EntryKind::grant) || number > static_cast<int>(EntryKind::adjustment)) return {};
  return static_cast<EntryKind>(number);
}

std::string_view name_of(EntryKind kind) noexcept {
  switch (kind) {
    case EntryKind::grant: return "grant";
    case EntryKind::charge: return "charge";
    case EntryKind::refund: return "refund";
    case EntryKind::credit: return "credit";
    case EntryKind::redemption: return "redemption";
    case EntryKind::adjustment: return "adjustment";
  }
  return "unknown";
}

EntryDigest digest_of(const Entry& entry, const EntryDigest& previous) noexcept {
  Buffer buffer;
  buffer.text(domain);
  buffer.number(entry.account.value);
  buffer.number(entry.sequence);
  buffer.number(static_cast<std::int64_t>(entry.kind));
  buffer.number(entry.amount.count());
  buffer.number(entry.balance_after.count());
  buffer.number(entry.time.time_since_epoch().count());
  buffer.number(entry.turn().value);
  buffer.digest(previous);
  return crypto::digest_of(buffer.bytes());
}

}  // namespace parley::ledger
