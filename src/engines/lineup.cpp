#include "engines/lineup.h"

#include <stdexcept>
#include <utility>

namespace parley::engines {

Lineup::Lineup(catalog::Catalog catalog, EnginesByName engines)
    : catalog_(std::move(catalog)), engines_(std::move(engines)) {}

base::Result<std::unique_ptr<Lineup>> Lineup::create(catalog::Catalog catalog, EnginesByName engines,
                                                     std::chrono::milliseconds whole_max, base::Metrics* metrics) {
  std::unique_ptr<Lineup> lineup(new Lineup(std::move(catalog), std::move(engines)));
  for (const catalog::Model& model : lineup->catalog_.models()) {
    std::vector<Server> servers;
    for (const catalog::Route& route : model.routes) {
      const auto engine = lineup->engines_.find(route.engine);
      if (engine == lineup->engines_.end()) {
        return base::Error{
            .code = base::ErrorCode::invalid_input,
            .message = "The model \"" + model.name + "\" names an engine that is not set up: \"" + route.engine + "\".",
            .detail = ""};
      }
      servers.push_back({.engine = engine->second.get(), .upstream_model = route.upstream_model});
    }
    if (servers.size() > 1) {
      lineup->failovers_.push_back(std::make_unique<Failover>(model.name, std::move(servers), whole_max, metrics));
      lineup->by_model_.push_back({.engine = lineup->failovers_.back().get(), .upstream_model = model.name});
    } else {
      lineup->by_model_.push_back(std::move(servers.front()));
    }
  }
  return lineup;
}

const Server& Lineup::server_of(const catalog::Model& model) const {
  const auto index = static_cast<std::size_t>(&model - catalog_.models().data());
  if (index >= by_model_.size()) throw std::logic_error("a model of another catalog");
  return by_model_[index];
}

}  // namespace parley::engines
