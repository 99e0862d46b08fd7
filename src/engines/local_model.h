#pragma once
// What an operator names as the local model: a file, or a repository on Hugging Face.

#include <string>
#include <string_view>

#include "base/error.h"

namespace parley::engines {

struct LocalModel {
  enum class Kind { file, hugging_face };

  Kind kind = Kind::file;
  std::string source;  ///< the path, or "user/repository[:quantisation]"
  std::string name;    ///< short: without folders, user, ".gguf", "-GGUF" and quantisation
};

/// What ends in ".gguf" or is the path of something is a file; "user/repository[:quantisation]" is on Hugging Face.
/// `invalid_input` where it is neither, or a file that is not there, can't be read or is none.
base::Result<LocalModel> find_local_model(const std::string& named);

}  // namespace parley::engines
