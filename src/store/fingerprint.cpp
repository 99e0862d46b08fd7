#include "store/fingerprint.h"

#include <string>

namespace parley::store {

crypto::Digest fingerprint_of(std::string_view endpoint, std::string_view content) {
  std::string text = "parley-request-1\n";
  text.append(endpoint).append("\n").append(content);
  return crypto::digest_of(text);
}

}  // namespace parley::store
