#pragma once
// Finds the handler of a request by its path and method.

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "async/task.h"
#include "http/message.h"

namespace parley::http {

struct Route {
  Method method = Method::get;
  /// In the form that the documentation shows: "/api/chat/", "/healthz"; "/api/keys/{id}/" for every path that has
  /// something in the braces' place, which is the last.
  std::string path;
  std::function<async::Task<Response>(const Request&)> handler;
};

/// What answers where no route does.
struct Fallbacks {
  std::function<Response(const Request&)> not_found;           ///< 404
  std::function<Response(const Request&)> method_not_allowed;  ///< 405; the router adds Allow
};

/// Every path answers with and without its trailing slash, the same way, without a redirect. A route for GET answers
/// HEAD too; the connection leaves out the body. Paths are compared as they are sent: nothing is percent-decoded, no
/// dots are resolved. A path of its own goes before a pattern. Safe to use from every loop.
class Router {
 public:
  /// Throws std::logic_error where two routes have the same method and path, or a route's method is `other`.
  Router(std::vector<Route> routes, Fallbacks fallbacks);

  /// `request` lives until the task has ended, and so does this object.
  async::Task<Response> operator()(const Request& request) const;

  /// The path of the route that answers this one, as Route::path has it; empty where none does. For logs, which a path
  /// as it was sent might bring a secret into.
  std::string_view route_of(std::string_view path) const;

 private:
  static constexpr std::size_t method_count = static_cast<std::size_t>(Method::other);

  struct Path {
    std::array<std::function<async::Task<Response>(const Request&)>, method_count> handlers;
    std::string route;  ///< as Route::path has it
    std::string allow;  ///< the Allow header's value (RFC 9110 section 10.2.1)
  };
  struct PathHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view path) const noexcept { return std::hash<std::string_view>()(path); }
  };

  struct Pattern {
    std::string prefix;  ///< "/api/keys/"
    Path path;
  };

  static void complete(Path& path);
  void add(Route route);
  Path& path_of(std::string_view route);
  const Path* find(std::string_view path) const;
  async::Task<Response> not_found(const Request& request) const;
  async::Task<Response> method_not_allowed(const Request& request, const std::string& allow) const;

  std::unordered_map<std::string, Path, PathHash, std::equal_to<>> paths_;  ///< by path without its trailing slash
  std::vector<Pattern> patterns_;
  Fallbacks fallbacks_;
};

/// What stands in the braces' place of the route `pattern`, which answers this path: percent-decoded, it may hold any
/// character but U+0000. Nothing where it does not decode to UTF-8.
std::optional<std::string> path_parameter(std::string_view path, std::string_view pattern);

}  // namespace parley::http
