#include "engines/local_model.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

namespace parley::engines {
namespace {

base::Error invalid(std::string message) {
  return {.code = base::ErrorCode::invalid_input, .message = std::move(message), .detail = ""};
}

bool ends_with_ignoring_case(std::string_view text, std::string_view end) {
  if (text.size() < end.size()) return false;
  return std::ranges::equal(text.substr(text.size() - end.size()), end,
                            [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

/// The rules of repository names: letters, digits, '-', '_' and '.', neither of the last three first.
bool is_repository_word(std::string_view word) {
  const auto plain = [](unsigned char c) { return std::isalnum(c) != 0; };
  return !word.empty() && word.size() <= 96 && plain(static_cast<unsigned char>(word.front())) &&
         std::ranges::all_of(word, [&](unsigned char c) { return plain(c) || c == '-' || c == '_' || c == '.'; });
}

std::string_view without(std::string_view text, std::string_view end) {
  if (ends_with_ignoring_case(text, end) && text.size() > end.size()) text.remove_suffix(end.size());
  return text;
}

base::Result<LocalModel> model_file(const std::string& path) {
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  if (!std::filesystem::exists(status)) return invalid("The local model's file " + path + " is not there.");
  if (std::filesystem::is_directory(status)) return invalid("The local model " + path + " is a folder, not a file.");
  if (access(path.c_str(), R_OK) != 0) return invalid("The local model's file " + path + " can't be read.");
  const std::string name = std::filesystem::path(path).filename().string();
  return LocalModel{.kind = LocalModel::Kind::file, .source = path, .name = std::string(without(name, ".gguf"))};
}

}  // namespace

base::Result<LocalModel> find_local_model(const std::string& named) {
  std::error_code ignored;
  if (ends_with_ignoring_case(named, ".gguf") || std::filesystem::exists(named, ignored)) return model_file(named);

  const std::string_view text = named;
  const std::string_view repository = text.substr(0, text.find(':'));
  const std::size_t slash = std::min(repository.find('/'), repository.size());
  const std::string_view model = repository.substr(std::min(slash + 1, repository.size()));
  const bool has_quantisation = repository.size() < text.size();
  if (!is_repository_word(repository.substr(0, slash)) || !is_repository_word(model) ||
      (has_quantisation && !is_repository_word(text.substr(repository.size() + 1)))) {
    return invalid("The local model " + named +
                   " is neither a file that is there nor a name on Hugging Face, such as "
                   "ggml-org/gemma-3-1b-it-GGUF or ggml-org/gemma-3-1b-it-GGUF:Q4_K_M.");
  }
  return LocalModel{
      .kind = LocalModel::Kind::hugging_face, .source = named, .name = std::string(without(model, "-GGUF"))};
}

}  // namespace parley::engines
