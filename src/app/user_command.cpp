#include "app/user_command.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cstdio>
#include <iostream>
#include <utility>
#include <vector>

#include "app/operator_connection.h"
#include "crypto/random.h"
#include "json/write.h"

namespace parley::app {
namespace {

constexpr int status_ok_max = 299;

const char* path_of(UserAction action) noexcept {
  switch (action) {
    case UserAction::create: return "/users/create";
    case UserAction::credit: return "/users/credit";
    case UserAction::disable: return "/users/disable";
    case UserAction::enable: return "/users/enable";
    case UserAction::reset_password: return "/users/reset-password";
    case UserAction::list: return "/users/list";
  }
  return "/";
}

bool needs_password(UserAction action) noexcept {
  return action == UserAction::create || action == UserAction::reset_password;
}

using Fields = std::vector<std::pair<std::string, std::string>>;

std::string json_of(const Fields& fields) {
  std::string body;
  json::ObjectWriter writer(body);
  for (const auto& [name, value] : fields) writer.string(name, value);
  writer.end();
  return body;
}

/// {"detail":"…"} as its sentence, {"field":["…"]} as "field: …".
std::string sentence_of(const std::string& body) {
  boost::system::error_code unreadable;
  const boost::json::value refusal = boost::json::parse(body, unreadable);
  if (unreadable || !refusal.is_object() || refusal.as_object().empty()) return body;
  const auto& first = *refusal.as_object().begin();
  if (first.value().is_string()) return std::string(first.value().as_string());
  if (!first.value().is_array() || first.value().as_array().empty()) return body;
  const boost::json::value& sentence = first.value().as_array().front();
  return std::string(first.key()) + ": " + (sentence.is_string() ? std::string(sentence.as_string()) : body);
}

int report(const OperatorAnswer& answer) {
  if (answer.status <= status_ok_max) return 0;
  std::fprintf(stderr, "parley: %s\n", sentence_of(answer.body).c_str());
  return 1;
}

/// One account of a list page.
std::string print_account(const boost::json::value& account) {
  const auto text = [&](const char* name) { return std::string(account.at(name).as_string()); };
  const auto number = [&](const char* name) { return static_cast<long long>(account.at(name).as_int64()); };
  std::printf("%-32s %14lld %10lld  %-8s  %s\n", text("username").c_str(), number("available"), number("held"),
              account.at("disabled").as_bool() ? "disabled" : "enabled", text("created").c_str());
  return text("username_key");
}

int list_all(OperatorConnection& connection) {
  std::printf("%-32s %14s %10s  %-8s  %s\n", "USERNAME", "AVAILABLE", "HELD", "STATE", "CREATED");
  for (std::string after;;) {
    const auto answer = connection.post(path_of(UserAction::list), json_of({{"after", after}}));
    if (answer.has_error()) {
      std::fprintf(stderr, "parley: %s\n", answer.error().message.c_str());
      return 1;
    }
    if (const int refused = report(*answer); refused != 0) return refused;
    const boost::json::value page = boost::json::parse(answer->body);
    const auto& accounts = page.at("accounts").as_array();
    if (accounts.empty()) return 0;
    for (const auto& account : accounts) after = print_account(account);
  }
}

int print_done(const OperatorAnswer& answer, const std::string& made_password) {
  if (const int refused = report(answer); refused != 0) return refused;
  const boost::json::value done = boost::json::parse(answer.body);
  std::printf("%s: %s\n", std::string(done.at("username").as_string()).c_str(),
              std::string(done.at("message").as_string()).c_str());
  if (!made_password.empty()) std::printf("password: %s\n", made_password.c_str());
  return 0;
}

}  // namespace

int run_user_command(const UserCommand& command, const Settings& settings) {
  auto connection = OperatorConnection::open(settings, command.action == UserAction::create);
  if (connection.has_error()) {
    std::fprintf(stderr, "parley: %s\n", connection.error().message.c_str());
    return 1;
  }
  if (command.action == UserAction::list) return list_all(**connection);

  Fields fields{{"username", command.username}};
  std::string made_password;
  if (needs_password(command.action)) {
    std::string password;
    if (command.password_from_stdin) {
      std::getline(std::cin, password);
    } else {
      password = made_password = crypto::random_text();
    }
    fields.emplace_back("password", password);
  }
  if (!command.tokens.empty()) {
    fields.emplace_back(command.action == UserAction::create ? "balance" : "tokens", command.tokens);
  }
  const auto answer = (*connection)->post(path_of(command.action), json_of(fields));
  if (answer.has_error()) {
    std::fprintf(stderr, "parley: %s\n", answer.error().message.c_str());
    return 1;
  }
  return print_done(*answer, made_password);
}

}  // namespace parley::app
