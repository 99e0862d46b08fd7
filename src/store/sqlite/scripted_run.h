#pragma once
// The script of store/proof on a keeper whose disk is simulated, to the end or to where it fails.

#include <atomic>
#include <memory>
#include <optional>

#include "base/manual_clock.h"
#include "store/proof/script.h"
#include "store/sqlite/keeper.h"
#include "store/sqlite/simulated_disk.h"
#include "store/sqlite/temporary_folder.h"
#include "store/sqlite/verify.h"

namespace parley::store::sqlite {

class ScriptedRun {
 public:
  explicit ScriptedRun(Durability durability = Durability::power_cut) : durability_(durability) {}
  ScriptedRun(const ScriptedRun&) = delete;
  ScriptedRun& operator=(const ScriptedRun&) = delete;

  SimulatedDisk disk;

  /// False where the keeper can't be opened.
  bool open() {
    KeeperOptions options{.folder = folder_.path(), .clock = clock_};
    options.vfs = disk.name();
    options.durability = durability_;
    options.probe_interval = std::chrono::milliseconds(0);
    options.frames_between_checkpoints = 24;
    options.on_fatal = [this](const base::Error&) { ++fatal; };
    auto opened = Keeper::open(std::move(options));
    if (opened.has_error()) {
      EXPECT_EQ(opened.error().code, base::ErrorCode::store_unavailable);
      EXPECT_FALSE(opened.error().message.empty());
      return false;
    }
    keeper_ = *std::move(opened);
    asking_.emplace(*keeper_);
    actors_.emplace(*asking_, *keeper_, memory_);
    return true;
  }
  void close() {
    actors_.reset();
    asking_.reset();
    keeper_.reset();
  }

  /// Takes the steps that are left, until one is refused. True at the script's end.
  bool go_on() {
    for (; next_ < steps_.size(); ++next_) {
      const proof::ScriptStep& step = steps_[next_];
      clock_.advance(std::chrono::seconds(1));
      if (step.act == nullptr) {
        close();
        if (!open()) return false;
        continue;
      }
      const std::string code = step.act(*actors_);
      if (code == "store_unavailable") return false;
      EXPECT_EQ(code, "ok") << step.what;
      if (code != "ok") return false;
      step.effect(acknowledged_);
    }
    return true;
  }

  Store& store() { return *keeper_; }
  Asking& asking() { return *asking_; }
  bool is_open() const { return keeper_ != nullptr; }
  std::string at() const { return next_ < steps_.size() ? steps_[next_].what : "the end"; }

  /// What is there is what was acknowledged; with the step that was under way, or without it.
  ::testing::AssertionResult holds_what_was_acknowledged() {
    const proof::Picture seen = proof::picture_of(*asking_, *keeper_, proof::script_secrets);
    const proof::Picture before = proof::visible(acknowledged_);
    if (seen == before) return ::testing::AssertionSuccess();
    if (next_ < steps_.size() && steps_[next_].act != nullptr) {
      proof::Picture after = acknowledged_;
      steps_[next_].effect(after);
      if (seen == proof::visible(after)) return ::testing::AssertionSuccess();
    }
    return ::testing::AssertionFailure() << "while: " << at() << "\nacknowledged:" << before << "there:" << seen;
  }
  /// The step that was refused had no effect at all.
  ::testing::AssertionResult holds_only_what_was_acknowledged() {
    const proof::Picture seen = proof::picture_of(*asking_, *keeper_, proof::script_secrets);
    const proof::Picture before = proof::visible(acknowledged_);
    if (seen == before) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << "while: " << at() << "\nacknowledged:" << before << "there:" << seen;
  }
  ::testing::AssertionResult is_sound() {
    const auto report = verify(folder_.path(), disk.name());
    if (report.has_error()) return ::testing::AssertionFailure() << report.error().message;
    if (report->sound()) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << report->findings.front().invariant << ": " << report->findings.front().what;
  }

  std::atomic<int> fatal{0};

 private:
  const Durability durability_;
  TemporaryFolder folder_;
  base::ManualClock clock_;
  std::unique_ptr<Keeper> keeper_;
  std::optional<Asking> asking_;
  std::optional<proof::Actors> actors_;
  proof::Memory memory_;
  const std::vector<proof::ScriptStep> steps_ = proof::script();
  std::size_t next_ = 0;
  proof::Picture acknowledged_;
};

}  // namespace parley::store::sqlite
