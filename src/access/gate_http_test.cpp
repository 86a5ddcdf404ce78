#include <doctest/doctest.h>

#include "access/gate.h"
#include "access/identity_store.h"
#include "access/payload.h"
#include "access/sign.h"
#include "core/temp_dir.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "net/string_body.h"

using namespace gyre;
using namespace gyre::access;

namespace {

/// The gate behind a real server, asked by a real client.
struct Served {
    core::TempDir folder;
    core::MetricsRegistry metrics;
    core::WorkerPool pool{"gate-http", 2, 16};
    wire::ActionTable actions;
    std::unique_ptr<db::Database> database;
    std::unique_ptr<IdentityStore> store;
    core::Guarded<std::string> stored;
    AuditLog audit{[](std::string_view) {}, core::SystemClock()};
    std::unique_ptr<net::HttpServer> server;
    std::unique_ptr<net::HttpClient> client;
    SigningIdentity identity{"ROOTKEY", "root-secret", "", "us-east-1", "s3"};

    Served() {
        database = *db::Database::Open(folder.Path() / "gyre.db");
        store = *IdentityStore::Open(*database, core::SystemClock(),
                                     {"123456789012", "us-east-1", "ROOTKEY", "root-secret"});
        wire::Action put;
        put.service = "s3";
        put.operation = "PutObject";
        put.permission = "s3:PutObject";
        put.stream = [this](wire::StreamCall& call) -> core::Status {
            GYRE_ASSIGN(auto text, net::ReadAll(call.body));
            *stored.Lock() = std::move(text);
            call.exchange.Respond({});
            return {};
        };
        actions.Add(std::move(put));
        wire::Action get;
        get.service = "s3";
        get.operation = "GetObject";
        get.permission = "s3:GetObject";
        get.stream = [this](wire::StreamCall& call) -> core::Status {
            const std::string text = *stored.Lock();
            const auto writer = call.exchange.RespondStream({}, text.size());
            GYRE_TRY(writer->Write(text));
            return writer->Finish();
        };
        actions.Add(get);
        get.operation = "HeadObject";
        actions.Add(std::move(get));
        wire::Action invoke;
        invoke.service = "sagemaker-runtime";
        invoke.operation = "InvokeEndpoint";
        invoke.permission = "sagemaker:InvokeEndpoint";
        invoke.buffered = [](wire::BufferedCall call) {
            net::Response response;
            response.body = std::to_string(call.body.size());
            call.respond(std::move(response));
        };
        invoke.max_body = 100'000;
        actions.Add(std::move(invoke));

        GateOptions options;
        options.actions = &actions;
        options.credentials = store.get();
        options.authoriser = store.get();
        options.pool = &pool;
        options.clock = &core::SystemClock();
        options.metrics = &metrics;
        options.audit = &audit;
        server = *net::HttpServer::Start({}, MakeGate(std::move(options)));
        client = std::make_unique<net::HttpClient>(server->Address());
    }
    ~Served() { server->Stop(core::milliseconds(1000)); }

    net::Response Send(const net::ClientRequest& request) {
        auto response = client->Send(request, core::seconds(10));
        if (!response) return {0, {}, response.error().ToString()};
        return std::move(*response);
    }
    net::Response Signed(net::ClientRequest request, const std::string& service = "s3") {
        identity.service = service;
        SignRequest(request, server->Address(), identity, core::SystemClock().WallNow());
        return Send(request);
    }
};

net::ClientRequest Make(const std::string& method, const std::string& target,
                        std::string body = "") {
    net::ClientRequest request;
    request.method = method;
    request.target = target;
    request.body = std::move(body);
    return request;
}

}  // namespace

TEST_CASE("uploads and downloads through a socket") {
    Served served;
    const std::string body(300'000, 'x');
    CHECK(served.Signed(Make("PUT", "/b/a%20key", body)).status == 200);
    CHECK(served.stored.Lock()->size() == body.size());
    const auto got = served.Signed(Make("GET", "/b/a%20key"));
    CHECK(got.status == 200);
    CHECK(got.body == body);
    CHECK(got.headers.Find("x-amz-request-id"));

    net::ClientRequest tampered = Make("PUT", "/b/key", "signed");
    SignRequest(tampered, served.server->Address(), served.identity, core::SystemClock().WallNow());
    tampered.body = "forged";
    const auto refused = served.Send(tampered);
    CHECK(refused.status == 400);
    CHECK(refused.body.find("<Code>XAmzContentSHA256Mismatch</Code>") != std::string::npos);
    CHECK(served.stored.Lock()->size() == body.size());
}

TEST_CASE("a presigned URL works in a plain client") {
    Served served;
    *served.stored.Lock() = "object";
    net::RequestHead head;
    head.method = "GET";
    head.path = head.target = "/b/key";
    head.headers.Add("Host", served.server->Address());
    const std::string url =
        PresignTarget(head, served.identity, core::SystemClock().WallNow(), core::seconds(60));
    net::ClientRequest request = Make("GET", url);
    request.headers.Add("Host", served.server->Address());
    CHECK(served.Send(request).body == "object");
    request.headers.Set("Host", "another:80");
    CHECK(served.Send(request).status == 403);
}

TEST_CASE("refusals come in the shape of the service that was asked") {
    Served served;
    const auto s3 = served.Send(Make("GET", "/b/key"));
    CHECK(s3.status == 403);
    CHECK(s3.body.find("<Code>AccessDenied</Code>") != std::string::npos);
    const auto head = served.Send(Make("HEAD", "/b/key"));
    CHECK(head.status == 403);
    CHECK(head.body.empty());
    net::ClientRequest list = Make("POST", "/", "{}");
    list.headers.Add("X-Amz-Target", "SageMaker.ListModels");
    list.headers.Add("Content-Type", "application/x-amz-json-1.1");
    const auto anonymous = served.Send(list);
    CHECK(anonymous.status == 400);
    CHECK(anonymous.body.find("MissingAuthenticationToken") != std::string::npos);
    const auto unserved = served.Signed(list, "sagemaker");
    CHECK(unserved.status == 501);
    CHECK(unserved.body.find("ListModels") != std::string::npos);
    const auto iam = served.Signed(Make("POST", "/", "Action=GetUser&Version=2010-05-08"), "iam");
    CHECK(iam.status == 501);
    CHECK(iam.body.find("GetUser") != std::string::npos);
}

TEST_CASE("invocations, and one that is too large") {
    Served served;
    CHECK(served.Signed(Make("POST", "/endpoints/e/invocations", "abc"), "sagemaker").body == "3");
    const auto large = served.Signed(
        Make("POST", "/endpoints/e/invocations", std::string(100'001, 'x')), "sagemaker");
    CHECK(large.status == 413);
    CHECK(large.body.find("100000 bytes") != std::string::npos);
    CHECK(served.Signed(Make("POST", "/endpoints/e/invocations", "abcd"), "sagemaker").body == "4");
}
