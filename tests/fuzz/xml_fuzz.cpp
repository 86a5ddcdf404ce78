// S3's XML both ways: what a client puts as a bucket's setting, or as a batch, is read; and a
// setting that was read is written as the answer of its Get, and read the same again.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/json.h"
#include "wire/protocol.h"

using namespace gyre;

namespace {

struct Kind {
    std::string_view method, path, query;
    std::string_view member;  ///< of the input: the setting; "" where nothing gives it back
    std::string_view get;     ///< the operation whose answer has the setting's own members
};

constexpr std::array<Kind, 8> kKinds{{
    {"PUT", "/bucket", "tagging", "Tagging", "GetBucketTagging"},
    {"PUT", "/bucket", "cors", "CORSConfiguration", "GetBucketCors"},
    {"PUT", "/bucket", "versioning", "VersioningConfiguration", "GetBucketVersioning"},
    {"PUT", "/bucket", "notification", "NotificationConfiguration",
     "GetBucketNotificationConfiguration"},
    {"PUT", "/bucket", "ownershipControls", "", ""},
    {"PUT", "/bucket", "acl", "", ""},
    {"POST", "/bucket", "delete", "", ""},
    {"POST", "/bucket/key", "uploadId=u", "", ""},
}};

core::Result<core::Json> Read(const wire::Service& service, const Kind& kind,
                              std::string_view body) {
    net::RequestHead head;
    head.method = kind.method;
    head.target = std::string(kind.path) + "?" + std::string(kind.query);
    head.path = kind.path;
    head.query = kind.query;
    head.headers.Add("Host", "127.0.0.1:8080");
    const auto route = wire::RouteRequest(service, head, body);
    if (!route) __builtin_trap();
    return wire::ParseInput(*route, head, body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) return 0;
    const Kind& kind = kKinds[data[0] % kKinds.size()];
    const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
    net::RequestHead head;
    const wire::Service* const service = wire::FindService(head, "s3");
    const auto input = Read(*service, kind, body);
    if (!input) {
        (void)wire::WriteError(*service, input.error(), "id", kind.path);
        return 0;
    }
    const core::Json* const setting =
        kind.member.empty() ? nullptr : core::JsonFind(*input, kind.member);
    if (!setting || !setting->is_object()) return 0;
    const net::Response answer = wire::WriteOutput("s3", kind.get, *setting, "id");
    const auto again = Read(*service, kind, answer.body);
    if (!again) __builtin_trap();
    const core::Json* const kept = core::JsonFind(*again, kind.member);
    if (!kept || *kept != *setting) __builtin_trap();
    return 0;
}
