#include "upstream/easy_handle.h"

#include <new>
#include <stdexcept>
#include <string>

namespace parley::upstream {
namespace {

// Per handle, kept while it waits for its next transfer: replies are small, and thousands may be open.
constexpr long receive_buffer_bytes = 4096;
constexpr long idle_connection_seconds_max = 60;

}  // namespace

CurlLibrary::CurlLibrary() {
  require(curl_global_init(CURL_GLOBAL_DEFAULT));
  if ((curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_ASYNCHDNS) == 0) {
    curl_global_cleanup();
    throw std::runtime_error("this libcurl looks names up in the calling thread");
  }
}

CurlLibrary::~CurlLibrary() {
  curl_global_cleanup();
}

void require(CURLcode code) {
  if (code == CURLE_OK) return;
  if (code == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
  throw std::runtime_error(std::string("libcurl: ") + curl_easy_strerror(code));
}

EasyHandle make_easy_handle() {
  EasyHandle made(curl_easy_init());
  if (!made) throw std::bad_alloc();
  CURL* const handle = made.get();
  set_option(handle, CURLOPT_NOSIGNAL, 1L);
  // A lookup that hangs is left to its thread; otherwise ending the transfer would wait for it and stop the loop.
  set_option(handle, CURLOPT_QUICK_EXIT, 1L);
  set_option(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  set_option(handle, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  set_option(handle, CURLOPT_HTTP09_ALLOWED, 0L);
  set_option(handle, CURLOPT_FOLLOWLOCATION, 0L);
  set_option(handle, CURLOPT_PROXY, "");
  set_option(handle, CURLOPT_NETRC, long{CURL_NETRC_IGNORED});
  set_option(handle, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  set_option(handle, CURLOPT_SSL_VERIFYPEER, 1L);
  set_option(handle, CURLOPT_SSL_VERIFYHOST, 2L);
  set_option(handle, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  set_option(handle, CURLOPT_TCP_NODELAY, 1L);
  set_option(handle, CURLOPT_TCP_KEEPALIVE, 1L);
  set_option(handle, CURLOPT_BUFFERSIZE, receive_buffer_bytes);
  set_option(handle, CURLOPT_MAXAGE_CONN, idle_connection_seconds_max);
  set_option(handle, CURLOPT_USERAGENT, "parley");
  return made;
}

}  // namespace parley::upstream
