#pragma once

#include <string>
#include <string_view>

#include "net/http_message.h"

namespace gyre::access {

/// How a service forms the canonical path (AWS Signature Version 4).
enum class PathRule {
    kS3,     ///< the path encoded once, as it is: "//", "." and ".." stay
    kOther,  ///< "//", "." and ".." resolved, and the encoded path encoded once more
};
[[nodiscard]] PathRule PathRuleOf(std::string_view signing_service);

[[nodiscard]] std::string CanonicalPath(std::string_view path, PathRule rule);

/// Pairs in the order of their encoded names and values, without the pair named `leave_out`.
[[nodiscard]] std::string CanonicalQuery(std::string_view query, std::string_view leave_out = {});

/// Values trimmed, inner runs of white space made one space, repeated fields joined by commas.
/// `signed_headers` is the lower-case list "host;x-amz-date".
[[nodiscard]] std::string CanonicalHeaders(const net::Headers& headers,
                                           std::string_view signed_headers);

/// The text whose hash is signed. `leave_out` as of CanonicalQuery.
[[nodiscard]] std::string CanonicalRequest(const net::RequestHead& head, PathRule rule,
                                           std::string_view signed_headers,
                                           std::string_view payload_hash,
                                           std::string_view leave_out = {});

}  // namespace gyre::access
