#include "catalog/catalog.h"

#include <gtest/gtest.h>

#include <functional>

namespace parley::catalog {
namespace {

using base::operator""_tokens;

Model model(std::string name) {
  return {.name = std::move(name), .routes = {{"openai", "gpt"}}, .price = FlatPrice{100_tokens}};
}

std::string complaint(std::vector<Model> models) {
  const auto catalog = Catalog::create(std::move(models));
  if (!catalog.has_error()) return "";
  EXPECT_EQ(catalog.error().code, base::ErrorCode::invalid_input);
  return catalog.error().message;
}

std::string complaint_about(const std::function<void(Model&)>& change) {
  Model changed = model("m");
  change(changed);
  return complaint({std::move(changed)});
}

TEST(Catalog, FindsModelsByNameAndTakesTheFirstAsStandard) {
  const auto catalog = Catalog::create({model("large"), model("small")}).value();
  EXPECT_EQ(catalog.standard().name, "large");
  EXPECT_EQ(catalog.find("small"), &catalog.models()[1]);
  EXPECT_EQ(catalog.find("Small"), nullptr);
  EXPECT_EQ(catalog.find(""), nullptr);
}

TEST(Catalog, HasAtLeastOneModel) {
  EXPECT_NE(complaint({}), "");
  EXPECT_EQ(complaint({model("a")}), "");
  EXPECT_NE(complaint(std::vector<Model>(1'001, model("a"))), "");
}

TEST(Catalog, RefusesTheSameNameTwice) {
  EXPECT_EQ(complaint({model("a"), model("b"), model("a")}), "The model \"a\" comes twice.");
}

TEST(Catalog, RefusesAModelThatCannotBeServedOrCharged) {
  EXPECT_NE(complaint_about([](Model& m) { m.name = ""; }), "");
  EXPECT_NE(complaint_about([](Model& m) { m.name = "a\nb"; }), "");
  EXPECT_NE(complaint_about([](Model& m) { m.name = std::string(201, 'a'); }), "");
  EXPECT_NE(complaint_about([](Model& m) { m.routes.clear(); }), "");
  EXPECT_NE(complaint_about([](Model& m) { m.routes.front().engine = ""; }), "");
  EXPECT_NE(complaint_about([](Model& m) { m.routes.front().upstream_model = ""; }), "");
  EXPECT_NE(complaint_about([](Model& m) { m.routes.push_back(m.routes.front()); }), "");
  EXPECT_NE(complaint_about([](Model& m) { m.price = FlatPrice{(1_tokens).negated()}; }), "");
  EXPECT_NE(complaint_about([](Model& m) { m.output_max = 0; }), "");
  EXPECT_NE(complaint_about([](Model& m) { m.context_max = 0; }), "");
  EXPECT_NE(complaint_about([](Model& m) { m.model_tokens_per_image = -1; }), "");
  EXPECT_NE(complaint_about([](Model& m) { m.passes = {"n"}; }), "");
  EXPECT_EQ(complaint_about([](Model& m) { m.passes = {"store", "service_tier"}; }), "");
}

TEST(Catalog, RefusesAPriceByUsageWithoutALimitOfOutput) {
  const auto by_usage = [](Model& m) { m.price = UsagePrice{1_tokens, 1_tokens, 0_tokens}; };
  EXPECT_NE(complaint_about(by_usage), "");
  EXPECT_EQ(complaint_about([&](Model& m) {
              by_usage(m);
              m.output_max = 1'000;
            }),
            "");
  EXPECT_NE(complaint_about([&](Model& m) {
              m.price = UsagePrice{1_tokens, (1_tokens).negated(), 0_tokens};
              m.output_max = 1'000;
            }),
            "");
}

}  // namespace
}  // namespace parley::catalog
