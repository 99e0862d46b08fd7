#include "engines/llama_server.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "async/run_to_end.h"

namespace parley::engines {
namespace {

using namespace std::chrono_literals;
namespace asio = async::asio;

/// With scripts for llama-server that never answer; what does answer is seen in tests/e2e.
class LlamaServerTest : public testing::Test {
 protected:
  LlamaServerTest() {
    std::string pattern = testing::TempDir() + "parley-llama-XXXXXX";
    folder = mkdtemp(pattern.data());
    std::ofstream(folder / "tiny.gguf") << "GGUF";
    settings.model = (folder / "tiny.gguf").string();
    settings.program = (folder / "llama-server").string();
    settings.times.restart_first = 10ms;
    settings.times.end_max = 300ms;
  }
  ~LlamaServerTest() override {
    engine.reset();
    std::filesystem::remove_all(folder);
  }

  /// Each start adds a line with its process to `starts`; then comes `script`.
  void start(const std::string& script, base::Metrics* counted) {
    std::ofstream(settings.program) << "#!/bin/sh\necho $$ >> '" << (folder / "starts").string() << "'\n" << script;
    chmod(settings.program.c_str(), 0755);
    engine = LlamaServer::create(settings, client, clock, counted).value();
  }

  void start(const std::string& script) { start(script, &metrics); }

  std::vector<pid_t> starts() const {
    std::ifstream file(folder / "starts");
    std::vector<pid_t> pids;
    for (pid_t pid = 0; file >> pid;) pids.push_back(pid);
    return pids;
  }

  bool started(std::size_t times) const {
    for (int tries = 0; tries < 1000 && starts().size() < times; ++tries) std::this_thread::sleep_for(10ms);
    return starts().size() >= times;
  }

  base::Result<Reply> generate() {
    Prompt prompt;
    prompt.messages = {{.role = Role::user, .text = "hello"}};
    return async::run_to_end(context, engine->generate(std::move(prompt), nullptr));
  }

  bool page_has(const std::string& line) const { return metrics.text().find(line) != std::string::npos; }

  std::filesystem::path folder;
  LlamaServerSettings settings;
  asio::io_context context{1};
  asio::executor_work_guard<async::Executor> work{context.get_executor()};
  base::SystemClock clock;
  base::Metrics metrics;
  upstream::Client client{{&context}};
  std::unique_ptr<LlamaServer> engine;
};

TEST_F(LlamaServerTest, SaysAtOnceThatItIsLoading) {
  start("exec sleep 20\n");
  ASSERT_TRUE(started(1));
  const auto reply = generate();
  ASSERT_TRUE(reply.has_error());
  EXPECT_EQ(reply.error().code, base::ErrorCode::engine_busy);
  EXPECT_EQ(reply.error().message, "The AI model is still loading; try again shortly.");
  EXPECT_GT(reply.error().retry_after.value_or(0s), 0s);
  EXPECT_TRUE(page_has("parley_local_model_up 0\n"));
  EXPECT_TRUE(page_has("parley_engine_failures_total{engine=\"llama_server\",error=\"engine_busy\"} 1\n"));
}

TEST_F(LlamaServerTest, IsStartedAgainWhenItEnds) {
  start("echo no memory; exit 1\n");
  ASSERT_TRUE(started(4));
  EXPECT_EQ(generate().error().code, base::ErrorCode::engine_busy);
  EXPECT_FALSE(page_has("parley_local_model_restarts_total 0\n"));
}

TEST_F(LlamaServerTest, EndsWithTheEngine) {
  start("exec sleep 20\n");
  ASSERT_TRUE(started(1));
  engine.reset();
  EXPECT_EQ(kill(starts().at(0), 0), -1);
}

TEST_F(LlamaServerTest, EndsWithTheEngineEvenWhereItIgnoresThat) {
  start("trap '' TERM\nwhile :; do sleep 0.1; done\n");
  ASSERT_TRUE(started(1));
  engine.reset();
  EXPECT_EQ(kill(starts().at(0), 0), -1);
}

TEST_F(LlamaServerTest, OfAnEngineThatEndsAtOnceIsGoneToo) {
  for (int times = 0; times < 10; ++times) {
    start("exec sleep 20\n", nullptr);
    engine.reset();
  }
  for (const pid_t pid : starts()) EXPECT_EQ(kill(pid, 0), -1);
}

TEST_F(LlamaServerTest, IsNotMadeWithoutItsProgramOrItsModel) {
  EXPECT_EQ(LlamaServer::create(settings, client, clock).error().code, base::ErrorCode::invalid_input);
  settings.program = "/bin/sh";
  settings.model = (folder / "gone.gguf").string();
  EXPECT_EQ(LlamaServer::create(settings, client, clock).error().code, base::ErrorCode::invalid_input);
}

}  // namespace
}  // namespace parley::engines
