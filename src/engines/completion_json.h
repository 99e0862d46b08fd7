#pragma once
// What whole completions and chunks of them have in common, read from parsed JSON. Pure.

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "engines/engine.h"

namespace parley::engines {

/// The member of this name where `value` is an object that has one, or null.
const boost::json::value* member(const boost::json::value* value, std::string_view name) noexcept;

/// The same where it is text.
std::optional<std::string_view> text_member(const boost::json::value* value, std::string_view name) noexcept;

/// The member of this name, or null where it is not there or null itself: to OpenAI's clients that is the same.
const boost::json::value* given(const boost::json::value& value, std::string_view name) noexcept;

/// The first choice, or null.
const boost::json::value* first_choice(const boost::json::value& completion) noexcept;

/// Of a message's content: a string, an array of parts whose text parts are joined, or null (empty); else nothing.
std::optional<std::string> content_text(const boost::json::value& content);

/// What is saved of tool calls: each call's name and arguments as the model wrote them, in the order in which they
/// come.
std::string tool_calls_text(const boost::json::value* tool_calls);

/// Whether a message, or a delta, has something for its user: a member beside the role that is not empty.
bool says_something(const boost::json::value* message) noexcept;

/// A whole number in 0 … 2^53−1, or nothing.
std::optional<std::int64_t> credible_count(const boost::json::value* value) noexcept;

/// Nothing unless both figures are whole numbers in 0 … 2^53−1, and what said something cost some output.
std::optional<Usage> credible_usage(const boost::json::value* usage, bool says_something) noexcept;

/// The choice's "finish_reason" where it is text.
std::optional<std::string> finish_reason_of(const boost::json::value* choice);

}  // namespace parley::engines
