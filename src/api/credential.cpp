#include "api/credential.h"

#include <algorithm>

#include "accounts/credential.h"
#include "api/openai_error.h"
#include "http/grammar.h"

namespace parley::api {

const CredentialRefusals usual_refusals{.not_provided = &not_provided, .invalid = &invalid_token};
const CredentialRefusals openai_refusals{.not_provided = &openai_not_provided, .invalid = &openai_invalid_credential};

std::optional<std::string_view> header_credential(const http::Request& request) noexcept {
  const auto header = request.header("authorization");
  if (!header) return std::nullopt;
  const std::size_t space = header->find(' ');
  const std::string_view scheme = header->substr(0, space);
  if (!http::equal_ignoring_case(scheme, "token") && !http::equal_ignoring_case(scheme, "bearer")) return std::nullopt;
  if (space == std::string_view::npos) return std::nullopt;
  std::string_view text = header->substr(space);
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  if (text.empty()) return std::nullopt;
  return text;
}

std::optional<std::string_view> credential_text(const http::Request& request, const Form& form) noexcept {
  if (const auto header = header_credential(request)) return header;
  const Field token = form.field("token");
  if (token.state != Field::State::text || token.text.empty()) return std::nullopt;
  return token.text;
}

http::Response credential_failure(const base::Error& failed, Shape shape, const http::Request& request,
                                  const CredentialRefusals& refusals) {
  if (failed.code == base::ErrorCode::unauthenticated) return refusals.invalid();
  return failure(failed, shape, request);
}

std::variant<store::Presented, http::Response> read_credential(const http::Request& request,
                                                               const CredentialRefusals& refusals) {
  const auto text = header_credential(request);
  if (!text) return refusals.not_provided();
  const auto credential = accounts::parse_credential(*text);
  if (!credential) return refusals.invalid();
  return *credential;
}

async::Task<http::Response> refuse_form(store::Store& store, store::Presented credential, http::Response form_refusal,
                                        const http::Request& request, const CredentialRefusals& refusals) {
  const auto account = co_await store.authenticate(credential);
  if (account.has_error()) co_return credential_failure(account.error(), Shape::detail, request, refusals);
  co_return form_refusal;
}

async::Task<std::variant<Submission, http::Response>> read_submission(store::Store& store, const http::Request& request,
                                                                      const CredentialRefusals& refusals) {
  auto read = Form::read(request);
  auto* unreadable = std::get_if<http::Response>(&read);
  const auto text = unreadable == nullptr ? credential_text(request, std::get<Form>(read)) : header_credential(request);
  if (!text && unreadable != nullptr) co_return std::move(*unreadable);
  if (!text) co_return refusals.not_provided();

  const auto credential = accounts::parse_credential(*text);
  if (!credential) co_return refusals.invalid();
  if (unreadable != nullptr) {
    co_return co_await refuse_form(store, *credential, std::move(*unreadable), request, refusals);
  }
  Form& form = std::get<Form>(read);
  if (auto not_a_dictionary = form.not_a_dictionary()) {
    co_return co_await refuse_form(store, *credential, std::move(*not_a_dictionary), request, refusals);
  }
  co_return Submission{.form = std::move(form), .credential = *credential};
}

}  // namespace parley::api
