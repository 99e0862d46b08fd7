#pragma once
// The server that is put to the proof, as far as the proof knows it: by its sockets and its count of holds.

#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "store/store.h"

namespace parley::prove {

/// Serves until it is stopped or destroyed, on the folder and by the prices of the plan.
class Subject {
 public:
  Subject() = default;
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;
  virtual ~Subject() = default;

  virtual std::string url() const = 0;              ///< "http://127.0.0.1:<port>"
  virtual std::string operator_socket() const = 0;  ///< the path of admin.sock
  /// Safe from any thread, and after stop().
  virtual store::HoldCounts holds() const = 0;
  /// Returns whether all that was under way finished.
  virtual bool stop() = 0;
};

/// Starts the server, with the engine of this base URL.
using StartSubject = std::function<base::Result<std::unique_ptr<Subject>>(const std::string& engine_url)>;

}  // namespace parley::prove
