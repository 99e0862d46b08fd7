#include "http/router.h"

#include <stdexcept>
#include <utility>

namespace parley::http {
namespace {

std::string_view without_trailing_slash(std::string_view path) noexcept {
  if (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

constexpr std::size_t index_of(Method method) noexcept {
  return static_cast<std::size_t>(method);
}

}  // namespace

Router::Router(std::vector<Route> routes, Fallbacks fallbacks) : fallbacks_(std::move(fallbacks)) {
  for (Route& route : routes) add(std::move(route));
  for (auto& [key, path] : paths_) {
    auto& head = path.handlers[index_of(Method::head)];
    if (!head) head = path.handlers[index_of(Method::get)];
    for (std::size_t index = 0; index < method_count; ++index) {
      if (!path.handlers[index]) continue;
      if (!path.allow.empty()) path.allow += ", ";
      path.allow += text_of(static_cast<Method>(index));
    }
  }
}

void Router::add(Route route) {
  if (route.method == Method::other || !route.path.starts_with('/')) {
    throw std::logic_error("not a route: " + route.path);
  }
  auto& handler = paths_[std::string(without_trailing_slash(route.path))].handlers[index_of(route.method)];
  if (handler) throw std::logic_error("two routes for " + route.path);
  handler = std::move(route.handler);
}

async::Task<Response> Router::operator()(const Request& request) const {
  const auto found = paths_.find(without_trailing_slash(request.path));
  if (found == paths_.end()) return not_found(request);
  const Path& path = found->second;
  const std::size_t index = index_of(request.method);
  if (index >= method_count || !path.handlers[index]) return method_not_allowed(request, path.allow);
  return path.handlers[index](request);
}

async::Task<Response> Router::not_found(const Request& request) const {
  co_return fallbacks_.not_found(request);
}

async::Task<Response> Router::method_not_allowed(const Request& request, const std::string& allow) const {
  Response response = fallbacks_.method_not_allowed(request);
  response.headers.emplace_back("Allow", allow);
  co_return response;
}

}  // namespace parley::http
