#pragma once
// The files that are compiled into the program, as CMakeLists.txt puts them together.

#include <string_view>

namespace parley::api {

/// docs/openapi.json, as it is there.
extern const std::string_view openapi_document;
/// The page of docs_page/, with `document_mark` where the document goes.
extern const std::string_view docs_page;
inline constexpr std::string_view document_mark = "{{document}}";
/// Content-Security-Policy of the page: its own script and style by their digests, and nothing else.
extern const std::string_view docs_page_policy;

}  // namespace parley::api
