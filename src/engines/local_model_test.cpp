#include "engines/local_model.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace parley::engines {
namespace {

class LocalModelTest : public testing::Test {
 protected:
  LocalModelTest() {
    std::string pattern = testing::TempDir() + "parley-model-XXXXXX";
    folder = mkdtemp(pattern.data());
  }
  ~LocalModelTest() override { std::filesystem::remove_all(folder); }

  std::string file(const std::string& name) {
    std::ofstream(folder / name) << "GGUF";
    return (folder / name).string();
  }

  static std::string complaint_about(const std::string& named) {
    const auto model = find_local_model(named);
    return model.has_error() ? model.error().message : "";
  }

  std::filesystem::path folder;
};

TEST_F(LocalModelTest, IsAFileThatIsThere) {
  const std::string path = file("gemma-3-1b-it-Q4_K_M.gguf");
  const auto model = find_local_model(path);
  ASSERT_TRUE(model.has_value()) << model.error().message;
  EXPECT_EQ(model->kind, LocalModel::Kind::file);
  EXPECT_EQ(model->source, path);
  EXPECT_EQ(model->name, "gemma-3-1b-it-Q4_K_M");
}

TEST_F(LocalModelTest, IsAFileByWhateverNameItHas) {
  const auto model = find_local_model(file("model.bin"));
  ASSERT_TRUE(model.has_value()) << model.error().message;
  EXPECT_EQ(model->kind, LocalModel::Kind::file);
  EXPECT_EQ(model->name, "model.bin");
}

TEST_F(LocalModelTest, IsANameOnHuggingFace) {
  const auto model = find_local_model("ggml-org/gemma-3-1b-it-GGUF");
  ASSERT_TRUE(model.has_value()) << model.error().message;
  EXPECT_EQ(model->kind, LocalModel::Kind::hugging_face);
  EXPECT_EQ(model->source, "ggml-org/gemma-3-1b-it-GGUF");
  EXPECT_EQ(model->name, "gemma-3-1b-it");
}

TEST_F(LocalModelTest, KeepsTheQuantisationOfANameOnHuggingFace) {
  const auto model = find_local_model("ggml-org/gemma-3-1b-it-GGUF:Q4_K_M");
  ASSERT_TRUE(model.has_value()) << model.error().message;
  EXPECT_EQ(model->source, "ggml-org/gemma-3-1b-it-GGUF:Q4_K_M");
  EXPECT_EQ(model->name, "gemma-3-1b-it");
}

TEST_F(LocalModelTest, IsRefusedAsAFileThatIsNotThereOrNone) {
  const std::string missing = (folder / "gone.gguf").string();
  EXPECT_EQ(complaint_about(missing), "The local model's file " + missing + " is not there.");
  EXPECT_EQ(complaint_about(folder), "The local model " + folder.string() + " is a folder, not a file.");
}

TEST_F(LocalModelTest, IsRefusedWhereItCouldBeAFlagOrAPathInDisguise) {
  for (const std::string named : {"gemma", "", "/", "a/", "/b", "-hf/model", "a/b/c", "a/b:", "a/b:c d", "../a/b",
                                  "a/--host", "a/b:-c", "https://huggingface.co/a/b"}) {
    EXPECT_NE(complaint_about(named), "") << named;
  }
}

}  // namespace
}  // namespace parley::engines
