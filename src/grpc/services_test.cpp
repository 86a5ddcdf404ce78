#include "grpc/services.h"

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include "core/json.h"
#include "grpc/fake_call.h"
#include "grpc/kserve_services.h"
#include "grpc/test_face.h"
#include "grpc/wire.h"

using namespace gyre;
using namespace std::chrono_literals;
using grpc::FakeCall;
using net::RpcCode;

namespace {

struct House {
    House() { grpc::AddKserveServices(services, schema, face.Handler()); }
    std::shared_ptr<FakeCall> Ask(const std::string& method, const std::string& json = "{}") {
        const auto message =
            schema->FromJson("inference." + method + "Request", *core::ParseJson(json));
        REQUIRE_MESSAGE(message, message.error().message);
        auto call = std::make_shared<FakeCall>("/inference.GRPCInferenceService/" + method,
                                               std::deque<std::string>{*message});
        services.Handle(call);
        return call;
    }
    core::Json Answer(const FakeCall& call, const std::string& type) const {
        REQUIRE(call.written.size() == 1);
        return *schema->ToJson("inference." + type, call.written[0]);
    }
    std::shared_ptr<const grpc::Schema> schema = std::make_shared<grpc::Schema>();
    grpc::TestFace face;
    grpc::Services services;
};

std::string Infer(const std::string& id) {
    std::string message;
    grpc::AppendBytes(message, 1, "m");
    grpc::AppendBytes(message, 3, id);
    return message;
}

net::Response Inferred(const std::string& id) {
    return {.status = 200,
            .headers = {},
            .body = R"({"model_name":"m","model_version":"1","outputs":[],"id":")" + id + "\"}"};
}

}  // namespace

TEST_CASE("a question becomes a request to the HTTP face, and its JSON the answer") {
    House house;
    house.face.answer.body = R"({"name":"a b","versions":["1"],"platform":"openvino"})";
    const auto call = house.Ask("ModelMetadata", R"({"name":"a b","version":"1"})");
    REQUIRE(house.face.asked.size() == 1);
    CHECK(house.face.asked[0].method == "GET");
    CHECK(house.face.asked[0].path == "/v2/models/a%20b/versions/1");
    CHECK(call->status->code == RpcCode::kOk);
    CHECK(house.Answer(*call, "ModelMetadataResponse") ==
          *core::ParseJson(R"({"name":"a b","versions":["1"],"platform":"openvino"})"));

    house.face.answer.body = R"([{"name":"m","version":"1","state":"READY"}])";
    const auto index = house.Ask("RepositoryIndex", R"({"ready":true})");
    CHECK(house.face.asked[1].method == "POST");
    CHECK(house.face.bodies[1] == R"({"ready":true})");
    CHECK(house.Answer(*index, "RepositoryIndexResponse") ==
          *core::ParseJson(R"({"models":[{"name":"m","version":"1","state":"READY"}]})"));
}

TEST_CASE("whether something is ready is answered with no, not with an error; other errors stay") {
    House house;
    house.face.answer = {.status = 404, .headers = {}, .body = R"({"error":"no such model"})"};
    const auto ready = house.Ask("ModelReady", R"({"name":"m"})");
    CHECK(ready->status->code == RpcCode::kOk);
    CHECK(house.Answer(*ready, "ModelReadyResponse") == *core::ParseJson(R"({"ready":false})"));
    const auto metadata = house.Ask("ModelMetadata", R"({"name":"m"})");
    CHECK(metadata->status->code == RpcCode::kNotFound);
    CHECK(metadata->status->message == "no such model");
    house.face.answer = {.status = 401, .headers = {}, .body = R"({"error":"token"})"};
    CHECK(house.Ask("ModelReady", R"({"name":"m"})")->status->code == RpcCode::kUnauthenticated);
    house.face.answer = {.status = 501, .headers = {}, .body = R"({"error":"none"})"};
    CHECK(house.Ask("SystemSharedMemoryRegister", R"({"name":"r"})")->status->code ==
          RpcCode::kUnimplemented);
}

TEST_CASE("the caller's metadata, address and time go with the request; its transport's do not") {
    House house;
    auto call = std::make_shared<FakeCall>("/inference.GRPCInferenceService/ModelInfer",
                                           std::deque<std::string>{Infer("1")});
    call->head.remote_address = "10.0.0.1";
    call->head.metadata.Add("authorization", "Bearer t");
    call->head.metadata.Add("accept-encoding", "identity, gzip");
    call->head.timeout = 60s;
    house.face.answer = Inferred("1");
    house.services.Handle(call);
    REQUIRE(house.face.asked.size() == 1);
    const net::RequestHead& asked = house.face.asked[0];
    CHECK(asked.path == "/v2/models/m/infer");
    CHECK(asked.remote_address == "10.0.0.1");
    CHECK(asked.headers.Get("Authorization") == "Bearer t");
    CHECK_FALSE(asked.headers.Find("accept-encoding").has_value());
    const int left = std::stoi(std::string(asked.headers.Get("x-gyre-deadline-ms")));
    CHECK(left > 0);
    CHECK(left <= 60'000);
    CHECK(call->status->code == RpcCode::kOk);
}

TEST_CASE("unknown services and methods, and calls without a message, are told so") {
    House house;
    for (const char* method :
         {"/x.Y/Z", "/inference.GRPCInferenceService/Nothing", "/", "", "a/b"}) {
        CAPTURE(method);
        auto call = std::make_shared<FakeCall>(method, std::deque<std::string>{""});
        house.services.Handle(call);
        REQUIRE(call->status);
        CHECK(call->status->code == RpcCode::kUnimplemented);
    }
    auto empty = std::make_shared<FakeCall>("/inference.GRPCInferenceService/ModelInfer");
    house.services.Handle(empty);
    CHECK(empty->status->code == RpcCode::kInvalidArgument);
}

TEST_CASE("a face that drops a request ends the call with an error") {
    House house;
    house.face.holds = true;
    const auto call = house.Ask("ServerMetadata");
    CHECK_FALSE(call->status);
    house.face.held.clear();
    REQUIRE(call->status);
    CHECK(call->status->code == RpcCode::kInternal);
}

TEST_CASE("a stream's answers come in the order of its requests, errors among them") {
    House house;
    house.face.holds = true;
    auto call = std::make_shared<FakeCall>(
        "/inference.GRPCInferenceService/ModelStreamInfer",
        std::deque<std::string>{Infer("1"), "\x0a", Infer("3"), Infer("4")});
    house.services.Handle(call);
    REQUIRE(house.face.held.size() == 3);  // the broken one never gets there
    CHECK(call->written.empty());
    house.face.held[2]->Respond(Inferred("4"));
    CHECK(call->written.empty());
    house.face.held[0]->Respond(Inferred("1"));
    CHECK(call->written.size() == 2);
    CHECK_FALSE(call->status);
    house.face.held[1]->Respond({.status = 503, .headers = {}, .body = R"({"error":"busy"})"});
    REQUIRE(call->written.size() == 4);
    REQUIRE(call->status);
    CHECK(call->status->code == RpcCode::kOk);
    std::vector<std::string> said;
    for (const std::string& message : call->written) {
        const auto json = *house.schema->ToJson("inference.ModelStreamInferResponse", message);
        const core::Json* response = core::JsonFind(json, "infer_response");
        said.emplace_back(response != nullptr
                              ? core::JsonString(*response, "id").value_or("")
                              : core::JsonString(json, "error_message").value_or("").substr(0, 11));
    }
    CHECK(said == std::vector<std::string>{"1", "the message", "busy", "4"});
}

TEST_CASE("many requests of a stream that fail at once take no more of the stack than one") {
    House house;
    std::deque<std::string> requests(200'000, "\x0a");
    auto call = std::make_shared<FakeCall>("/inference.GRPCInferenceService/ModelStreamInfer",
                                           std::move(requests));
    house.services.Handle(call);
    CHECK(call->written.size() == 200'000);
    REQUIRE(call->status);
    CHECK(call->status->code == RpcCode::kOk);
}
