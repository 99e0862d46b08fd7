#include "engines/child_process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "async/event.h"
#include "async/run_to_end.h"

namespace parley::engines {
namespace {

namespace asio = async::asio;
using testing::Contains;
using testing::ElementsAre;
using testing::StartsWith;

class Heard final : public ChildListener {
 public:
  explicit Heard(const async::Executor& executor) : changed(executor) {}

  void line(std::string_view text) override {
    lines.emplace_back(text);
    changed.set();
  }
  void ended() override {
    has_ended = true;
    changed.set();
  }

  std::vector<std::string> lines;
  bool has_ended = false;
  async::Event changed;
};

Program shell(const std::string& script) {
  return {.path = "/bin/sh", .arguments = {"-c", script}, .environment = {"PATH=/usr/bin:/bin"}};
}

async::Task<bool> until_the_end(Heard& heard) {
  while (!heard.has_ended) co_await heard.changed.wait();
  co_return true;
}

async::Task<bool> until_a_line(Heard& heard) {
  while (heard.lines.empty()) co_await heard.changed.wait();
  co_return true;
}

/// "R", "S", "Z"…; empty where there is no such process.
std::string state_of(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string number, name, state;
  stat >> number >> name >> state;
  return state;
}

bool is_gone_soon(pid_t pid) {
  for (int tries = 0; tries < 500; ++tries) {
    const std::string state = state_of(pid);
    if (state.empty() || state == "Z") return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

class ChildProcessTest : public testing::Test {
 protected:
  void start(const Program& program) { child = ChildProcess::start(program, context.get_executor(), heard).value(); }

  ProgramEnd run(const Program& program) {
    start(program);
    return end();
  }

  ProgramEnd end() {
    async::run_to_end(context, until_the_end(heard));
    return child->end().value();
  }

  void await_a_line() { async::run_to_end(context, until_a_line(heard)); }

  asio::io_context context{1};
  asio::executor_work_guard<async::Executor> work{context.get_executor()};
  Heard heard{context.get_executor()};
  std::unique_ptr<ChildProcess> child;
};

TEST_F(ChildProcessTest, TellsTheExitCode) {
  EXPECT_EQ(run(shell("exit 7")).text(), "exit code 7");
}

TEST_F(ChildProcessTest, TellsTheSignal) {
  EXPECT_EQ(run(shell("kill -SEGV $$")).text(), "SIGSEGV");
}

TEST_F(ChildProcessTest, HearsBothOutputs) {
  run(shell("echo out; echo err >&2; printf unfinished"));
  EXPECT_THAT(heard.lines, ElementsAre("out", "err", "unfinished"));
}

TEST_F(ChildProcessTest, HearsEverythingOfMuch) {
  run(shell("i=0; while [ $i -lt 20000 ]; do echo line-$i; i=$((i+1)); done"));
  ASSERT_EQ(heard.lines.size(), 20000U);
  EXPECT_EQ(heard.lines.back(), "line-19999");
}

TEST_F(ChildProcessTest, HearsALongLineInPieces) {
  run(shell("head -c 2500 /dev/zero | tr '\\0' x"));
  ASSERT_EQ(heard.lines.size(), 3U);
  EXPECT_EQ(heard.lines.at(0).size(), ChildProcess::line_bytes_max);
  EXPECT_EQ(heard.lines.at(2).size(), 500U);
}

TEST_F(ChildProcessTest, SaysWhyAProgramCantBeExecuted) {
  const auto none = ChildProcess::start({.path = "/no/such/program"}, context.get_executor(), heard);
  ASSERT_TRUE(none.has_error());
  EXPECT_EQ(none.error().code, base::ErrorCode::invalid_input);
  EXPECT_EQ(none.error().message, "/no/such/program can't be executed: No such file or directory.");
  const auto text = ChildProcess::start({.path = "/etc/passwd"}, context.get_executor(), heard);
  ASSERT_TRUE(text.has_error());
  EXPECT_EQ(text.error().message, "/etc/passwd can't be executed: Permission denied.");
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
}

TEST_F(ChildProcessTest, GivesTheChildNoneOfOurDescriptors) {
  const int open_for_all = open("/dev/null", O_RDONLY);  // without close-on-exec, as libraries do
  ASSERT_GT(open_for_all, 2);
  run(shell("for f in /proc/self/fd/*; do echo ${f##*/}; done; read none || echo nothing to read"));
  close(open_for_all);
  // The shell itself opens the folder for a moment, and closes it before it goes on.
  std::erase_if(heard.lines, [](const std::string& line) {
    return line.size() == 1 && !std::filesystem::exists("/proc/self/fd/" + line);
  });
  EXPECT_THAT(heard.lines, testing::Not(Contains(std::to_string(open_for_all))));
  EXPECT_THAT(heard.lines, Contains("0"));
  EXPECT_LE(heard.lines.size(), 5U);
  EXPECT_EQ(heard.lines.back(), "nothing to read");
}

TEST_F(ChildProcessTest, LeavesNoDescriptorOpenHere) {
  const auto count = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
  };
  const auto before = count();
  for (int times = 0; times < 3; ++times) {
    heard.has_ended = false;
    run(shell("true"));
    child.reset();
    EXPECT_TRUE(ChildProcess::start({.path = "/no/such/program"}, context.get_executor(), heard).has_error());
  }
  EXPECT_EQ(count(), before);
}

/// Those of a mask in /proc that sigaction(2) can change: signals 32 and 33 are the C library's own (nptl(7)), which it
/// sets for nobody, and whoever started this process may have had them ignored.
std::uint64_t signals_in(const std::string& mask) {
  constexpr std::uint64_t of_the_library = 3ULL << 31U;
  return std::stoull(mask, nullptr, 16) & ~of_the_library;
}

TEST_F(ChildProcessTest, GivesTheChildTheUsualSignals) {
  sigset_t term, old;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  sigaddset(&term, SIGINT);
  pthread_sigmask(SIG_BLOCK, &term, &old);
  const auto old_pipe = std::signal(SIGPIPE, SIG_IGN);
  run(shell("grep -E '^Sig(Blk|Ign):' /proc/self/status | cut -f 2"));
  std::signal(SIGPIPE, old_pipe);
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
  ASSERT_EQ(heard.lines.size(), 2U);
  EXPECT_EQ(signals_in(heard.lines[0]), 0U) << "blocked: " << heard.lines[0];
  EXPECT_EQ(signals_in(heard.lines[1]), 0U) << "ignored: " << heard.lines[1];
}

TEST_F(ChildProcessTest, GivesTheChildAProcessGroupOfItsOwn) {
  start(shell("echo up; sleep 20"));
  EXPECT_EQ(getpgid(child->pid()), child->pid());
  EXPECT_NE(getpgid(0), child->pid());
}

TEST_F(ChildProcessTest, GivesTheChildTheEnvironmentItIsToldAndNoOther) {
  setenv("PARLEY_TEST_SECRET", "hidden", 1);  // NOLINT(concurrency-mt-unsafe): the only thread
  run({.path = "/usr/bin/env", .arguments = {}, .environment = {"ONE=1", "TWO=2"}});
  unsetenv("PARLEY_TEST_SECRET");  // NOLINT(concurrency-mt-unsafe)
  EXPECT_THAT(heard.lines, ElementsAre("ONE=1", "TWO=2"));
}

TEST_F(ChildProcessTest, SignalsTheWholeGroup) {
  start(shell("sleep 20 & echo up; wait"));
  await_a_line();
  child->signal(SIGTERM);
  EXPECT_EQ(end().text(), "SIGTERM");
}

TEST_F(ChildProcessTest, IsGoneWithoutAZombieOnceItEnded) {
  start(shell("exit 0"));
  const pid_t pid = child->pid();
  end();
  EXPECT_EQ(state_of(pid), "");
  child->signal(SIGKILL);  // harmless: the number may be another's
}

TEST_F(ChildProcessTest, TakesAGrandchildThatIsLeftWithIt) {
  run(shell("sleep 20 & echo $!"));
  EXPECT_TRUE(is_gone_soon(std::stoi(heard.lines.at(0))));
}

TEST_F(ChildProcessTest, IsKilledByItsDestructorWhateverItIgnores) {
  start(shell("trap '' TERM INT; sleep 20 & echo $!; wait"));
  await_a_line();
  const pid_t pid = child->pid();
  child.reset();
  EXPECT_EQ(state_of(pid), "");
  EXPECT_TRUE(is_gone_soon(std::stoi(heard.lines.at(0))));
  context.poll();  // handlers that were queued find nobody to tell
  EXPECT_FALSE(heard.has_ended);
}

TEST_F(ChildProcessTest, DiesWithTheThreadThatStartedIt) {
  std::thread([this] { start(shell("echo up; sleep 20")); }).join();
  EXPECT_EQ(end().text(), "SIGKILL");
}

}  // namespace
}  // namespace parley::engines
