#include "grpc/standard_services.h"

#include <doctest/doctest.h>

#include "grpc/fake_call.h"
#include "grpc/wire.h"

using namespace gyre;
using grpc::FakeCall;

namespace {

std::string Field(uint32_t number, std::string_view bytes) {
    std::string message;
    grpc::AppendBytes(message, number, bytes);
    return message;
}

struct House {
    House() {
        grpc::AddStandardServices(services, schema);
        services.AddUnary("inference.GRPCInferenceService", "ModelInfer",
                          [](const grpc::Call& call, const std::string&) { call->Answer(""); });
    }
    std::shared_ptr<FakeCall> Ask(const std::string& method, std::deque<std::string> messages) {
        auto call = std::make_shared<FakeCall>(method, std::move(messages));
        services.Handle(call);
        return call;
    }
    std::shared_ptr<const grpc::Schema> schema = std::make_shared<grpc::Schema>();
    grpc::Services services;
};

}  // namespace

TEST_CASE("the server and its services serve; others are not known") {
    House house;
    const char* const check = "/grpc.health.v1.Health/Check";
    for (const char* name : {"", "inference.GRPCInferenceService"}) {
        const auto call = house.Ask(check, {Field(1, name)});
        REQUIRE(call->written.size() == 1);
        CHECK(call->written[0] == std::string("\x08\x01"));
    }
    CHECK(house.Ask(check, {Field(1, "a.B")})->status->code == net::RpcCode::kNotFound);
}

TEST_CASE("reflection lists services, and hands out the files that define them") {
    House house;
    const auto call = house.Ask("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
                                {Field(7, ""), Field(4, "inference.GRPCInferenceService"),
                                 Field(3, "nothing.proto"), "\x0a"});
    REQUIRE(call->written.size() == 4);
    CHECK(call->written[0].find("inference.GRPCInferenceService") != std::string::npos);
    CHECK(call->written[0].find("grpc.health.v1.Health") != std::string::npos);
    CHECK(call->written[1].find(house.schema->FileNamed("kserve.proto")) != std::string::npos);
    CHECK(call->written[2].find("there is no file nothing.proto") != std::string::npos);
    CHECK(call->written[3].find("there is no question") != std::string::npos);
    REQUIRE(call->status);
    CHECK(call->status->code == net::RpcCode::kOk);
}
