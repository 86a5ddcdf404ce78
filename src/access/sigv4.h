#pragma once

#include <string>
#include <string_view>

#include "access/auth_errors.h"
#include "access/identity.h"
#include "access/signature_claim.h"
#include "access/signing_key.h"
#include "core/clock.h"
#include "core/result.h"
#include "net/http_message.h"

namespace gyre::access {

inline constexpr core::seconds kMaxClockSkew{15 * 60};
inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";

/// The checks that need no hash and no body, so that a hopeless request is refused before its body
/// is read: the time, the session token and its expiry, and that Host and every x-amz-* header is
/// signed.
[[nodiscard]] core::Status CheckClaim(const net::RequestHead& head, const SignatureClaim& claim,
                                      const Credential& credential, core::WallTime now,
                                      ErrorStyle style);

/// What the signatures of a body's chunks go on from.
struct ChunkSeed {
    core::Sha256Bytes signing_key{};
    std::string signature;  ///< the request's own
    std::string timestamp;
    std::string scope;
};

/// Compares the claimed signature with the one that `credential` makes, in constant time.
/// `payload_hash` is the lower-case hex SHA-256 of the body, or the marker that the client signed
/// in its place. Errors: the family's "bad signature"; S3's carries StringToSign and
/// CanonicalRequest.
[[nodiscard]] core::Result<ChunkSeed> CheckSignature(const net::RequestHead& head,
                                                     const SignatureClaim& claim,
                                                     const Credential& credential,
                                                     std::string_view payload_hash,
                                                     SigningKeyCache& keys, ErrorStyle style);

/// "AWS4-HMAC-SHA256\n…": what the derived key signs.
[[nodiscard]] std::string StringToSign(std::string_view timestamp, std::string_view scope,
                                       std::string_view canonical_request);

}  // namespace gyre::access
