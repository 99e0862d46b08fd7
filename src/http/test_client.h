#pragma once
// For tests: a client that sends bytes as they are and reads responses one by one, with blocking calls.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace parley::http {

struct Received {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;

  std::string header(const std::string& lower_case_name) const;
};

/// Every wait ends after 10 seconds with a failure, so that a broken server fails a test and doesn't hang it.
class TestClient {
 public:
  explicit TestClient(std::uint16_t port);
  explicit TestClient(const std::string& unix_path);
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;
  ~TestClient();

  /// False where the server has gone. Blocks while the server takes nothing.
  bool send(std::string_view bytes);
  /// Ends the sending side only.
  void finish();
  /// Sends a reset rather than an end when closed.
  void reset_on_close();

  /// The next response; nothing where the connection ends first. `without_body` for the response to a HEAD.
  std::optional<Received> receive(bool without_body = false);
  /// send() and receive().
  std::optional<Received> ask(std::string_view bytes);
  /// What has come since the last response; waits for the first byte.
  std::string take_what_came();
  /// What comes until the server ends the connection; "(reset)" or "(timeout)" is added where it didn't end well.
  std::string rest();
  /// Whether there is something to read within that time; the server's end is something too.
  bool readable_within(int milliseconds) const;

 private:
  bool read_more();

  int socket_ = -1;
  std::string buffer_;
};

}  // namespace parley::http
