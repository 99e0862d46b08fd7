#pragma once
// libcurl's handle of one transfer, with every option that is the same for all of them.

#include <curl/curl.h>

#include <memory>

namespace parley::upstream {

struct EasyCleanup {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
using EasyHandle = std::unique_ptr<CURL, EasyCleanup>;

struct HeaderListCleanup {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, HeaderListCleanup>;

/// libcurl's global state; counted and locked by libcurl itself (since 7.84). Hold one as long as any handle lives.
class CurlLibrary {
 public:
  /// Throws where libcurl can't start, or would block a loop on name lookups (no threaded resolver).
  CurlLibrary();
  CurlLibrary(const CurlLibrary&) = delete;
  CurlLibrary& operator=(const CurlLibrary&) = delete;
  ~CurlLibrary();
};

/// libcurl refuses an option only where it was built without it: a failed start, so it throws.
template <class Value>
void set_option(CURL* handle, CURLoption option, Value value);

void require(CURLcode code);

/// HTTP/1.1 over verified TLS 1.2 or later, straight to the server: no redirect, no proxy from the environment, no
/// .netrc, no cookie, no compression (a small reply that unpacks into a large one), no other protocol.
EasyHandle make_easy_handle();

template <class Value>
void set_option(CURL* handle, CURLoption option, Value value) {
  require(curl_easy_setopt(handle, option, value));
}

}  // namespace parley::upstream
