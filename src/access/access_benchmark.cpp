#include <benchmark/benchmark.h>

#include "access/detail/fake_exchange.h"
#include "access/gate.h"
#include "access/identity_store.h"
#include "access/payload.h"
#include "access/request_context.h"
#include "access/sign.h"
#include "access/sigv4.h"
#include "core/temp_dir.h"

// What authorising one InvokeEndpoint request costs: reading the claim, finding the key, checking
// time, headers and signature with the day's derived key at hand, the body's hash, and the
// policies.

namespace gyre::access {
namespace {

constexpr const char* kPolicy = R"({"Version":"2012-10-17","Statement":[
    {"Sid":"Read","Effect":"Allow","Action":["s3:Get*","s3:List*"],"Resource":"*"},
    {"Sid":"Own","Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username}/*"},
    {"Sid":"Invoke","Effect":"Allow","Action":"sagemaker:InvokeEndpoint",
     "Resource":"arn:aws:sagemaker:*:123456789012:endpoint/*",
     "Condition":{"IpAddress":{"aws:SourceIp":"127.0.0.0/8"}}},
    {"Sid":"Never","Effect":"Deny","Action":"iam:*","Resource":"*"}]})";

struct Fixture {
    core::TempDir folder;
    std::unique_ptr<db::Database> database;
    std::unique_ptr<IdentityStore> store;
    std::string key_id;
    std::string secret;
    net::RequestHead head;
    std::string body;
    SigningKeyCache keys;
    wire::CallContext call{"sagemaker-runtime", "InvokeEndpoint", "us-east-1", "id", {}};

    explicit Fixture(size_t body_size) : body(body_size, 'x') {
        database = *db::Database::Open(folder.Path() / "gyre.db");
        store = *IdentityStore::Open(*database, core::SystemClock(),
                                     {"123456789012", "us-east-1", "ROOT", "root"});
        Principal user;
        user.name = "ann";
        GYRE_CHECK(store->Create(user));
        GYRE_CHECK(store->PutPolicy(PrincipalKind::kUser, "ann", "p", kPolicy));
        const auto key = store->CreateKey("ann");
        key_id = key->id;
        secret = key->secret;
        head.method = "POST";
        head.path = head.target = "/endpoints/classifier/invocations";
        head.remote_address = "127.0.0.1";
        head.headers.Add("Host", "127.0.0.1:8080");
        head.headers.Add("User-Agent", "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux");
        head.headers.Add("Content-Type", "application/x-npy");
        head.headers.Add("Accept", "application/x-npy");
        head.headers.Add("amz-sdk-invocation-id", "1f1c1ac4-6e53-4d8e-8d0f-0d1b7f8f1d2a");
        head.headers.Add("amz-sdk-request", "attempt=1; max=3");
        SignHead(head, PayloadHash(body), {key_id, secret, "", "us-east-1", "sagemaker"},
                 core::SystemClock().WallNow());
    }

    bool CheckOnce() {
        const auto claim = ReadClaim(head, ErrorStyle::kRestJson);
        const auto credential = store->Find((*claim)->access_key_id);
        const auto now = core::SystemClock().WallNow();
        if (!CheckClaim(head, **claim, *credential, now, ErrorStyle::kRestJson)) return false;
        if (!CheckSignature(head, **claim, *credential, PayloadHash(body), keys,
                            ErrorStyle::kRestJson)) {
            return false;
        }
        return store
            ->Authorise(*credential, "sagemaker:InvokeEndpoint",
                        "arn:aws:sagemaker:us-east-1:123456789012:endpoint/classifier",
                        RequestContext(head, call, {}, now))
            .Allowed();
    }
};

void AuthoriseInvokeEndpoint(benchmark::State& state) {
    Fixture fixture(static_cast<size_t>(state.range(0)));
    for (auto step : state) GYRE_CHECK(fixture.CheckOnce());
}
BENCHMARK(AuthoriseInvokeEndpoint)
    ->Arg(0)
    ->Arg(1 << 10)
    ->Arg(100 << 10)
    ->Unit(benchmark::kMicrosecond);

void SignatureOnly(benchmark::State& state) {
    Fixture fixture(0);
    const std::string hash = PayloadHash(fixture.body);
    for (auto step : state) {
        const auto claim = ReadClaim(fixture.head, ErrorStyle::kRestJson);
        const auto credential = fixture.store->Find((*claim)->access_key_id);
        benchmark::DoNotOptimize(CheckSignature(fixture.head, **claim, *credential, hash,
                                                fixture.keys, ErrorStyle::kRestJson));
    }
}
BENCHMARK(SignatureOnly)->Unit(benchmark::kMicrosecond);

void PoliciesOnly(benchmark::State& state) {
    Fixture fixture(0);
    const auto credential = fixture.store->Find(fixture.key_id);
    for (auto step : state) {
        benchmark::DoNotOptimize(fixture.store->Authorise(
            *credential, "sagemaker:InvokeEndpoint",
            "arn:aws:sagemaker:us-east-1:123456789012:endpoint/classifier",
            RequestContext(fixture.head, fixture.call, {}, core::SystemClock().WallNow())));
    }
}
BENCHMARK(PoliciesOnly)->Unit(benchmark::kMicrosecond);

/// All of it: from the exchange to a handler that answers at once, and back.
void InvokeThroughGate(benchmark::State& state) {
    Fixture fixture(1 << 10);
    core::MetricsRegistry metrics;
    core::WorkerPool pool("bench", 1, 8);
    AuditLog audit([](std::string_view) {}, core::SystemClock());
    wire::ActionTable actions;
    wire::Action invoke;
    invoke.service = "sagemaker-runtime";
    invoke.operation = "InvokeEndpoint";
    invoke.permission = "sagemaker:InvokeEndpoint";
    invoke.resource = [](const wire::CallContext&, const core::Json& input) {
        return "arn:aws:sagemaker:us-east-1:123456789012:endpoint/" +
               core::JsonStringOr(input, "EndpointName");
    };
    invoke.buffered = [](wire::BufferedCall call) { call.respond(net::Response{}); };
    actions.Add(std::move(invoke));
    GateOptions options;
    options.actions = &actions;
    options.credentials = fixture.store.get();
    options.authoriser = fixture.store.get();
    options.pool = &pool;
    options.clock = &core::SystemClock();
    options.metrics = &metrics;
    options.audit = &audit;
    const net::Handler gate = MakeGate(std::move(options));
    for (auto step : state) {
        auto exchange = std::make_shared<detail::FakeExchange>(fixture.head, fixture.body);
        gate(exchange);
        GYRE_CHECK(exchange->Answer().status == 200);
    }
}
BENCHMARK(InvokeThroughGate)->Unit(benchmark::kMicrosecond);

void AuditRepeated(benchmark::State& state) {
    AuditLog log([](std::string_view) {}, core::SystemClock());
    for (auto step : state) {
        log.Record({.request_id = "1f1c1ac4-6e53-4d8e-8d0f-0d1b7f8f1d2a",
                    .source = "127.0.0.1",
                    .access_key_id = "AKIAIOSFODNN7EXAMPLE",
                    .caller = "arn:aws:iam::123456789012:user/ann",
                    .action = "sagemaker:InvokeEndpoint",
                    .resource = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/classifier",
                    .outcome = "allowed",
                    .policy = "p",
                    .statement = "Invoke",
                    .reason = {}});
    }
}
BENCHMARK(AuditRepeated)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace gyre::access
