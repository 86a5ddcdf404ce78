#include "access/detail/request_context.h"

#include <utility>

namespace gyre::access::detail {
namespace {

constexpr std::pair<const char*, const char*> kS3Keys[] = {
    {"Prefix", "s3:prefix"},
    {"Delimiter", "s3:delimiter"},
    {"MaxKeys", "s3:max-keys"},
    {"VersionId", "s3:versionid"},
    {"ACL", "s3:x-amz-acl"},
    {"StorageClass", "s3:x-amz-storage-class"},
    {"CopySource", "s3:x-amz-copy-source"},
    {"LocationConstraint", "s3:locationconstraint"}};

}  // namespace

ConditionContext RequestContext(const net::RequestHead& head, const wire::CallContext& call,
                                const core::Json& input, core::WallTime now) {
    ConditionContext context;
    context.reserve(8);
    if (!head.remote_address.empty()) context.emplace_back("aws:SourceIp", head.remote_address);
    context.emplace_back("aws:SecureTransport", head.secure ? "true" : "false");
    context.emplace_back("aws:CurrentTime", core::Iso8601(now));
    context.emplace_back(
        "aws:EpochTime",
        std::to_string(std::chrono::floor<core::seconds>(now).time_since_epoch().count()));
    context.emplace_back("aws:RequestedRegion", call.region);
    if (const auto agent = head.headers.Find("user-agent")) {
        context.emplace_back("aws:UserAgent", *agent);
    }
    if (const auto referer = head.headers.Find("referer")) {
        context.emplace_back("aws:Referer", *referer);
    }
    if (call.service != "s3") return context;
    for (const auto& [member, key] : kS3Keys) {
        if (const auto text = core::JsonString(input, member)) {
            context.emplace_back(key, *text);
        } else if (const auto number = core::JsonInt(input, member)) {
            context.emplace_back(key, std::to_string(*number));
        }
    }
    return context;
}

}  // namespace gyre::access::detail
