#include "net/http_message.h"
#include "objects/names.h"
#include "objects/object_store.h"

namespace gyre::objects {
namespace {

using core::Code;

core::Result<S3Uri> Checked(std::string bucket, std::string key, std::string_view uri) {
    if (!CheckBucketName(bucket)) {
        return core::Fail(
            Code::kInvalidArgument,
            "'" + std::string(uri) + "' names no valid bucket: write s3://bucket/key");
    }
    return S3Uri{std::move(bucket), std::move(key)};
}

/// "bucket/key" as its two parts.
std::pair<std::string_view, std::string_view> Cut(std::string_view text) {
    const size_t slash = text.find('/');
    if (slash == std::string_view::npos) return {text, {}};
    return {text.substr(0, slash), text.substr(slash + 1)};
}

// Browsers and consoles show https://bucket.s3.region.amazonaws.com/key and
// https://s3.region.amazonaws.com/bucket/key.
core::Result<S3Uri> FromHttps(std::string_view rest, std::string_view uri) {
    rest = rest.substr(0, rest.find_first_of("?#"));
    const auto [host, path] = Cut(rest);
    const auto key = net::PercentDecode(path);
    constexpr std::string_view kDomain = ".amazonaws.com";
    if (!key || !host.ends_with(kDomain)) {
        return core::Fail(Code::kInvalidArgument,
                          "'" + std::string(uri) + "' is not an S3 address: write s3://bucket/key");
    }
    const std::string_view name = host.substr(0, host.size() - kDomain.size());
    if (name == "s3" || name.starts_with("s3.") || name.starts_with("s3-")) {
        const auto [bucket, rest_of_key] = Cut(*key);
        return Checked(std::string(bucket), std::string(rest_of_key), uri);
    }
    size_t mark = name.rfind(".s3.");
    if (mark == std::string_view::npos) mark = name.rfind(".s3-");
    if (mark == std::string_view::npos && name.ends_with(".s3")) mark = name.size() - 3;
    return Checked(std::string(name.substr(0, mark == std::string_view::npos ? 0 : mark)), *key,
                   uri);
}

}  // namespace

core::Result<S3Uri> S3Uri::Parse(std::string_view uri) {
    for (const std::string_view scheme : {"s3://", "s3a://", "s3n://"}) {
        if (!uri.starts_with(scheme)) continue;
        const auto [bucket, key] = Cut(uri.substr(scheme.size()));
        return Checked(std::string(bucket), std::string(key), uri);
    }
    if (uri.starts_with("https://")) return FromHttps(uri.substr(8), uri);
    return core::Fail(Code::kInvalidArgument,
                      "'" + std::string(uri) + "' is not an S3 address: write s3://bucket/key");
}

}  // namespace gyre::objects
