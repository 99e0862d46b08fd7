#pragma once
// The catalog with the engines that serve it.

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "catalog/catalog.h"
#include "engines/failover.h"

namespace parley::engines {

/// Engines by the names that the catalog's routes have for them.
using EnginesByName = std::map<std::string, std::unique_ptr<Engine>, std::less<>>;

/// Safe to use from any loop.
class Lineup {
 public:
  /// `invalid_input` where a route names an engine that is not there. A call ends within `whole_max`, however many
  /// engines it asks. Metrics (null: none) outlive it.
  static base::Result<std::unique_ptr<Lineup>> create(catalog::Catalog catalog, EnginesByName engines,
                                                      std::chrono::milliseconds whole_max, base::Metrics* metrics);
  Lineup(const Lineup&) = delete;
  Lineup& operator=(const Lineup&) = delete;
  ~Lineup() = default;

  const catalog::Catalog& catalog() const noexcept { return catalog_; }
  /// What answers for a model of this catalog, and the name to ask it for.
  const Server& server_of(const catalog::Model& model) const;

 private:
  Lineup(catalog::Catalog catalog, EnginesByName engines);

  catalog::Catalog catalog_;
  EnginesByName engines_;
  std::vector<std::unique_ptr<Failover>> failovers_;
  std::vector<Server> by_model_;  ///< in the catalog's order
};

}  // namespace parley::engines
