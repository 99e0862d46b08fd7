#include "prove/doomed_engine.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

namespace parley::prove {
namespace {

http::Response refusal(int status, std::string_view, std::string_view) {
  http::Response response;
  response.status = status;
  return response;
}

}  // namespace

DoomedEngine::~DoomedEngine() {
  kill();
  if (port_keeper_ >= 0) close(port_keeper_);
}

base::Result<void> DoomedEngine::start() {
  if (port_keeper_ < 0) {
    TRY_VOID(keep_port());
  }
  loop_ = std::make_unique<async::Loop>("engine");
  const std::vector<async::Loop*> loops{loop_.get()};
  server_ = std::make_unique<http::Server>(loops, http::Limits(), answers_.handler(), &refusal);
  return server_->listen_tcp("127.0.0.1", port_);
}

void DoomedEngine::kill() {
  if (loop_) loop_->stop();
  server_.reset();
  loop_.reset();
}

base::Result<void> DoomedEngine::keep_port() {
  port_keeper_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const general = reinterpret_cast<sockaddr*>(&address);
  const int reuse = 1;
  const bool kept = port_keeper_ >= 0 &&
                    setsockopt(port_keeper_, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof(reuse)) == 0 &&
                    bind(port_keeper_, general, size) == 0 && getsockname(port_keeper_, general, &size) == 0;
  if (!kept) return base::internal_error("no free port on 127.0.0.1");
  port_ = ntohs(address.sin_port);
  return {};
}

}  // namespace parley::prove
