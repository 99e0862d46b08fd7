#include "prove/proof.h"

#include <sys/resource.h>

#include <algorithm>
#include <random>

#include "prove/crowd.h"
#include "prove/doomed_engine.h"
#include "prove/progress.h"
#include "prove/rows.h"
#include "store/sqlite/verify.h"

namespace parley::prove {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds tick{10};
constexpr std::uint32_t lives_ms_min = 300;
constexpr std::uint32_t lives_ms_spread = 700;
constexpr std::uint32_t dead_ms_min = 20;
constexpr std::uint32_t dead_ms_spread = 130;
/// For turns to end whose clients have left.
constexpr std::chrono::seconds quiet_max{30};

std::chrono::microseconds cpu_used() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto micros = [](const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  return micros(usage.ru_utime) + micros(usage.ru_stime);
}

/// Kills the engine and starts it again, by turns.
class Killer {
 public:
  explicit Killer(DoomedEngine& engine) : engine_(engine), due_(Clock::now() + milliseconds(lives_ms_min)) {}

  base::Result<void> act() {
    if (Clock::now() < due_) return {};
    if (!engine_.alive()) return revive();
    engine_.kill();
    ++kills_;
    due_ = Clock::now() + milliseconds(dead_ms_min + random_() % dead_ms_spread);
    return {};
  }

  base::Result<void> revive() {
    if (engine_.alive()) return {};
    due_ = Clock::now() + milliseconds(lives_ms_min + random_() % lives_ms_spread);
    return engine_.start();
  }

  std::int64_t kills() const noexcept { return kills_; }

 private:
  DoomedEngine& engine_;
  Clock::time_point due_;
  std::minstd_rand random_{2};
  std::int64_t kills_ = 0;
};

base::Result<void> race(const Plan& plan, DoomedEngine& engine, Crowd& crowd, const StopWithin& stop_within,
                        Findings& findings) {
  Progress progress(plan.duration);
  Killer killer(engine);
  const auto cpu_before = cpu_used();
  const auto begin = Clock::now();
  const auto elapsed = [begin] { return std::chrono::floor<milliseconds>(Clock::now() - begin); };
  crowd.start();
  base::Result<void> killed;
  while (killed.has_value() && elapsed() < plan.duration && !stop_within(tick)) {
    killed = killer.act();
    progress.show(elapsed(), crowd.answered(), killer.kills());
  }
  if (killed.has_value()) killed = killer.revive();
  crowd.finish();
  findings.raced = elapsed();
  findings.cpu = cpu_used() - cpu_before;
  findings.engine_kills = killer.kills();
  progress.end();
  return killed;
}

/// Streams go on without their clients for a while; plain chats do to their end.
void await_quiet(const Subject& subject, const StopWithin& stop_within) {
  const auto deadline = Clock::now() + quiet_max;
  while (subject.holds().open > 0 && Clock::now() < deadline) stop_within(tick);
}

}  // namespace

base::Result<Findings> run(const Plan& plan, const StartSubject& start_subject, const StopWithin& stop_within) {
  Findings findings;
  findings.plan = plan;
  DoomedEngine engine;
  TRY_VOID(engine.start());
  TRY(std::unique_ptr<Subject> subject, start_subject(engine.base_url()));
  Crowd crowd(plan, subject->url(), subject->operator_socket());
  TRY_VOID(crowd.join());
  TRY_VOID(race(plan, engine, crowd, stop_within, findings));
  await_quiet(*subject, stop_within);
  crowd.ask_balances();

  findings.drained = subject->stop();
  findings.holds = subject->holds();
  subject.reset();
  TRY(const auto rows, read_rows(plan.folder, crowd.credentials()));
  TRY(findings.verify, store::sqlite::verify(plan.folder));
  findings.verdict = judge(crowd.journal(), rows);
  return findings;
}

}  // namespace parley::prove
