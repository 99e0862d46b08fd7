#pragma once
// The way from `parley user` to the operator's handlers: over a running server's admin.sock, or in this process.

#include <memory>
#include <string>

#include "app/settings.h"
#include "base/error.h"

namespace parley::app {

struct OperatorAnswer {
  int status = 0;
  std::string body;  ///< JSON
};

class OperatorConnection {
 public:
  OperatorConnection() = default;
  OperatorConnection(const OperatorConnection&) = delete;
  OperatorConnection& operator=(const OperatorConnection&) = delete;
  virtual ~OperatorConnection() = default;

  /// Takes the folder's lock and works in this process, or, where a server has it, goes through that server.
  /// `not_found` where there is no database, unless it may be made.
  static base::Result<std::unique_ptr<OperatorConnection>> open(const Settings& settings, bool may_make_database);

  /// Waits for the answer to a POST with a JSON body.
  virtual base::Result<OperatorAnswer> post(const std::string& path, const std::string& json) = 0;
};

}  // namespace parley::app
