// Request bodies of every protocol, as the gate hands them on: JSON, forms, S3's XML. What is taken
// of JSON must be taken again, and the same, from what we write of it.
#include <array>
#include <cstdint>
#include <string_view>

#include "core/json.h"
#include "wire/protocol.h"

using namespace gyre;

namespace {

struct Kind {
    std::string_view signing_name, method, target, amz_target;
};

constexpr std::array<Kind, 12> kKinds{{
    {"sagemaker", "POST", "/", "SageMaker.CreateModel"},
    {"sagemaker", "POST", "/", "SageMaker.CreateEndpointConfig"},
    {"sagemaker", "POST", "/", "SageMaker.UpdateEndpoint"},
    {"sagemaker", "POST", "/", "SageMaker.ListEndpoints"},
    {"logs", "POST", "/", "Logs_20140328.FilterLogEvents"},
    {"logs", "POST", "/", "Logs_20140328.PutLogEvents"},
    {"iam", "POST", "/", ""},
    {"sts", "POST", "/", ""},
    {"s3", "PUT", "/bucket", ""},
    {"s3", "POST", "/bucket?delete", ""},
    {"s3", "POST", "/bucket/key?uploadId=u", ""},
    {"s3", "PUT", "/bucket?tagging", ""},
}};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) return 0;
    const Kind& kind = kKinds[data[0] % kKinds.size()];
    const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
    net::RequestHead head;
    head.method = kind.method;
    head.target = kind.target;
    head.path = kind.target.substr(0, kind.target.find('?'));
    if (head.path.size() < kind.target.size())
        head.query = kind.target.substr(head.path.size() + 1);
    head.headers.Add("Host", "127.0.0.1:8080");
    if (!kind.amz_target.empty()) head.headers.Add("X-Amz-Target", std::string(kind.amz_target));
    const wire::Service* const service = wire::FindService(head, kind.signing_name);
    const auto route = wire::RouteRequest(*service, head, body);
    if (!route) {
        (void)wire::WriteError(*service, route.error(), "id", head.path);
        return 0;
    }
    const auto input = wire::ParseInput(*route, head, body);
    if (!input) {
        (void)wire::WriteError(*service, input.error(), "id", head.path);
        return 0;
    }
    if (service->protocol != wire::Protocol::kJson11) return 0;
    const auto again = wire::ParseInput(*route, head, core::JsonText(*input));
    if (!again || *again != *input) __builtin_trap();
    return 0;
}
