#include "api/routes.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <boost/json/value.hpp>
#include <cctype>
#include <iterator>
#include <set>

#include "api/documents.h"
#include "base/manual_clock.h"
#include "engines/lineup.h"
#include "engines/offline.h"
#include "json/parse.h"
#include "store/sqlite/keeper.h"
#include "store/sqlite/temporary_folder.h"

namespace parley::api {
namespace {

using testing::IsEmpty;

/// "GET /api/me/"
using Operations = std::set<std::string>;

std::unique_ptr<engines::Lineup> offline_lineup() {
  auto catalog = catalog::Catalog::create(
      {{.name = "offline", .routes = {{"offline", "offline"}}, .price = catalog::FlatPrice{}}});
  engines::EnginesByName engines;
  engines["offline"] = std::make_unique<engines::Offline>();
  return engines::Lineup::create(*std::move(catalog), std::move(engines), std::chrono::seconds(1), nullptr).value();
}

/// The public API over a store of its own.
class Routes : public testing::Test {
 protected:
  Routes()
      : store_(store::sqlite::Keeper::open(
                   {.folder = folder_.path(), .clock = clock_, .on_fatal = [](const base::Error&) {}})
                   .value()) {}
  ~Routes() override { store_->drain(); }

  Operations routed() {
    Operations operations;
    for (const http::Route& route : api_.routes()) {
      operations.insert(std::string(http::text_of(route.method)) + ' ' + route.path);
    }
    return operations;
  }

 private:
  // What is declared first is destroyed last.
  store::sqlite::TemporaryFolder folder_;
  base::ManualClock clock_;
  base::Metrics metrics_;
  std::unique_ptr<store::sqlite::Keeper> store_;
  async::asio::io_context context_{1};
  async::OffloadPool hashing_{{.threads = 1, .queued_jobs_max = 1}};
  std::unique_ptr<engines::Lineup> lineup_ = offline_lineup();
  accounts::Accounts accounts_{*store_, hashing_, clock_, context_.get_executor(), {}};
  chat::Turns turns_{*store_, *lineup_, clock_, metrics_, {&context_}, {}};
  PublicApi api_{{.store = *store_, .accounts = accounts_, .turns = turns_, .clock = clock_, .metrics = metrics_}, {}};
};

Operations documented() {
  const auto document = json::parse(openapi_document).value();
  Operations operations;
  for (const auto& path : document.root.at("paths").as_object()) {
    for (const auto& operation : path.value().as_object()) {
      std::string method(operation.key());
      std::ranges::transform(method, method.begin(),
                             [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
      operations.insert(method + ' ' + std::string(path.key()));
    }
  }
  return operations;
}

/// Those of `all` that `some` has not.
Operations missing(const Operations& all, const Operations& some) {
  Operations left;
  std::ranges::set_difference(all, some, std::inserter(left, left.end()));
  return left;
}

TEST_F(Routes, AreAllInTheDocument) {
  EXPECT_THAT(missing(routed(), documented()), IsEmpty());
}

TEST_F(Routes, AreAllThatTheDocumentPromises) {
  EXPECT_THAT(missing(documented(), routed()), IsEmpty());
}

}  // namespace
}  // namespace parley::api
