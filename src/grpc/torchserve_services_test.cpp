#include "grpc/torchserve_services.h"

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <map>

#include "core/json.h"
#include "grpc/fake_call.h"
#include "grpc/test_face.h"
#include "grpc/wire.h"

using namespace gyre;
using grpc::FakeCall;
using net::RpcCode;

namespace {

constexpr const char* kError =
    R"({"code":404,"type":"ModelNotFoundException","message":"Model not found: m"})";

std::string Question(const std::string& model, const std::string& sequence = "",
                     const std::map<std::string, std::string>& more = {}) {
    std::string entry;
    grpc::AppendBytes(entry, 1, "data");
    grpc::AppendBytes(entry, 2, std::string("\0\r\n--x", 6));
    std::string message;
    grpc::AppendBytes(message, 1, model);
    grpc::AppendBytes(message, 2, "2.0");
    grpc::AppendBytes(message, 3, entry);
    for (const auto& [name, value] : more) {
        std::string another;
        grpc::AppendBytes(another, 1, name);
        grpc::AppendBytes(another, 2, value);
        grpc::AppendBytes(message, 3, another);
    }
    if (!sequence.empty()) grpc::AppendBytes(message, 4, sequence);
    return message;
}

struct House {
    House() {
        grpc::AddTorchServeInference(services, face.Handler());
        grpc::AddTorchServeManagement(services, schema, face.Handler());
    }
    std::shared_ptr<FakeCall> Ask(const std::string& method, std::deque<std::string> messages) {
        auto call = std::make_shared<FakeCall>(method, std::move(messages));
        call->head.request_id = "id-1";
        services.Handle(call);
        return call;
    }
    std::shared_ptr<FakeCall> Infer(const std::string& method, std::deque<std::string> messages) {
        return Ask("/org.pytorch.serve.grpc.inference.InferenceAPIsService/" + method,
                   std::move(messages));
    }
    std::shared_ptr<FakeCall> Manage(const std::string& method, const std::string& json) {
        const auto message = schema->FromJson(
            "org.pytorch.serve.grpc.management." + method + "Request", *core::ParseJson(json));
        REQUIRE_MESSAGE(message, message.error().message);
        return Ask("/org.pytorch.serve.grpc.management.ManagementAPIsService/" + method,
                   {*message});
    }
    core::Json Read(const std::string& message) const {
        return *schema->ToJson("org.pytorch.serve.grpc.inference.PredictionResponse", message);
    }
    std::shared_ptr<const grpc::Schema> schema = std::make_shared<grpc::Schema>();
    grpc::TestFace face;
    grpc::Services services;
};

}  // namespace

TEST_CASE("inputs go as the fields of a form, whatever bytes they hold") {
    House house;
    house.face.answer.body = "tiger cat";
    const auto call = house.Infer("Predictions", {Question("m")});
    REQUIRE(house.face.asked.size() == 1);
    CHECK(house.face.asked[0].method == "POST");
    CHECK(house.face.asked[0].path == "/predictions/m/2.0");
    CHECK(house.face.asked[0].headers.Get("content-type") ==
          "multipart/form-data; boundary=gyre-id-1");
    CHECK(house.face.bodies[0] ==
          "--gyre-id-1\r\nContent-Disposition: form-data; name=\"data\"\r\n"
          "Content-Type: application/octet-stream\r\n\r\n" +
              std::string("\0\r\n--x", 6) + "\r\n--gyre-id-1--\r\n");
    CHECK(call->status->code == RpcCode::kOk);
    REQUIRE(call->written.size() == 1);
    CHECK(house.Read(call->written[0]) == *core::ParseJson(R"({"prediction":"dGlnZXIgY2F0"})"));
}

TEST_CASE("an error is TorchServe's text and the name of its exception") {
    House house;
    house.face.answer = {.status = 404, .headers = {}, .body = kError};
    const auto call = house.Infer("Predictions", {Question("m")});
    CHECK(call->status->code == RpcCode::kInternal);
    const std::string text =
        "Model not found: m\norg.pytorch.serve.archive.model.ModelNotFoundException";
    CHECK(call->status->message == text);
    const auto nameless = house.Infer("Predictions", {Question("")});
    CHECK(nameless->status->code == RpcCode::kInternal);
    CHECK(nameless->status->message == "Parameter model_name is required.\nBadRequestException.()");
    const auto described = house.Manage("DescribeModel", R"({"model_name":"m"})");
    CHECK(described->status->code == RpcCode::kNotFound);
    CHECK(described->status->message == text);
    house.face.answer = {
        .status = 503,
        .headers = {},
        .body = R"({"type":"ServiceUnavailableException","message":"has no worker"})"};
    const auto idle = house.Infer("StreamPredictions", {Question("m")});
    CHECK(idle->status->code == RpcCode::kInternal);
    CHECK(idle->status->message == "has no worker\nInternalServerException.()");
    house.face.answer.body = R"({"type":"InternalServerException","message":"Prediction failed"})";
    const auto failed = house.Infer("Predictions", {Question("m")});
    CHECK(failed->status->code == RpcCode::kUnavailable);
    CHECK(failed->status->message ==
          "Prediction failed\norg.pytorch.serve.http.InternalServerException");
    house.face.answer = {.status = 400,
                         .headers = {},
                         .body = R"({"type":"InvalidKeyException","message":"token"})"};
    const auto stranger = house.Infer("Predictions", {Question("m")});
    CHECK(stranger->status->code == RpcCode::kPermissionDenied);
    CHECK(stranger->status->message == "token");
}

TEST_CASE("an answer in parts is a stream of messages, a whole one a stream of one") {
    House house;
    house.face.pieces = {"a", "b", "c"};
    const auto parts = house.Infer("StreamPredictions", {Question("m")});
    CHECK(parts->written.size() == 3);
    CHECK(parts->status->code == RpcCode::kOk);
    const auto joined = house.Infer("Predictions", {Question("m")});
    REQUIRE(joined->written.size() == 1);
    CHECK(house.Read(joined->written[0]) == *core::ParseJson(R"({"prediction":"YWJj"})"));
    house.face.pieces.clear();
    house.face.answer.body = "whole";
    CHECK(house.Infer("StreamPredictions", {Question("m")})->written.size() == 1);
}

TEST_CASE("each request of a stream of both ways has an answer with its sequence and its status") {
    House house;
    house.face.answer = {.status = 404, .headers = {}, .body = kError};
    const auto call =
        house.Infer("StreamPredictions2", {Question("m", "s1"), "\x0a", Question("m", "s2")});
    REQUIRE(call->written.size() == 3);
    CHECK(house.Read(call->written[0]) == *core::ParseJson(R"({"sequence_id":"s1",
        "status":{"code":13,"message":"Model not found: m"}})"));
    // The exception's name is in its details, which no client of ours reads.
    CHECK(call->written[0].find("google.rpc.ErrorInfo") != std::string::npos);
    CHECK(call->written[0].find("org.pytorch.serve.archive.model.ModelNotFoundException") !=
          std::string::npos);
    CHECK(house.Read(call->written[1]).at("status").at("code") == 3);
    CHECK(house.Read(call->written[2]).at("sequence_id") == "s2");
    CHECK(house.face.asked[0].headers.Get("ts_request_sequence_id") == "s1");
    CHECK(call->status->code == RpcCode::kOk);
}

TEST_CASE("a stream of both ways begins and ends a sequence by its inputs") {
    House house;
    house.face.answer = {.status = 200, .headers = {}, .body = "x"};
    house.face.answer.headers.Add("ts_request_sequence_id", "ts-seq-7");
    const auto call = house.Infer(
        "StreamPredictions2", {Question("m", "", {{"ts_request_sequence_start", "True"}}),
                               Question("m", "ts-seq-7", {{"ts_request_sequence_end", "true"}})});
    REQUIRE(call->written.size() == 2);
    CHECK(house.Read(call->written[0]).at("sequence_id") == "ts-seq-7");
    const auto& begun = house.face.asked[0].headers;
    CHECK(begun.Get("ts_request_sequence_start") == "true");
    CHECK(begun.Get("ts_request_sequence_end").empty());
    CHECK(house.face.asked[1].headers.Get("ts_request_sequence_end") == "true");
}

TEST_CASE("management methods are the HTTP API's requests") {
    struct Case {
        const char* method;
        const char* question;
        const char* line;
    };
    const Case cases[] = {
        {"DescribeModel", R"({"model_name":"m"})", "GET /models/m"},
        {"DescribeModel", R"({"model_name":"m","model_version":"all","customized":true})",
         "GET /models/m/all?customized=true"},
        {"ListModels", "{}", "GET /models"},
        {"ListModels", R"({"limit":2,"next_page_token":4})",
         "GET /models?limit=2&next_page_token=4"},
        {"RegisterModel",
         R"({"url":"a b.mar","initial_workers":2,"batch_size":4,"synchronous":true})",
         "POST /models?url=a%20b.mar&batch_size=4&initial_workers=2&synchronous=true"},
        {"ScaleWorker", R"({"model_name":"m","model_version":"1.0","min_worker":2})",
         "PUT /models/m/1.0?min_worker=2&synchronous=false"},
        {"SetDefault", R"({"model_name":"m","model_version":"1.0"})",
         "PUT /models/m/1.0/set-default"},
        {"UnregisterModel", R"({"model_name":"m"})", "DELETE /models/m"},
    };
    for (const Case& one : cases) {
        House house;
        house.face.answer.body = R"({"status": "said"})";
        CAPTURE(one.line);
        const auto call = house.Manage(one.method, one.question);
        REQUIRE(house.face.asked.size() == 1);
        CHECK(house.face.asked[0].method + " " + house.face.asked[0].target == one.line);
        REQUIRE(call->written.size() == 1);
        const bool changes = std::string(one.line).find("GET") == std::string::npos;
        CHECK(call->written[0] ==
              (changes ? std::string("\x0a\x04said") : "\x0a\x12" + house.face.answer.body));
    }
    House house;
    house.face.answer = {.status = 405, .headers = {}, .body = R"({"message":"not allowed"})"};
    const auto locked = house.Manage("UnregisterModel", R"({"model_name":"m"})");
    CHECK(locked->status->code == RpcCode::kPermissionDenied);
    CHECK(locked->status->message ==
          "Model API disabled\norg.pytorch.serve.archive.model.ModelException");
}
