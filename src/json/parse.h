#pragma once
// Strict reading of JSON: RFC 8259 and nothing else.
//
// Where the RFC leaves a choice, this reader refuses what two readers could understand differently: invalid UTF-8,
// unpaired surrogates, duplicate keys (RFC 7493, section 2.3), U+0000, a byte order mark, and numbers that would not
// survive. Boost.JSON's own DOM parser keeps the last of two equal keys, lets U+0000 pass, and reads 1e400 as infinity;
// hence a handler of our own over its `basic_parser`.

#include <boost/json/value.hpp>
#include <cstddef>
#include <string_view>

#include "base/error.h"

namespace parley::json {

struct Limits {
  std::size_t depth_max = 32;          ///< levels of arrays and objects
  std::size_t values_max = 1'000'000;  ///< values of every kind, at all levels
};

struct Document {
  boost::json::value root;
};

/// Reads exactly one JSON text. Objects keep the order of their members. Whole numbers become int64, or uint64 where
/// only that fits (-0 becomes 0); numbers with a fraction or exponent the nearest double.
///
/// `invalid_input` otherwise; the message is one clause that says what and where: "unexpected character at line 1
/// column 14", "unexpected end", "invalid UTF-8", "unpaired surrogate", "duplicate key \"token\"", "U+0000 in a
/// string", "number out of range" (a whole number beyond 64 bits, or a magnitude that a double would make infinite or
/// zero), "nesting deeper than 32", "more than 1000 values". Columns count code points, from 1.
///
/// Takes time in proportion to n log n of the text's length, whatever the keys; the caller bounds the length.
base::Result<Document> parse(std::string_view text, Limits limits = {});

}  // namespace parley::json
