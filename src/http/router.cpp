#include "http/router.h"

#include <stdexcept>
#include <utility>

#include "http/percent.h"

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
  for (auto& [key, path] : paths_) complete(path);
  for (Pattern& pattern : patterns_) complete(pattern.path);
}

void Router::complete(Path& path) {
  auto& head = path.handlers[index_of(Method::head)];
  if (!head) head = path.handlers[index_of(Method::get)];
  for (std::size_t index = 0; index < method_count; ++index) {
    if (!path.handlers[index]) continue;
    if (!path.allow.empty()) path.allow += ", ";
    path.allow += text_of(static_cast<Method>(index));
  }
}

void Router::add(Route route) {
  if (route.method == Method::other || !route.path.starts_with('/')) {
    throw std::logic_error("not a route: " + route.path);
  }
  Path& path = path_of(route.path);
  path.route = route.path;
  auto& handler = path.handlers[index_of(route.method)];
  if (handler) throw std::logic_error("two routes for " + route.path);
  handler = std::move(route.handler);
}

Router::Path& Router::path_of(std::string_view route) {
  const std::size_t brace = route.find('{');
  if (brace == std::string_view::npos) return paths_[std::string(without_trailing_slash(route))];
  const std::string_view prefix = route.substr(0, brace);
  for (Pattern& pattern : patterns_) {
    if (pattern.prefix == prefix) return pattern.path;
  }
  return patterns_.emplace_back(Pattern{.prefix = std::string(prefix), .path = {}}).path;
}

const Router::Path* Router::find(std::string_view path) const {
  if (const auto found = paths_.find(path); found != paths_.end()) return &found->second;
  for (const Pattern& pattern : patterns_) {
    if (path.size() > pattern.prefix.size() && path.starts_with(pattern.prefix)) return &pattern.path;
  }
  return nullptr;
}

std::string_view Router::route_of(std::string_view path) const {
  const Path* const found = find(without_trailing_slash(path));
  return found != nullptr ? std::string_view(found->route) : std::string_view();
}

async::Task<Response> Router::operator()(const Request& request) const {
  const Path* const path = find(without_trailing_slash(request.path));
  if (path == nullptr) return not_found(request);
  const std::size_t index = index_of(request.method);
  if (index >= method_count || !path->handlers[index]) return method_not_allowed(request, path->allow);
  return path->handlers[index](request);
}

async::Task<Response> Router::not_found(const Request& request) const {
  co_return fallbacks_.not_found(request);
}

async::Task<Response> Router::method_not_allowed(const Request& request, const std::string& allow) const {
  Response response = fallbacks_.method_not_allowed(request);
  response.headers.emplace_back("Allow", allow);
  co_return response;
}

std::optional<std::string> path_parameter(std::string_view path, std::string_view pattern) {
  const std::string_view prefix = pattern.substr(0, pattern.find('{'));
  path = without_trailing_slash(path);
  if (path.size() <= prefix.size() || !path.starts_with(prefix)) return std::nullopt;
  return percent_decoded(path.substr(prefix.size()), Plus::is_plus);
}

}  // namespace parley::http
