#include "access/gate.h"

#include <doctest/doctest.h>

#include <thread>

#include "access/detail/fake_exchange.h"
#include "access/identity_actions.h"
#include "access/payload.h"
#include "access/sign.h"
#include "access/signature_claim.h"
#include "core/temp_dir.h"

using namespace gyre;
using namespace gyre::access;
using detail::FakeExchange;

namespace {

const core::WallTime kNow = *ParseBasicTime("20261124T120000Z");
constexpr const char* kTarget = "SageMaker.ListModels";

struct Request {
    std::string service = "sagemaker";
    std::string method = "POST";
    std::string target = "/";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string hash;  ///< signed in place of the body's
};

/// A gate before some actions of every kind, over an identity store.
struct Front {
    core::TempDir folder;
    core::FakeClock clock;
    core::MetricsRegistry metrics;
    core::WorkerPool pool{"gate-test", 2, 8};
    wire::ActionTable actions;
    std::unique_ptr<db::Database> database;
    std::unique_ptr<IdentityStore> store;
    core::Guarded<std::string> audited;
    std::unique_ptr<AuditLog> audit;
    std::string stored;  ///< what PutObject read
    bool full = false;   ///< there is no room for an InvokeEndpoint
    core::Status stream_end;
    SigningIdentity root{"ROOTKEY", "root-secret", "", "us-east-1", ""};
    net::Handler gate;

    Front() {
        clock.SetWall(kNow);
        audit = std::make_unique<AuditLog>(
            [this](std::string_view lines) { audited.Lock()->append(lines); }, clock);
        database = *db::Database::Open(folder.Path() / "gyre.db");
        store = *IdentityStore::Open(*database, clock,
                                     {"123456789012", "us-east-1", "ROOTKEY", "root-secret"});
        AddIdentityActions(actions, *store, audit.get());
        AddActions();
        GateOptions options;
        options.actions = &actions;
        options.credentials = store.get();
        options.authoriser = store.get();
        options.pool = &pool;
        options.clock = &clock;
        options.metrics = &metrics;
        options.audit = audit.get();
        options.public_paths["/ping"] = [](std::shared_ptr<net::Exchange> exchange) {
            exchange->Respond({200, {}, "pong"});
        };
        gate = MakeGate(std::move(options));
    }

    void AddActions() {
        wire::Action list;
        list.service = "sagemaker";
        list.operation = "ListModels";
        list.permission = "sagemaker:ListModels";
        list.document = [](const wire::CallContext& context, const core::Json&) {
            CHECK(context.request_id == "request-1");
            CHECK(context.region == "us-east-1");
            CHECK(FindContext(context.facts, "aws:SourceIp") == "127.0.0.1");
            return core::Result<core::Json>(core::JsonObject{{"Models", core::JsonArray{}}});
        };
        list.max_body = 1000;
        actions.Add(std::move(list));

        wire::Action invoke;
        invoke.service = "sagemaker-runtime";
        invoke.operation = "InvokeEndpoint";
        invoke.permission = "sagemaker:InvokeEndpoint";
        invoke.resource = [](const wire::CallContext&, const core::Json& input) {
            return "arn:aws:sagemaker:us-east-1:123456789012:endpoint/" +
                   core::JsonStringOr(input, "EndpointName", "?");
        };
        invoke.buffered = [](wire::BufferedCall call) {
            if (call.body == "fail") {
                return call.respond(core::Fail(core::Code::kUnavailable, "ModelError", "no"));
            }
            net::Response response;
            response.body = "echo:" + call.body + ":" + call.context.caller.arn;
            call.respond(std::move(response));
        };
        invoke.turn_away = [this](const wire::Arrival& arrival) -> std::optional<core::Error> {
            CHECK(arrival.path_members.at("EndpointName").is_string());
            if (!full || !arrival.may()) return std::nullopt;
            return core::Error(core::Code::kUnavailable, "ServiceUnavailable", "full");
        };
        actions.Add(std::move(invoke));

        wire::Action put;
        put.service = "s3";
        put.operation = "PutObject";
        put.permission = "s3:PutObject";
        put.stream = [this](wire::StreamCall& call) -> core::Status {
            auto text = net::ReadAll(call.body);
            if (!text) {
                stream_end = core::Fail(text.error());
                return core::Fail(text.error());
            }
            stored = std::move(*text);
            call.exchange.Respond({200, {}, "stored"});
            return {};
        };
        actions.Add(std::move(put));

        wire::Action get;
        get.service = "s3";
        get.operation = "GetObject";
        get.permission = "s3:GetObject";
        get.permission_of = [](const core::Json& input) {
            return core::JsonFind(input, "VersionId") ? "s3:GetObjectVersion" : "s3:GetObject";
        };
        get.resource = [](const wire::CallContext&, const core::Json& input) {
            return "arn:aws:s3:::" + core::JsonStringOr(input, "Bucket", "?") + "/" +
                   core::JsonStringOr(input, "Key", "?");
        };
        get.stream = [](wire::StreamCall& call) -> core::Status {
            call.exchange.Respond({200, {}, "object"});
            return {};
        };
        actions.Add(std::move(get));
    }

    static net::RequestHead HeadOf(const Request& request) {
        net::RequestHead head;
        head.method = request.method;
        head.target = request.target;
        const size_t question = request.target.find('?');
        head.path = request.target.substr(0, question);
        if (question != request.target.npos) head.query = request.target.substr(question + 1);
        head.headers.Add("Host", "localhost:8080");
        for (const auto& [name, value] : request.headers) head.headers.Add(name, value);
        return head;
    }

    std::shared_ptr<FakeExchange> Begin(net::RequestHead head, std::string body) {
        auto exchange = std::make_shared<FakeExchange>(std::move(head), std::move(body));
        gate(exchange);
        return exchange;
    }
    net::RequestHead Sign(const Request& request, SigningIdentity identity,
                          core::WallTime when = kNow) {
        net::RequestHead head = HeadOf(request);
        identity.service = request.service;
        SignHead(head, request.hash.empty() ? PayloadHash(request.body) : request.hash, identity,
                 when);
        return head;
    }
    net::Response Send(const Request& request) { return Send(request, root); }
    net::Response Send(const Request& request, const SigningIdentity& identity) {
        return Begin(Sign(request, identity), request.body)->Answer();
    }
    SigningIdentity UserKey(const std::string& name, const std::string& policy) {
        Principal user;
        user.name = name;
        REQUIRE(store->Create(user));
        if (!policy.empty()) {
            REQUIRE(store->PutPolicy(PrincipalKind::kUser, name, "p", policy));
        }
        const auto key = store->CreateKey(name);
        REQUIRE(key);
        return {key->id, key->secret, "", "us-east-1", ""};
    }
    std::string Audited() {
        audit->Flush();
        return *audited.Lock();
    }
};

const Request kList{"sagemaker",
                    "POST",
                    "/",
                    "{}",
                    {{"X-Amz-Target", kTarget}, {"Content-Type", "application/x-amz-json-1.1"}},
                    ""};
const Request kInvoke{
    "sagemaker", "POST", "/endpoints/e/invocations", "abc", {{"Content-Type", "text/csv"}}, ""};
const Request kPut{"s3", "PUT", "/b/key", "hello", {}, ""};
const Request kIdentity{"sts",
                        "POST",
                        "/",
                        "Action=GetCallerIdentity&Version=2011-06-15",
                        {{"Content-Type", "application/x-www-form-urlencoded"}},
                        ""};

bool Holds(const std::string& text, const std::string& part) {
    return text.find(part) != text.npos;
}

}  // namespace

TEST_CASE("signed requests of every kind of action reach it") {
    Front front;
    const auto list = front.Send(kList);
    CHECK(list.status == 200);
    CHECK(Holds(list.body, "Models"));
    CHECK(list.headers.Get("x-amzn-requestid") == "request-1");
    const auto invoke = front.Send(kInvoke);
    CHECK(invoke.status == 200);
    CHECK(invoke.body == "echo:abc:arn:aws:iam::123456789012:root");
    CHECK(front.Send(kPut).status == 200);
    CHECK(front.stored == "hello");
    const auto identity = front.Send(kIdentity);
    CHECK(identity.status == 200);
    CHECK(Holds(identity.body, "arn:aws:iam::123456789012:root"));
    const auto get = front.Send({"s3", "GET", "/b/key", "", {}, ""});
    CHECK(get.body == "object");
    CHECK(get.headers.Get("x-amz-request-id") == "request-1");

    const std::string text = front.metrics.PrometheusText();
    for (const char* operation : {"ListModels", "InvokeEndpoint", "PutObject", "GetObject"}) {
        CHECK(Holds(text, "operation=\"" + std::string(operation) + "\""));
    }
    CHECK(Holds(text, "gyre_authorise_seconds_count 5"));
}

TEST_CASE("tags of a resource are not looked for on the io thread") {
    struct TagsElsewhere final : ResourcePolicies {
        std::shared_ptr<const Policy> PolicyOf(std::string_view) const override { return nullptr; }
        std::vector<std::pair<std::string, std::string>> TagsOf(std::string_view) const override {
            *asked_on.Lock() = std::this_thread::get_id();
            return {{"team", "vision"}};
        }
        core::Guarded<std::thread::id> asked_on;
    } tags;
    Front front;
    front.store->SetResourcePolicies("sagemaker", tags);
    const std::string allow =
        R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*")";
    const auto tagged = front.UserKey(
        "ann", allow + R"(,"Condition":{"StringEquals":{"aws:ResourceTag/team":"vision"}}}})");
    CHECK(front.Send(kInvoke, tagged).body == "echo:abc:arn:aws:iam::123456789012:user/ann");
    const auto asked_on = *tags.asked_on.Lock();
    CHECK(asked_on != std::thread::id());
    CHECK(asked_on != std::this_thread::get_id());
    // Who needs none is answered within the call.
    const auto plain = front.UserKey("bob", allow + "}}");
    const auto exchange = front.Begin(front.Sign(kInvoke, plain), kInvoke.body);
    CHECK(exchange->Answered());
}

TEST_CASE("an open path needs no signature, and everything else does") {
    Front front;
    CHECK(front.Begin(Front::HeadOf({"", "GET", "/ping", "", {}, ""}), "")->Answer().body ==
          "pong");
    for (const Request& request : {kList, kInvoke, kPut, kIdentity}) {
        CAPTURE(request.service);
        auto exchange = front.Begin(Front::HeadOf(request), request.body);
        const auto answer = exchange->Answer();
        CHECK((answer.status == 403 || answer.status == 400));
        CHECK_FALSE(exchange->BodyRead());
    }
    CHECK(front.stored.empty());
    CHECK(Holds(front.Audited(), "\"outcome\":\"refused\""));
}

TEST_CASE("a signature that is wrong in any way is refused") {
    Front front;
    struct Row {
        const char* what;
        const char* expected;
        SigningIdentity identity;
        core::WallTime when = kNow;
        bool before_body = true;
    };
    const SigningIdentity wrong_key{"NOBODY", "root-secret", "", "us-east-1", ""};
    const SigningIdentity wrong_secret{"ROOTKEY", "guessed", "", "us-east-1", ""};
    const SigningIdentity with_token{"ROOTKEY", "root-secret", "token", "us-east-1", ""};
    const Row rows[] = {
        {"unknown key", "UnrecognizedClientException", wrong_key},
        {"a token that is not the key's", "UnrecognizedClientException", with_token},
        {"wrong secret", "InvalidSignatureException", wrong_secret, kNow, false},
        {"too old", "Signature expired", front.root, kNow - core::seconds(901)},
        {"too new", "Signature not yet current", front.root, kNow + core::seconds(901)},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        auto exchange = front.Begin(front.Sign(kList, row.identity, row.when), kList.body);
        const auto answer = exchange->Answer();
        CHECK(answer.status == 400);
        CHECK(Holds(answer.body, row.expected));
        CHECK(exchange->BodyRead() != row.before_body);
    }
    for (const core::WallTime when : {kNow - core::seconds(899), kNow + core::seconds(899)}) {
        CHECK(front.Begin(front.Sign(kList, front.root, when), kList.body)->Answer().status == 200);
    }
    // S3 names its hash in the head, so nothing of the body is asked for.
    auto put = front.Begin(front.Sign(kPut, wrong_secret), kPut.body);
    CHECK(put->Answer().status == 403);
    CHECK_FALSE(put->BodyRead());
}

TEST_CASE("a body that is not the signed one is refused") {
    Front front;
    for (const Request& request : {kList, kInvoke, kIdentity}) {
        CAPTURE(request.service);
        const auto answer =
            front.Begin(front.Sign(request, front.root), request.body + " ")->Answer();
        CHECK(answer.status >= 400);
        CHECK(Holds(answer.body, "ignature"));
    }
    const auto put = front.Begin(front.Sign(kPut, front.root), "hullo")->Answer();
    CHECK(put.status == 400);
    CHECK(Holds(put.body, "XAmzContentSHA256Mismatch"));
    CHECK(front.stored.empty());
}

TEST_CASE("a signature for one service opens no other") {
    Front front;
    Request request = kPut;
    request.service = "sagemaker";
    CHECK(front.Send(request).status >= 400);
    request = kIdentity;
    request.service = "nothing";
    CHECK(front.Send(request).status >= 400);
    CHECK(front.stored.empty());
}

TEST_CASE("what the caller's policies do not allow is refused and written down") {
    Front front;
    const auto ann = front.UserKey("ann", R"({"Version":"2012-10-17","Statement":[
        {"Sid":"Local","Effect":"Allow","Action":"sagemaker:InvokeEndpoint",
         "Resource":"arn:aws:sagemaker:us-east-1:123456789012:endpoint/e",
         "Condition":{"IpAddress":{"aws:SourceIp":"127.0.0.1"}}},
        {"Sid":"NoKey","Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::b/key"}]})");
    CHECK(front.Send(kInvoke, ann).status == 200);
    Request other = kInvoke;
    other.target = "/endpoints/f/invocations";
    const auto refused = front.Send(other, ann);
    CHECK(refused.status == 403);
    CHECK(Holds(refused.body,
                "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: "
                "sagemaker:InvokeEndpoint on resource: "
                "arn:aws:sagemaker:us-east-1:123456789012:endpoint/f because no identity-based "
                "policy allows the sagemaker:InvokeEndpoint action"));
    CHECK(front.Send(kList, ann).status == 400);
    const auto get = front.Send({"s3", "GET", "/b/key", "", {}, ""}, ann);
    CHECK(get.status == 403);
    CHECK(Holds(get.body, "with an explicit deny in an identity-based policy"));
    CHECK(front.Send(kIdentity, ann).status == 200);

    const std::string audited = front.Audited();
    CHECK(Holds(audited, R"("outcome":"allowed","policy":"p","statement":"Local")"));
    CHECK(Holds(audited, R"("outcome":"implicitDeny")"));
    CHECK(Holds(audited, R"("outcome":"explicitDeny","policy":"p","statement":"NoKey")"));
    CHECK(Holds(audited, R"("outcome":"open")"));
    CHECK_FALSE(Holds(audited, ann.secret));
}

TEST_CASE("what there is no room for is turned away before its body comes") {
    Front front;
    const auto ann = front.UserKey("ann", R"({"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"sagemaker:InvokeEndpoint",
         "Resource":"arn:aws:sagemaker:us-east-1:123456789012:endpoint/e"}]})");
    const auto wrong = [&] {
        SigningIdentity forged = ann;
        forged.secret = "guessed";
        return front.Send(kInvoke, forged).status;
    };
    CHECK(front.Send(kInvoke, ann).status == 200);
    CHECK(wrong() == 403);
    CHECK_FALSE(Holds(front.Audited(), "unproven"));
    front.full = true;
    const auto busy = front.Begin(front.Sign(kInvoke, ann), kInvoke.body);
    CHECK(busy->Answer().status == 503);
    CHECK_FALSE(busy->BodyRead());
    CHECK(wrong() == 503);
    // Who may not is told that, in full.
    Request other = kInvoke;
    other.target = "/endpoints/f/invocations";
    CHECK(front.Send(other, ann).status == 403);
    SigningIdentity nobody = ann;
    nobody.access_key_id = "AKIANOBODY";
    CHECK(front.Send(kInvoke, nobody).status == 403);
    CHECK(Holds(front.Audited(), R"("reason":"unproven")"));
}

TEST_CASE("what a request names may need another permission") {
    Front front;
    const auto reader = front.UserKey(
        "reader", R"({"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}})");
    CHECK(front.Send({"s3", "GET", "/b/key", "", {}, ""}, reader).status == 200);
    const auto denied = front.Send({"s3", "GET", "/b/key?versionId=v", "", {}, ""}, reader);
    CHECK(denied.status == 403);
    CHECK(Holds(denied.body, "to perform: s3:GetObjectVersion on"));
    CHECK(Holds(front.Audited(), R"("action":"s3:GetObjectVersion")"));
}

TEST_CASE("a session of a role works with its token until it ends") {
    Front front;
    Principal role;
    role.kind = PrincipalKind::kRole;
    role.name = "Exec";
    role.trust_policy = R"({"Statement":{"Effect":"Allow","Action":"sts:AssumeRole",
        "Principal":{"AWS":"123456789012"}}})";
    role.policies["p"] =
        R"({"Statement":{"Effect":"Allow","Action":"sagemaker:*","Resource":"*"}})";
    REQUIRE(front.store->Create(role));
    Request assume = kIdentity;
    assume.body =
        "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2F"
        "Exec&RoleSessionName=job&DurationSeconds=900";
    const auto answer = front.Send(assume);
    REQUIRE(answer.status == 200);
    const auto field = [&](const std::string& name) {
        size_t at = answer.body.find(name) + name.size();
        at = answer.body.find_first_of(">:", at) + 1;
        if (answer.body[at] == '"') ++at;
        return answer.body.substr(at, answer.body.find_first_of("<\"", at) - at);
    };
    SigningIdentity session{field("AccessKeyId"), field("SecretAccessKey"), field("SessionToken"),
                            "us-east-1", ""};
    CHECK(front.Send(kInvoke, session).body ==
          "echo:abc:arn:aws:sts::123456789012:assumed-role/Exec/job");
    CHECK(front.Send({"s3", "GET", "/b/key", "", {}, ""}, session).status == 403);
    SigningIdentity tokenless = session;
    tokenless.session_token.clear();
    CHECK(front.Send(kInvoke, tokenless).status == 403);
    front.clock.SetWall(kNow + core::seconds(900));
    const auto ended = front.Begin(front.Sign(kInvoke, session, kNow + core::seconds(900)), "abc");
    CHECK(Holds(ended->Answer().body, "ExpiredTokenException"));
    CHECK(Holds(front.Audited(), R"("action":"sts:AssumeRole")"));
}

TEST_CASE("presigned URLs open one object for their time") {
    Front front;
    const Request get{"s3", "GET", "/b/key", "", {}, ""};
    SigningIdentity identity = front.root;
    identity.service = "s3";
    const std::string target =
        PresignTarget(Front::HeadOf(get), identity, kNow, core::seconds(600));
    const auto fetch = [&](const std::string& url, const std::string& method) {
        return front.Begin(Front::HeadOf({"s3", method, url, "", {}, ""}), "")->Answer().status;
    };
    CHECK(fetch(target, "GET") == 200);
    CHECK(fetch(target, "PUT") == 403);
    CHECK(fetch(target + "0", "GET") >= 400);
    std::string moved = target;
    moved.replace(0, 6, "/b/kex");
    CHECK(fetch(moved, "GET") == 403);
    front.clock.SetWall(kNow + core::seconds(601));
    CHECK(fetch(target, "GET") == 403);
}

TEST_CASE("chunked bodies are taken out of their frames and checked") {
    Front front;
    Request put = kPut;
    put.hash = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
    put.headers = {{"Content-Encoding", "aws-chunked"},
                   {"X-Amz-Decoded-Content-Length", "5"},
                   {"X-Amz-Trailer", "x-amz-checksum-crc32"}};
    put.body = "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n";
    CHECK(front.Send(put).status == 200);
    CHECK(front.stored == "hello");
    put.body.replace(0, 1, "6");
    CHECK(front.Send(put).status == 400);

    put.hash = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
    put.headers.pop_back();
    const std::string forged = std::string(64, '0');
    put.body =
        "5;chunk-signature=" + forged + "\r\nhello\r\n0;chunk-signature=" + forged + "\r\n\r\n";
    front.stored.clear();
    const auto answer = front.Send(put);
    CHECK(answer.status == 403);
    CHECK(Holds(answer.body, "SignatureDoesNotMatch"));
    CHECK(front.stored.empty());
}

TEST_CASE("what is not served, too large or too much") {
    Front front;
    Request request = kList;
    request.headers[0].second = "SageMaker.ListNotebookInstances";
    const auto unserved = front.Send(request);
    CHECK(unserved.status == 501);
    CHECK(Holds(unserved.body, "ListNotebookInstances"));

    request = kList;
    request.body = "{\"NameContains\":\"" + std::string(2000, 'x') + "\"}";
    const auto large = front.Send(request);
    CHECK(large.status == 413);
    CHECK(Holds(large.body, "1000 bytes"));

    request = kPut;
    net::RequestHead head = front.Sign(request, front.root);
    head.headers.Remove("x-amz-content-sha256");
    CHECK(front.Begin(head, request.body)->Answer().status == 400);

    request = kInvoke;
    request.body = "fail";
    CHECK(Holds(front.Send(request).body, "ModelError"));

    front.pool.Stop();
    const auto busy = front.Send(kList);
    CHECK(busy.status == 503);
    CHECK(Holds(busy.body, "Throttling"));
    CHECK(busy.headers.Get("retry-after") == "1");
    CHECK(Holds(front.Send(kPut).body, "SlowDown"));
    CHECK(front.Send(kInvoke).status == 200);
}

TEST_CASE("a bucket's policy may let in anybody, and keep out its owner's users") {
    struct Buckets final : ResourcePolicies {
        std::shared_ptr<const Policy> policy;
        [[nodiscard]] std::shared_ptr<const Policy> PolicyOf(std::string_view arn) const override {
            return arn.starts_with("arn:aws:s3:::open/") ? policy : nullptr;
        }
    };
    Buckets buckets;
    buckets.policy = std::make_shared<const Policy>(
        *Policy::Parse("bucket-policy", R"({"Version":"2012-10-17","Statement":[
            {"Sid":"Everyone","Effect":"Allow","Principal":"*","Action":"s3:GetObject",
             "Resource":"arn:aws:s3:::open/*",
             "Condition":{"IpAddress":{"aws:SourceIp":"127.0.0.0/8"}}},
            {"Sid":"Never","Effect":"Deny","Principal":"*","Action":"s3:GetObject",
             "Resource":"arn:aws:s3:::open/secret"}]})",
                       PolicyKind::kResource));
    Front front;
    front.store->SetResourcePolicies("s3", buckets);
    const auto get = [&](const std::string& path) {
        return front.Begin(Front::HeadOf({"", "GET", path, "", {}, ""}), "")->Answer();
    };
    CHECK(get("/open/key").body == "object");
    const auto refused = get("/open/secret");
    CHECK(refused.status == 403);
    CHECK(Holds(refused.body, "<Code>AccessDenied</Code><Message>Access Denied</Message>"));
    CHECK(get("/shut/key").status == 403);
    const auto put = front.Begin(Front::HeadOf({"", "PUT", "/open/key", "x", {}, ""}), "x");
    CHECK(put->Answer().status == 403);
    CHECK_FALSE(put->BodyRead());

    const auto ann = front.UserKey("ann", R"({"Statement":{"Effect":"Allow","Action":"s3:*",
                                              "Resource":"*"}})");
    CHECK(front.Send({"s3", "GET", "/open/key", "", {}, ""}, ann).status == 200);
    const auto denied = front.Send({"s3", "GET", "/open/secret", "", {}, ""}, ann);
    CHECK(denied.status == 403);
    CHECK(Holds(denied.body, "with an explicit deny in a resource-based policy"));
    // Who signs, but wrongly, is not let in as nobody.
    Request wrong{"s3", "GET", "/open/key", "", {}, ""};
    auto head = front.Sign(wrong, {ann.access_key_id, "guess", "", "us-east-1", ""});
    CHECK(front.Begin(std::move(head), "")->Answer().status == 403);
    CHECK(Holds(front.Audited(),
                R"("policy":"bucket-policy","statement":"Everyone","kind":"resource")"));
}
