#include "serving/torchserve/paths.h"

#include <doctest/doctest.h>

#include "net/http_message.h"

namespace gyre::serving::torchserve {
namespace {

using Verb = InferencePath::Verb;

TEST_CASE("the inference API's paths") {
    const struct {
        const char* path;
        Verb verb;
        const char* model = "";
        const char* version = "";
        const char* rest = "";
        bool query = false;
    } rows[] = {
        {"/ping", Verb::kPing},
        {"/predictions/m", Verb::kPredict, "m"},
        {"/predictions/m/", Verb::kPredict, "m"},
        {"/predictions/m/1.0", Verb::kPredict, "m", "1.0"},
        {"/predictions/m/1.0/a/b", Verb::kPredict, "m", "1.0", "a/b"},
        {"/predictions", Verb::kPredict},
        {"/explanations/m/2.0", Verb::kExplain, "m", "2.0"},
        {"/invocations", Verb::kPredict, "", "", "", true},
        {"/models/m/invoke", Verb::kPredict, "m", "", "", true},
        {"/m/predict", Verb::kPredict, "m", "", "", true},
        {"/m/1.0/predict", Verb::kPredict, "m", "1.0", "", true},
        {"/v1/models/m:predict", Verb::kPredict, "m"},
        {"/v1/models/m:explain", Verb::kExplain, "m"},
        {"/v1/models/m", Verb::kReady, "m"},
        {"/v2/models/m/infer", Verb::kPredict, "m"},
        {"/v2/models/m/explain", Verb::kExplain, "m"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.path);
        const auto parts = net::SplitPath(row.path);
        REQUIRE(parts);
        const auto path = ParseInferencePath(*parts, row.verb == Verb::kReady ? "GET" : "POST");
        REQUIRE(path);
        CHECK(path->verb == row.verb);
        CHECK(path->model == row.model);
        CHECK(path->version == row.version);
        CHECK(path->rest == row.rest);
        CHECK(path->query_counts == row.query);
    }
    for (const char* other : {"/", "/models", "/models/m", "/models/m/1.0", "/v1/models/m:train",
                              "/v2/models/m", "/metrics", "/ping/more"}) {
        CAPTURE(other);
        const auto parts = net::SplitPath(other);
        REQUIRE(parts);
        CHECK_FALSE(ParseInferencePath(*parts, "POST"));
    }
}

}  // namespace
}  // namespace gyre::serving::torchserve
