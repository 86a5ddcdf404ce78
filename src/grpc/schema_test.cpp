#include "grpc/schema.h"

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include "core/json.h"

using namespace gyre;

TEST_CASE("messages go to JSON and back by the names of their fields") {
    const grpc::Schema schema;
    const auto json = *core::ParseJson(
        R"({"name":"m","versions":["1"],"inputs":[{"name":"x","shape":[-1,3]}],"unknown":7})");
    const auto message = schema.FromJson("inference.ModelMetadataResponse", json);
    REQUIRE_MESSAGE(message, message.error().message);
    const auto again = schema.ToJson("inference.ModelMetadataResponse", *message);
    REQUIRE_MESSAGE(again, again.error().message);
    CHECK(*again ==
          *core::ParseJson(
              R"({"name":"m","versions":["1"],"inputs":[{"name":"x","shape":["-1","3"]}]})"));
}

TEST_CASE("what fits no message is an error") {
    const grpc::Schema schema;
    const auto broken = schema.ToJson("inference.ModelReadyRequest", "\x0a\x7f");
    REQUIRE_FALSE(broken);
    CHECK(broken.error().code == core::Code::kInvalidArgument);
    CHECK_FALSE(schema.FromJson("inference.ModelReadyRequest", *core::ParseJson(R"({"name":[]})")));
    CHECK_FALSE(schema.FromJson("inference.Nothing", *core::ParseJson("{}")));
}

TEST_CASE("files are found by name and by what they define") {
    const grpc::Schema schema;
    CHECK_FALSE(schema.FileNamed("kserve.proto").empty());
    CHECK(schema.FileNamed("kserve.proto") ==
          schema.FileDefining("inference.GRPCInferenceService"));
    CHECK(schema.FileNamed("nothing.proto").empty());
    CHECK(schema.FileDefining("inference.Nothing").empty());
}
