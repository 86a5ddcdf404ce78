#include "serving/kserve/v2_path.h"

#include <doctest/doctest.h>

namespace gyre::serving::kserve {
namespace {

using Verb = V2Path::Verb;

TEST_CASE("paths below /v2 name a verb, a model and a version") {
    const struct {
        const char* path;
        Verb verb;
        const char* model = "";
        const char* version = "";
    } rows[] = {
        {"/v2", Verb::kServer},
        {"/v2/", Verb::kServer},
        {"/v2/health/live", Verb::kLive},
        {"/v2/health/ready", Verb::kReady},
        {"/v2/health", Verb::kUnknown},
        {"/v2/models/m", Verb::kModel, "m"},
        {"/v2/models/m/", Verb::kModel, "m"},
        {"/v2/models/m/versions/1", Verb::kModel, "m", "1"},
        {"/v2/models/m/ready", Verb::kModelReady, "m"},
        {"/v2/models/m/config", Verb::kModelConfig, "m"},
        {"/v2/models/m/versions/1/infer", Verb::kInfer, "m", "1"},
        {"/v2/models/a%2Db/infer", Verb::kInfer, "a-b"},
        {"/v2/models/m/stats", Verb::kStatistics, "m"},
        {"/v2/models/stats", Verb::kStatistics},
        {"/v2/models/m/generate", Verb::kUnknown, "m"},
        {"/v2/models/m/infer/more", Verb::kUnknown, "m"},
        {"/v2/repository/index", Verb::kIndex},
        {"/v2/repository/models/m/load", Verb::kLoad, "m"},
        {"/v2/repository/models/m/unload", Verb::kUnload, "m"},
        {"/v2/systemsharedmemory/region/r/register", Verb::kSharedMemory},
        {"/v2/cudasharedmemory/status", Verb::kNoSharedMemory},
        {"/v2/logging", Verb::kLogging},
        {"/v2/logging/more", Verb::kUnknown},
        {"/v2/trace/setting", Verb::kTrace},
        {"/v2/models/m/trace/setting", Verb::kTrace, "m"},
        {"/v2/models/m/versions/1/trace/setting", Verb::kTrace, "m", "1"},
        {"/v2/trace", Verb::kUnknown},
    };
    for (const auto& row : rows) {
        CAPTURE(row.path);
        const auto parsed = ParseV2Path(row.path);
        REQUIRE(parsed);
        CHECK(parsed->verb == row.verb);
        CHECK(parsed->model == row.model);
        CHECK(parsed->version == row.version);
    }
    for (const char* other : {"/", "/v1/models/m", "/v20/models", "/v2x", "/v2/models/%zz/infer"}) {
        CHECK_FALSE(ParseV2Path(other));
    }
}

}  // namespace
}  // namespace gyre::serving::kserve
