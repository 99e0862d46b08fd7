// What a client sees of a response that comes bit by bit, and what the stream sees of a client that leaves.

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>

#include "http/server.h"
#include "http/test_client.h"
#include "http/test_server.h"

namespace parley::http {
namespace {

const std::string get = "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n";

/// What the test says through a stream; all but the flags belongs to the loop.
struct Script {
  std::function<void()> wake = [] {};
  std::optional<Response> head;
  std::string pending;
  bool ended = false;
  bool broken = false;
  bool ends_with_server = false;
  std::atomic<int> stalls{0};
  std::atomic<bool> started{false};
  std::atomic<bool> destroyed{false};
  std::atomic<int> keep_alives{0};
};

class ScriptedStream final : public ResponseStream {
 public:
  explicit ScriptedStream(std::shared_ptr<Script> script) : script_(std::move(script)) {}
  ~ScriptedStream() override {
    script_->wake = [] {};
    script_->destroyed = true;
  }
  void start(std::function<void()> wake) override {
    script_->wake = std::move(wake);
    script_->started = true;
  }
  std::optional<Response> head() override { return std::exchange(script_->head, std::nullopt); }
  std::string take() override { return std::exchange(script_->pending, {}); }
  bool ended() const noexcept override { return script_->ended && script_->pending.empty(); }
  bool broken() const noexcept override { return script_->broken; }
  void stopping() override { script_->ended = script_->ends_with_server; }
  void stalled(bool waits) override { script_->stalls += waits ? 1 : 0; }
  void keep_alive() override {
    ++script_->keep_alives;
    script_->pending += "~";
  }

 private:
  std::shared_ptr<Script> script_;
};

class Stream : public ::testing::Test {
 protected:
  ~Stream() override { loop_.stop(); }

  void serve(Limits limits = patient_limits()) {
    limits.linger_deadline = std::chrono::milliseconds(100);
    server_ = std::make_unique<Server>(
        std::vector<async::Loop*>{&loop_}, limits, [this](const Request& request) { return answer(request); },
        [](int status, std::string_view, std::string_view) { return Response{.status = status}; });
    server_->listen_tcp("127.0.0.1", 0).value();
  }

  async::Task<Response> answer(const Request& request) {
    Response response;
    response.body = request.path;
    if (request.path == "/stream") response.stream = std::make_unique<ScriptedStream>(script_);
    co_return response;
  }

  /// Changes the script on its loop, then wakes the connection.
  void tell(std::function<void(Script&)> change) {
    await([this] { return script_->started.load(); });
    async::asio::post(loop_.context(), [script = script_, change = std::move(change)] {
      change(*script);
      script->wake();
    });
  }
  void open(int status = 200, std::string body = "") {
    tell([=](Script& script) {
      script.head.emplace();
      script.head->status = status;
      script.head->content_type = "text/plain";
      script.head->body = body;
    });
  }
  void say(std::string text) {
    tell([text = std::move(text)](Script& script) { script.pending += text; });
  }
  void end() {
    tell([](Script& script) { script.ended = true; });
  }

  std::shared_ptr<Script> script_ = std::make_shared<Script>();
  async::Loop loop_{"loop"};
  std::unique_ptr<Server> server_;
};

std::string read_some(TestClient& client) {
  EXPECT_TRUE(client.readable_within(5000));
  return client.take_what_came();
}

TEST_F(Stream, SendsEachPieceAsItComesAsAChunk) {
  serve();
  TestClient client(server_->port());
  client.send(get);
  open();
  const std::string head = read_some(client);
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK\r\n")) << head;
  EXPECT_NE(head.find("\r\nTransfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_EQ(head.find("Content-Length"), std::string::npos);
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
  say("hello, this is me");
  EXPECT_EQ(read_some(client), "11\r\nhello, this is me\r\n");
  say("again");
  EXPECT_EQ(read_some(client), "5\r\nagain\r\n");
  end();
  EXPECT_EQ(read_some(client), "0\r\n\r\n");
  await([this] { return script_->destroyed.load(); });
}

TEST_F(Stream, LeavesTheConnectionForTheNextRequest) {
  serve();
  TestClient client(server_->port());
  client.send(get);
  open();
  say("x");
  end();
  std::string all;
  while (!all.ends_with("0\r\n\r\n")) all += read_some(client);
  const auto next = client.ask("GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(next);
  EXPECT_EQ(next->body, "/next");
}

TEST_F(Stream, AnswersWhatTheClientSentMeanwhileAfterwards) {
  serve();
  TestClient client(server_->port());
  client.send(get + "GET /early HTTP/1.1\r\nHost: x\r\n\r\n");
  open();
  client.send("GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
  say("x");
  end();
  std::string all;
  while (all.find("0\r\n\r\n") == std::string::npos) all += read_some(client);
  while (all.find("/later") == std::string::npos) all += read_some(client);
  EXPECT_LT(all.find("/early"), all.find("/later"));
}

TEST_F(Stream, ThatEndsBeforeItBeganIsAnOrdinaryResponse) {
  serve();
  TestClient client(server_->port());
  client.send(get);
  tell([](Script& script) {
    script.head.emplace(Response{.status = 502, .body = "no luck"});
    script.ended = true;
  });
  const auto response = client.receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 502);
  EXPECT_EQ(response->body, "no luck");
  EXPECT_EQ(response->header("content-length"), "7");
}

TEST_F(Stream, EndsWithTheConnectionForAnOldClient) {
  serve();
  TestClient client(server_->port());
  client.send("GET /stream HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n");
  open();
  say("one");
  say("two");
  end();
  const std::string all = client.rest();
  EXPECT_EQ(all.find("Transfer-Encoding"), std::string::npos);
  EXPECT_NE(all.find("Connection: close"), std::string::npos);
  EXPECT_TRUE(all.ends_with("\r\n\r\nonetwo")) << all;
}

TEST_F(Stream, EndsForAnOldClientThoughItsEndComesWithoutText) {
  serve();
  TestClient client(server_->port());
  client.send("GET /stream HTTP/1.0\r\nHost: x\r\n\r\n");
  open();
  say("one");
  for (std::string seen; !seen.ends_with("one");) seen += read_some(client);
  end();
  EXPECT_EQ(client.rest(), "");
}

TEST_F(Stream, HasNoBodyForAHead) {
  serve();
  TestClient client(server_->port());
  client.send("HEAD /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  open();
  EXPECT_TRUE(read_some(client).ends_with("\r\n\r\n"));
  await([this] { return script_->destroyed.load(); });
}

TEST_F(Stream, IsDestroyedWhenTheClientEndsItsSideWhileNothingComes) {
  serve();
  TestClient client(server_->port());
  client.send(get);
  await([this] { return script_->started.load(); });
  EXPECT_FALSE(script_->destroyed);
  client.finish();
  await([this] { return script_->destroyed.load(); });
}

TEST_F(Stream, IsDestroyedWhenTheClientResets) {
  serve();
  {
    TestClient client(server_->port());
    client.send(get);
    open();
    read_some(client);
    client.reset_on_close();
  }
  await([this] { return script_->destroyed.load(); });
}

TEST_F(Stream, IsDestroyedWhenAClientThatSentItsNextRequestLeaves) {
  serve();
  {
    TestClient client(server_->port());
    client.send(get + get);
    await([this] { return script_->started.load(); });
  }
  await([this] { return script_->destroyed.load(); });
}

TEST_F(Stream, IsDestroyedWhenTheClientTakesNothing) {
  Limits limits = patient_limits();
  limits.write_stall = std::chrono::milliseconds(50);
  serve(limits);
  TestClient client(server_->port());
  client.send(get);
  open();
  say(std::string(64 << 20, 'x'));
  await([this] { return script_->destroyed.load(); });
}

TEST_F(Stream, IsDestroyedWhenTheClientLeavesWithMuchUnread) {
  serve();
  {
    TestClient client(server_->port());
    client.send(get);
    open();
    say(std::string(64 << 20, 'x'));
    read_some(client);
  }
  await([this] { return script_->destroyed.load(); });
}

TEST_F(Stream, IsToldWhileItsClientTakesNothing) {
  serve();
  TestClient client(server_->port());
  client.send(get);
  open();
  say("little");
  read_some(client);
  EXPECT_EQ(script_->stalls, 0);
  say(std::string(64 << 20, 'x'));
  await([this] { return script_->stalls == 1; });
}

TEST_F(Stream, ThatBreaksEndsTheConnectionWithoutItsLastChunk) {
  serve();
  TestClient client(server_->port());
  client.send(get);
  open();
  say("half");
  read_some(client);
  tell([](Script& script) { script.broken = true; });
  const std::string rest = client.rest();
  EXPECT_EQ(rest.find("0\r\n\r\n"), std::string::npos) << rest;
}

TEST_F(Stream, WithoutAnEndOfItsOwnEndsWhenTheServerStops) {
  serve();
  script_->ends_with_server = true;
  TestClient client(server_->port());
  client.send(get);
  open();
  read_some(client);
  server_->stop_accepting();
  EXPECT_EQ(client.rest(), "0\r\n\r\n");
  await([this] { return script_->destroyed.load(); });
}

TEST_F(Stream, WithAnEndOfItsOwnGoesOnToItWhenTheServerStops) {
  serve();
  TestClient client(server_->port());
  client.send(get);
  open();
  read_some(client);
  server_->stop_accepting();
  say("bye");
  end();
  EXPECT_EQ(client.rest(), "3\r\nbye\r\n0\r\n\r\n");
}

TEST_F(Stream, IsKeptAliveWhileNothingComes) {
  Limits limits = patient_limits();
  limits.stream_silence = std::chrono::milliseconds(20);
  serve(limits);
  TestClient client(server_->port());
  client.send(get);
  open();
  std::string all;
  while (all.find("1\r\n~\r\n1\r\n~\r\n") == std::string::npos) all += read_some(client);
  EXPECT_GE(script_->keep_alives, 2);
}

}  // namespace
}  // namespace parley::http
