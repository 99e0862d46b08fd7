#pragma once
// Where a request carries its credential, and what it is answered when that one is bad.

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "api/answers.h"
#include "api/form.h"
#include "async/task.h"
#include "http/message.h"
#include "store/store.h"

namespace parley::api {

/// The credential of `Authorization: Token …` or `Bearer …` (scheme in any case, RFC 9110 section 11.1), or nothing
/// where there is no such header or it is empty. Other schemes count as not there.
std::optional<std::string_view> header_credential(const http::Request& request) noexcept;

/// The header's credential, else the text of the form's `token` where it isn't empty, else nothing.
std::optional<std::string_view> credential_text(const http::Request& request, const Form& form) noexcept;

/// What an endpoint answers to bad credentials.
struct CredentialRefusals {
  http::Response (*not_provided)();
  http::Response (*invalid)();
};

/// {"detail":"…"}, as chat and most others answer.
extern const CredentialRefusals usual_refusals;
/// As everything under /v1 answers.
extern const CredentialRefusals openai_refusals;

/// A readable form with the credential that came with it: not yet proven, but well formed.
struct Submission {
  Form form;
  store::Presented credential;
};

/// Reads form and credential. Where the form can't be read, a bad credential in the header is still reported first.
async::Task<std::variant<Submission, http::Response>> read_submission(store::Store& store, const http::Request& request,
                                                                      const CredentialRefusals& refusals);

/// `form_refusal`, unless the credential is bad: that is reported first.
async::Task<http::Response> refuse_form(store::Store& store, store::Presented credential, http::Response form_refusal,
                                        const http::Request& request, const CredentialRefusals& refusals);

/// The credential of a request that has no form, unproven, or the refusal of what is none.
std::variant<store::Presented, http::Response> read_credential(const http::Request& request,
                                                               const CredentialRefusals& refusals);

/// `unauthenticated` becomes the endpoint's own refusal; every other error its usual answer.
http::Response credential_failure(const base::Error& failed, Shape shape, const http::Request& request,
                                  const CredentialRefusals& refusals);

}  // namespace parley::api
