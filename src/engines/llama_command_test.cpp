#include "engines/llama_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace parley::engines {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

LlamaCommand command() {
  return {.program = "/usr/bin/llama-server",
          .model = {.kind = LocalModel::Kind::file, .source = "/models/gemma.gguf", .name = "gemma"}};
}

TEST(LlamaCommand, NamesTheFileAndTheAddress) {
  const Program call = command().on(4711, "secret");
  EXPECT_EQ(call.path, "/usr/bin/llama-server");
  EXPECT_THAT(call.arguments, ElementsAre("--model", "/models/gemma.gguf", "--alias", "gemma", "--host", "127.0.0.1",
                                          "--port", "4711"));
}

TEST(LlamaCommand, LeavesTheDownloadOfANameOnHuggingFaceToLlamaServer) {
  LlamaCommand remote = command();
  remote.model = {.kind = LocalModel::Kind::hugging_face, .source = "ggml-org/gemma-GGUF:Q8_0", .name = "gemma"};
  const Program call = remote.on(4711, "secret");
  EXPECT_EQ(call.arguments.at(0), "--hf-repo");
  EXPECT_EQ(call.arguments.at(1), "ggml-org/gemma-GGUF:Q8_0");
}

TEST(LlamaCommand, SaysTheSizeOfTheContextOnlyWhereItIsSet) {
  EXPECT_THAT(command().on(4711, "secret").arguments, Not(Contains("--ctx-size")));
  LlamaCommand small = command();
  small.context_model_tokens = 4096;
  const Program call = small.on(4711, "secret");
  EXPECT_EQ(call.arguments.at(call.arguments.size() - 2), "--ctx-size");
  EXPECT_EQ(call.arguments.back(), "4096");
}

TEST(LlamaCommand, HasTheKeyInTheEnvironmentAlone) {
  const Program call = command().on(4711, "secret");
  EXPECT_THAT(call.arguments, Not(Contains(HasSubstr("secret"))));
  EXPECT_THAT(call.environment,
              ElementsAre("LLAMA_ARG_JINJA=1", "LLAMA_ARG_NO_WEBUI=1", "LLAMA_ARG_NO_UI=1", "LLAMA_API_KEY=secret"));
}

TEST(LlamaCommand, PassesTheEnvironmentOnButNoSecretsAndNothingThatMovesTheServer) {
  LlamaCommand full = command();
  full.environment = {
      "PATH=/bin",         "OPENAI_API_KEY=sk",       "PARLEY_METRICS_TOKEN=t",     "ANTHROPIC_API_KEY=a",
      "LLAMA_API_KEY=old", "LLAMA_ARG_API_PREFIX=/x", "LLAMA_ARG_MODEL=other.gguf", "LLAMA_ARG_N_GPU_LAYERS=9",
      "HF_TOKEN=hf"};
  EXPECT_THAT(full.on(4711, "secret").environment,
              ElementsAre("PATH=/bin", "LLAMA_ARG_N_GPU_LAYERS=9", "HF_TOKEN=hf", StartsWith("LLAMA_ARG_"),
                          StartsWith("LLAMA_ARG_"), StartsWith("LLAMA_ARG_"), "LLAMA_API_KEY=secret"));
}

class FindLlamaServerTest : public testing::Test {
 protected:
  FindLlamaServerTest() {
    std::string pattern = testing::TempDir() + "parley-path-XXXXXX";
    folder = mkdtemp(pattern.data());
    std::filesystem::create_directories(folder / "bin");
    std::filesystem::create_directories(folder / "first" / "llama-server");  // a folder is no program
  }
  ~FindLlamaServerTest() override { std::filesystem::remove_all(folder); }

  std::string program(mode_t mode) {
    const std::string path = (folder / "bin" / "llama-server").string();
    std::ofstream(path) << "#!/bin/sh\n";
    chmod(path.c_str(), mode);
    return path;
  }

  base::Result<std::string> find(const std::string& named) {
    return find_llama_server(named,
                             {"HOME=/", "PATH=" + (folder / "first").string() + "::" + (folder / "bin").string()});
  }

  std::filesystem::path folder;
};

TEST_F(FindLlamaServerTest, LooksThroughPath) {
  const std::string path = program(0755);
  EXPECT_EQ(find("llama-server").value(), path);
}

TEST_F(FindLlamaServerTest, TakesAPathAsItIs) {
  const std::string path = program(0755);
  EXPECT_EQ(find(path).value(), path);
}

TEST_F(FindLlamaServerTest, SaysWhatToInstallWhereThereIsNone) {
  const auto found = find("llama-server");
  ASSERT_TRUE(found.has_error());
  EXPECT_THAT(found.error().message, HasSubstr("llama-server is not on PATH"));
  EXPECT_THAT(found.error().message, HasSubstr("https://github.com/ggml-org/llama.cpp"));
  EXPECT_THAT(found.error().message, HasSubstr("llama-server-path"));
}

TEST_F(FindLlamaServerTest, RefusesWhatCantBeRun) {
  const std::string path = program(0644);
  EXPECT_TRUE(find("llama-server").has_error());
  EXPECT_THAT(find(path).error().message, HasSubstr("no program that can be run"));
}

}  // namespace
}  // namespace parley::engines
