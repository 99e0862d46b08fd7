#pragma once
// How llama-server (llama.cpp) is found and called. Its flags and variables:
// https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "engines/child_process.h"
#include "engines/local_model.h"

namespace parley::engines {

struct LlamaCommand {
  std::string program;  ///< the path of llama-server
  LocalModel model;
  std::int64_t context_model_tokens = 0;      ///< 0: as llama-server chooses
  std::vector<std::string> environment = {};  ///< of this process, as "NAME=value"

  /// The call for a server on 127.0.0.1:`port` that answers who has `key`. The key is in the environment, since every
  /// user can read a command line. Our own secrets are not passed on; variables of llama-server's (LLAMA_ARG_…,
  /// HF_TOKEN) are, but those that would have it speak otherwise than we do.
  Program on(std::uint16_t port, const std::string& key) const;
};

/// The path of `named`, looked up in PATH unless it has a '/'. `invalid_input` says what to install.
base::Result<std::string> find_llama_server(const std::string& named, const std::vector<std::string>& environment);

/// This process's, for LlamaCommand. Not while another thread changes it.
std::vector<std::string> environment_of_this_process();

}  // namespace parley::engines
