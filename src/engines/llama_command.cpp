#include "engines/llama_command.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>

namespace parley::engines {
namespace {

constexpr std::string_view key_variable = "LLAMA_API_KEY=";

/// Neither ours to give away nor llama-server's to know.
constexpr std::array<std::string_view, 3> secret_prefixes = {"PARLEY_", "OPENAI_", "ANTHROPIC_"};
/// The model and the key are ours to say; TLS and a prefix would keep us from finding it.
constexpr std::array<std::string_view, 11> contrary_variables = {key_variable,
                                                                 "LLAMA_ARG_API_KEY_FILE=",
                                                                 "LLAMA_ARG_MODEL=",
                                                                 "LLAMA_ARG_MODEL_URL=",
                                                                 "LLAMA_ARG_HF_REPO=",
                                                                 "LLAMA_ARG_DOCKER_REPO=",
                                                                 "LLAMA_ARG_MODELS_DIR=",
                                                                 "LLAMA_ARG_MODELS_PRESET=",
                                                                 "LLAMA_ARG_API_PREFIX=",
                                                                 "LLAMA_ARG_SSL_KEY_FILE=",
                                                                 "LLAMA_ARG_SSL_CERT_FILE="};

/// Chat templates of the model's own; no pages beside the API. A version that doesn't know a variable ignores it, where
/// an unknown flag would end it. What the operator has set comes first, and counts.
constexpr std::array<const char*, 3> wishes = {"LLAMA_ARG_JINJA=1", "LLAMA_ARG_NO_WEBUI=1", "LLAMA_ARG_NO_UI=1"};

bool passes(std::string_view variable) {
  const auto begins = [variable](std::string_view start) { return variable.starts_with(start); };
  return std::ranges::none_of(secret_prefixes, begins) && std::ranges::none_of(contrary_variables, begins);
}

bool is_program(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored) && access(path.c_str(), X_OK) == 0;
}

std::string_view value_of(std::string_view name_and_equals, const std::vector<std::string>& environment) {
  for (const std::string_view variable : environment) {
    if (variable.starts_with(name_and_equals)) return variable.substr(name_and_equals.size());
  }
  return {};
}

base::Error not_found(const std::string& named) {
  const bool in_path = named.find('/') == std::string::npos;
  return {.code = base::ErrorCode::invalid_input,
          .message = "A local model needs llama-server, and " + named +
                     (in_path ? " is not on PATH." : " is no program that can be run.") +
                     " Install llama.cpp (`brew install llama.cpp`; other ways:"
                     " https://github.com/ggml-org/llama.cpp/blob/master/docs/install.md), or say where it is with"
                     " llama-server-path.",
          .detail = ""};
}

}  // namespace

Program LlamaCommand::on(std::uint16_t port, const std::string& key) const {
  Program call{.path = program};
  const bool is_file = model.kind == LocalModel::Kind::file;
  call.arguments = {is_file ? "--model" : "--hf-repo",
                    model.source,
                    "--alias",
                    model.name,
                    "--host",
                    "127.0.0.1",
                    "--port",
                    std::to_string(port)};
  if (context_model_tokens > 0) {
    call.arguments.insert(call.arguments.end(), {"--ctx-size", std::to_string(context_model_tokens)});
  }
  std::ranges::copy_if(environment, std::back_inserter(call.environment), passes);
  std::ranges::copy(wishes, std::back_inserter(call.environment));
  call.environment.push_back(std::string(key_variable) + key);
  return call;
}

base::Result<std::string> find_llama_server(const std::string& named, const std::vector<std::string>& environment) {
  if (named.find('/') != std::string::npos) {
    if (is_program(named)) return named;
    return not_found(named);
  }
  std::string_view folders = value_of("PATH=", environment);
  while (!folders.empty() && !named.empty()) {
    const std::size_t end = std::min(folders.find(':'), folders.size());
    const std::string_view folder = folders.substr(0, end);
    folders.remove_prefix(std::min(end + 1, folders.size()));
    if (folder.empty()) continue;  // the working folder, which is nobody's to trust
    std::string path = std::string(folder) + "/" + named;
    if (is_program(path)) return path;
  }
  return not_found(named);
}

std::vector<std::string> environment_of_this_process() {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) variables.emplace_back(*variable);
  return variables;
}

}  // namespace parley::engines
