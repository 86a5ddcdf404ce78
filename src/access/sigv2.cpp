#include "access/sigv2.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "access/detail/text.h"
#include "core/ascii.h"
#include "wire/protocol.h"

namespace gyre::access {
namespace {

/// The query members that are part of the resource, sorted.
constexpr std::string_view kSubResources[] = {
    "accelerate",
    "acl",
    "analytics",
    "cors",
    "defaultObjectAcl",
    "delete",
    "inventory",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "partNumber",
    "policy",
    "replication",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "select",
    "select-type",
    "storageClass",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
};

}  // namespace

std::string StringToSignV2(const net::RequestHead& head) {
    std::string md5(head.headers.Get("content-md5"));
    std::string type(head.headers.Get("content-type"));
    std::string expires;
    std::map<std::string, std::string> amz;
    std::map<std::string, std::string> sub_resources;
    for (const auto& [name, value] : head.headers) {
        if (!detail::StartsWithIgnoreCase(name, "x-amz-")) continue;
        std::string& joined = amz[core::AsciiLower(name)];
        if (!joined.empty()) joined += ',';
        joined += detail::Trim(value);
    }
    detail::ForEachPiece(head.query, '&', [&](std::string_view pair) {
        const size_t equals = std::min(pair.find('='), pair.size());
        const std::string_view name = pair.substr(0, equals);
        const bool has_value = equals < pair.size();
        const std::string value =
            has_value ? detail::LenientDecode(pair.substr(equals + 1), true) : std::string();
        // A URL cannot carry headers, so signers put these in the query.
        if (name == "Expires") {
            expires = value;
        } else if (name == "content-md5") {
            md5 = value;
        } else if (name == "content-type") {
            type = value;
        } else if (detail::StartsWithIgnoreCase(name, "x-amz-")) {
            amz[core::AsciiLower(name)] = value;
        } else if (std::binary_search(std::begin(kSubResources), std::end(kSubResources), name)) {
            sub_resources[std::string(name)] = has_value ? "=" + value : "";
        }
    });

    std::string text = head.method;
    for (const std::string& line : {md5, type, expires}) text.append(1, '\n').append(line);
    text += '\n';
    for (const auto& [name, value] : amz) {
        text.append(name).append(1, ':').append(value).append(1, '\n');
    }
    // The bucket is part of the resource, wherever it is named.
    if (const auto bucket = wire::BucketOfHost(head); !bucket.empty()) {
        text.append(1, '/').append(bucket);
    }
    text += head.path;
    char separator = '?';
    for (const auto& [name, value] : sub_resources) {
        text.append(1, separator).append(name).append(value);
        separator = '&';
    }
    return text;
}

}  // namespace gyre::access
