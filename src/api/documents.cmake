# Puts the files that GET /openapi.json and GET /docs show into one source, documents.cpp. Once more where one changes.

set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
  ${CMAKE_SOURCE_DIR}/docs/openapi.json docs_page/page.html docs_page/page.css docs_page/page.js)

# The SHA-256 of a text in base64, as a Content-Security-Policy names what it lets run.
function(parley_sha256_base64 result text)
  set(alphabet ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/)
  string(SHA256 hex "${text}")
  string(APPEND hex 00)  # 64 hexadecimal digits, filled up to whole threes: each of them is two letters
  set(base64 "")
  foreach(at RANGE 0 63 3)
    string(SUBSTRING ${hex} ${at} 3 digits)
    math(EXPR high "0x${digits} >> 6")
    math(EXPR low "0x${digits} & 63")
    string(SUBSTRING ${alphabet} ${high} 1 first)
    string(SUBSTRING ${alphabet} ${low} 1 second)
    string(APPEND base64 ${first}${second})
  endforeach()
  string(REGEX REPLACE ".$" "=" base64 ${base64})
  set(${result} ${base64} PARENT_SCOPE)
endfunction()

file(READ ${CMAKE_SOURCE_DIR}/docs/openapi.json openapi_document)
file(READ docs_page/page.css page_style)
file(READ docs_page/page.js page_script)
file(READ docs_page/page.html docs_page)
string(CONFIGURE "${docs_page}" docs_page @ONLY)
parley_sha256_base64(page_style_digest "${page_style}")
parley_sha256_base64(page_script_digest "${page_script}")
set(embedded_end "embedded")
configure_file(documents.cpp.in ${CMAKE_CURRENT_BINARY_DIR}/generated/documents.cpp @ONLY)
