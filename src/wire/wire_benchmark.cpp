#include <benchmark/benchmark.h>

#include "wire/protocol.h"

namespace {

using namespace gyre;

void RouteAndParseInvokeEndpoint(benchmark::State& state) {
    net::RequestHead head;
    head.method = "POST";
    head.path = "/endpoints/my-endpoint/invocations";
    for (const char* name : {"Host", "Content-Type", "Authorization", "X-Amz-Date", "User-Agent",
                             "Content-Length", "amz-sdk-invocation-id"}) {
        head.headers.Add(name, "application/json");
    }
    const std::string body(200, 'x');
    for (auto unused : state) {
        const wire::Service* service = wire::FindService(head, "sagemaker");
        const auto route = wire::RouteRequest(*service, head, "");
        benchmark::DoNotOptimize(wire::ParseInput(*route, head, body));
    }
}
BENCHMARK(RouteAndParseInvokeEndpoint);

}  // namespace
