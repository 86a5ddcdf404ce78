#pragma once

#include <string>
#include <string_view>

#include "core/clock.h"
#include "net/http_client.h"
#include "net/http_message.h"

namespace gyre::access {

/// Who signs, and for what.
struct SigningIdentity {
    std::string access_key_id;
    std::string secret;
    std::string session_token;  ///< "" when none
    std::string region = "us-east-1";
    std::string service;  ///< the signing name: "s3", "sagemaker"
};

/// Signs with AWS Signature Version 4 in headers: sets X-Amz-Date, X-Amz-Security-Token,
/// X-Amz-Content-Sha256 (S3) and Authorization over Host, Content-Type and every x-amz-* header.
/// The head must hold Host already. `payload_hash` is the hex SHA-256 of the body, or a marker such
/// as UNSIGNED-PAYLOAD.
void SignHead(net::RequestHead& head, std::string_view payload_hash,
              const SigningIdentity& identity, core::WallTime now);

/// As SignHead, for a request of net::HttpClient; sets Host where it is not set.
void SignRequest(net::ClientRequest& request, std::string_view host,
                 const SigningIdentity& identity, core::WallTime now);

/// The target (path and query) of a URL that carries its signature. `head` gives method, path,
/// query and Host.
[[nodiscard]] std::string PresignTarget(const net::RequestHead& head,
                                        const SigningIdentity& identity, core::WallTime now,
                                        core::seconds expires);

}  // namespace gyre::access
