#include "access/request_context.h"

#include <span>
#include <string>
#include <utility>

namespace gyre::access {
namespace {

using MemberKey = std::pair<const char*, const char*>;

constexpr MemberKey kS3Keys[] = {{"Prefix", "s3:prefix"},
                                 {"Delimiter", "s3:delimiter"},
                                 {"MaxKeys", "s3:max-keys"},
                                 {"VersionId", "s3:versionid"},
                                 {"LocationConstraint", "s3:locationconstraint"}};

constexpr MemberKey kIamKeys[] = {{"PolicyArn", "iam:PolicyARN"},
                                  {"PermissionsBoundary", "iam:PermissionsBoundary"}};

constexpr MemberKey kCloudWatchKeys[] = {{"Namespace", "cloudwatch:namespace"}};

// Headers that are condition keys by their own names ("s3:x-amz-acl").
constexpr const char* kS3Headers[] = {"x-amz-acl",
                                      "x-amz-storage-class",
                                      "x-amz-copy-source",
                                      "x-amz-metadata-directive",
                                      "x-amz-grant-read",
                                      "x-amz-grant-write",
                                      "x-amz-grant-read-acp",
                                      "x-amz-grant-write-acp",
                                      "x-amz-grant-full-control",
                                      "x-amz-server-side-encryption",
                                      "x-amz-content-sha256",
                                      "x-amz-website-redirect-location"};

void AddMembers(std::span<const MemberKey> keys, const core::Json& input,
                ConditionContext& context) {
    for (const auto& [member, key] : keys) {
        if (const auto text = core::JsonString(input, member)) {
            context.emplace_back(key, *text);
        } else if (const auto number = core::JsonInt(input, member)) {
            context.emplace_back(key, std::to_string(*number));
        }
    }
}

/// The tags that the request would set or take off: a list of Key and Value, or a map; TagKeys.
void AddTags(const core::Json& input, ConditionContext& context) {
    const auto add = [&](std::string_view key, std::string_view value) {
        context.emplace_back("aws:RequestTag/" + std::string(key), value);
        context.emplace_back("aws:TagKeys", key);
    };
    for (const char* member : {"Tags", "tags"}) {
        const core::Json* tags = core::JsonFind(input, member);
        if (tags && tags->is_array()) {
            for (const core::Json& tag : tags->as_array()) {
                const auto key = core::JsonString(tag, "Key");
                if (key) add(*key, core::JsonString(tag, "Value").value_or(""));
            }
        } else if (tags && tags->is_object()) {
            for (const auto& [key, value] : tags->as_object()) {
                if (value.is_string()) add(key, value.as_string());
            }
        }
    }
    for (const char* member : {"TagKeys", "tagKeys"}) {
        const core::Json* keys = core::JsonFind(input, member);
        if (!keys || !keys->is_array()) continue;
        for (const core::Json& key : keys->as_array()) {
            if (key.is_string()) context.emplace_back("aws:TagKeys", key.as_string());
        }
    }
}

/// S3's object tags come as a query in a header, or as a document: which of them counts, the input
/// says.
void AddObjectTags(const core::Json& input, ConditionContext& context) {
    const auto add = [&](std::string_view key, std::string_view value) {
        context.emplace_back("s3:RequestObjectTag/" + std::string(key), value);
        context.emplace_back("s3:RequestObjectTagKeys", key);
    };
    // A copy keeps its source's.
    const bool copies = core::JsonFind(input, "CopySource") != nullptr;
    if (copies && core::JsonString(input, "TaggingDirective") != "REPLACE") return;
    if (const auto text = core::JsonString(input, "Tagging")) {
        const auto tags = net::ParseQuery(*text);
        if (!tags) return;
        for (const auto& [key, value] : *tags) add(key, value);
    }
    const core::Json* tagging = core::JsonFind(input, "Tagging");
    const core::Json* tags = tagging ? core::JsonFind(*tagging, "TagSet") : nullptr;
    // A bucket's are none of these.
    if (!tags || !tags->is_array() || !core::JsonFind(input, "Key")) return;
    for (const core::Json& tag : tags->as_array()) {
        add(core::JsonString(tag, "Key").value_or(""), core::JsonString(tag, "Value").value_or(""));
    }
}

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
    if (call.service == "s3") {
        AddMembers(kS3Keys, input, context);
        for (const char* header : kS3Headers) {
            if (const auto value = head.headers.Find(header)) {
                context.emplace_back(std::string("s3:") + header, *value);
            }
        }
        AddObjectTags(input, context);
        return context;
    }
    AddTags(input, context);
    if (call.service == "iam") AddMembers(kIamKeys, input, context);
    if (call.service == "cloudwatch") AddMembers(kCloudWatchKeys, input, context);
    return context;
}

}  // namespace gyre::access
