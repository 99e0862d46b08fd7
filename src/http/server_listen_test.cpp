// Listening, and how a server stops.

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "http/server.h"
#include "http/test_client.h"
#include "http/test_server.h"

namespace parley::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const std::string get = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr std::string_view wait = "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n";

/// A folder of its own, which goes with all that is in it.
class Folder {
 public:
  Folder() {
    std::string pattern = std::filesystem::temp_directory_path() / "http-test-XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

mode_t mode_of(const std::string& path) {
  struct stat found{};
  return stat(path.c_str(), &found) == 0 ? found.st_mode : 0;
}

TEST(ServerListen, ASecondServerOnThePortFailsAndSaysWhere) {
  TestServer first;
  TestServer second;
  const auto failed = second.server().listen_tcp("127.0.0.1", first.port());
  ASSERT_TRUE(failed.has_error());
  EXPECT_EQ(failed.error().code, base::ErrorCode::conflict);
  EXPECT_EQ(failed.error().message,
            "Cannot listen on 127.0.0.1:" + std::to_string(first.port()) + ": Address already in use.");
}

TEST(ServerListen, APortIsFreeAgainAtOnce) {
  std::uint16_t port = 0;
  {
    TestServer server;
    port = server.port();
    TestClient client(port);
    client.ask("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");  // leaves a socket in TIME_WAIT
  }
  TestServer server;
  EXPECT_TRUE(server.server().listen_tcp("127.0.0.1", port).has_value());
}

TEST(ServerListen, TakesAddressesAndLocalhostAndNoOtherName) {
  TestServer server;
  EXPECT_TRUE(server.server().listen_tcp("localhost", 0).has_value());
  TestClient client(server.port());
  EXPECT_EQ(client.ask(get)->status, 200);
  for (const char* address : {"", "example.com", "1.2.3", "127.0.0.1:80", "[::1]"}) {
    const auto failed = server.server().listen_tcp(address, 0);
    ASSERT_TRUE(failed.has_error()) << address;
    EXPECT_EQ(failed.error().code, base::ErrorCode::invalid_input);
  }
}

TEST(ServerListen, AnIpv4ClientOfAnIpv6ListenerHasItsIpv4Address) {
  TestServer server;
  if (server.server().listen_tcp("::", 0).has_error()) GTEST_SKIP() << "this machine has no IPv6";
  TestClient client(server.port());
  EXPECT_EQ(client.ask(get)->body, "GET\n/a\n\n127.0.0.1\n");
}

TEST(ServerListen, AUnixSocketIsTheOwnersAlone) {
  const Folder folder;
  const std::string path = folder.file("s");
  const mode_t before = umask(0);
  TestServer server;
  const auto listening = server.server().listen_unix(path);
  umask(before);
  ASSERT_TRUE(listening.has_value());
  EXPECT_EQ(mode_of(path), S_IFSOCK | S_IRUSR | S_IWUSR);
  TestClient client(path);
  EXPECT_EQ(client.ask(get)->body, "GET\n/a\n\nunix\n");
}

TEST(ServerListen, AUnixSocketReplacesOneLeftBehindButNotALiveOneAndNoOtherFile) {
  const Folder folder;
  const std::string path = folder.file("s");
  {
    TestServer gone;
    ASSERT_TRUE(gone.server().listen_unix(path).has_value());
  }
  EXPECT_TRUE(S_ISSOCK(mode_of(path)));
  TestServer server;
  ASSERT_TRUE(server.server().listen_unix(path).has_value());
  TestServer second;
  EXPECT_EQ(second.server().listen_unix(path).error().code, base::ErrorCode::conflict);
  TestClient client(path);
  EXPECT_EQ(client.ask(get)->status, 200);

  std::ofstream(folder.file("f")) << "kept";
  EXPECT_EQ(second.server().listen_unix(folder.file("f")).error().code, base::ErrorCode::conflict);
  EXPECT_TRUE(S_ISREG(mode_of(folder.file("f"))));
  EXPECT_EQ(second.server().listen_unix(std::string(200, 'a')).error().code, base::ErrorCode::invalid_input);
}

TEST(ServerStop, ClosesIdleConnectionsAndTheListener) {
  for (const std::size_t warm_buffers : {0U, 10U}) {
    Limits limits = patient_limits();
    limits.warm_buffers_per_loop = warm_buffers;
    limits.tick = seconds(1);
    TestServer server(limits);
    TestClient fresh(server.port());
    TestClient used(server.port());
    EXPECT_EQ(used.ask(get)->status, 200);
    server.await_connections(2);
    server.server().stop_accepting();
    EXPECT_EQ(fresh.rest(), "");
    EXPECT_EQ(used.rest(), "");
    EXPECT_TRUE(server.server().wait_until_idle(seconds(10)));
    EXPECT_THROW(TestClient(server.port()), std::runtime_error);
  }
}

TEST(ServerStop, LetsARequestInFlightFinishAndSaysClose) {
  Limits limits = patient_limits();
  limits.linger_deadline = milliseconds(1);
  TestServer server(limits);
  TestClient client(server.port());
  client.send(wait);
  server.await_waiting(1);
  server.server().stop_accepting();
  server.await_loops();
  EXPECT_FALSE(server.server().wait_until_idle(milliseconds(20)));
  server.release = true;
  const auto response = client.receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->header("connection"), "close");
  EXPECT_EQ(client.rest(), "");
  EXPECT_TRUE(server.server().wait_until_idle(seconds(10)));
}

TEST(ServerStop, LeavesNothingBehindWhereItIsDestroyedInTheMiddle) {
  for (int i = 0; i < 10; ++i) {
    auto server = std::make_unique<TestServer>();
    TestClient handling(server->port());
    handling.send(wait);
    TestClient reading(server->port());
    reading.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nh");
    TestClient stalled(server->port());
    stalled.send("GET /large?20000000 HTTP/1.1\r\nHost: x\r\n\r\n");
    TestClient idle(server->port());
    server->await_waiting(1);
    server->await_connections(4);
    server.reset();
    EXPECT_EQ(reading.rest().find("timeout"), std::string::npos);
  }
}

TEST(ServerStop, ANewServerServesOnTheLoopsOfAnOldOne) {
  async::Loop loop("loop");
  const auto make = [&loop] {
    return std::make_unique<Server>(
        std::vector<async::Loop*>{&loop}, patient_limits(),
        [](const Request&) -> async::Task<Response> { co_return Response{}; },
        [](int status, std::string_view, std::string_view) {
          return Response{.status = status, .content_type = "", .headers = {}, .body = ""};
        });
  };
  for (int i = 0; i < 3; ++i) {
    const auto server = make();
    ASSERT_TRUE(server->listen_tcp("127.0.0.1", 0).has_value());
    TestClient client(server->port());
    EXPECT_EQ(client.ask(get)->status, 200);
  }
  loop.stop();
}

}  // namespace
}  // namespace parley::http
