#pragma once

#include <optional>
#include <string>

#include "access/auth_errors.h"
#include "core/clock.h"
#include "core/result.h"
#include "net/http_message.h"

namespace gyre::access {

/// What a request says about its own signature; nothing of it is proven yet.
struct SignatureClaim {
    enum class Kind {
        kHeaderV4,  ///< Authorization: AWS4-HMAC-SHA256 …
        kQueryV4,   ///< X-Amz-Algorithm=AWS4-HMAC-SHA256&… : a presigned URL
        kQueryV2,   ///< AWSAccessKeyId=…&Signature=…&Expires=… : boto3's default presigned S3 URL
    };
    Kind kind = Kind::kHeaderV4;
    std::string access_key_id;
    std::string date;            ///< of the scope: "20261124"
    std::string region;          ///< of the scope
    std::string service;         ///< of the scope: the signing name, "sagemaker"
    std::string signed_headers;  ///< "host;x-amz-date"
    std::string signature;       ///< hex; base64 for version 2
    std::string timestamp;       ///< "20261124T120000Z"
    std::string session_token;   ///< "" when none was sent
    core::WallTime signed_at{};
    std::optional<core::WallTime> url_expires;  ///< presigned URLs only

    /// "20261124/us-east-1/s3/aws4_request"
    [[nodiscard]] std::string Scope() const;
};

/// Reads the signature out of headers or query; nullopt for an anonymous request. Errors: the
/// family's "malformed" ones, and "unsupported" for other schemes.
[[nodiscard]] core::Result<std::optional<SignatureClaim>> ReadClaim(const net::RequestHead& head,
                                                                    ErrorStyle style);

/// "20261124T120000Z" as a time; nullopt for anything else.
[[nodiscard]] std::optional<core::WallTime> ParseBasicTime(std::string_view text);
/// As above, or "Tue, 24 Nov 2026 12:00:00 GMT".
[[nodiscard]] std::optional<core::WallTime> ParseHeaderTime(std::string_view text);

}  // namespace gyre::access
