#include "access/sigv4.h"

#include "access/canonical.h"
#include "access/detail/text.h"
#include "access/sigv2.h"
#include "core/ascii.h"

namespace gyre::access {
namespace {

constexpr std::string_view kMismatch =
    "The request signature we calculated does not match the signature you provided. Check your "
    "key and signing method.";

bool IsSigned(std::string_view signed_headers, std::string_view name) {
    bool found = false;
    detail::ForEachPiece(signed_headers, ';', [&](std::string_view piece) {
        found = found || net::EqualsIgnoreCase(piece, name);
    });
    return found;
}

core::Status CheckTime(const SignatureClaim& claim, core::WallTime now, ErrorStyle style) {
    if (claim.url_expires) {
        if (now > *claim.url_expires) {
            return core::Fail(RefusalError(style, Refusal::kUrlExpired, "Request has expired")
                                  .With("Expires", core::Iso8601(*claim.url_expires))
                                  .With("ServerTime", core::Iso8601(now)));
        }
        if (claim.signed_at > now + kMaxClockSkew) {
            return core::Fail(
                RefusalError(style, Refusal::kUrlExpired, "Request is not valid yet"));
        }
        return {};
    }
    if (claim.signed_at >= now - kMaxClockSkew && claim.signed_at <= now + kMaxClockSkew) return {};
    if (style == ErrorStyle::kS3) {
        return core::Fail(RefusalError(style, Refusal::kClockSkew,
                                       "The difference between the request time and the current "
                                       "time is too large.")
                              .With("RequestTime", claim.timestamp)
                              .With("ServerTime", core::Iso8601(now))
                              .With("MaxAllowedSkewMilliseconds", "900000"));
    }
    const std::string server = core::Iso8601Basic(now);
    // The words that SDKs look for when they correct their clock.
    return core::Fail(RefusalError(
        style, Refusal::kClockSkew,
        claim.signed_at < now
            ? "Signature expired: " + claim.timestamp + " is now earlier than " +
                  core::Iso8601Basic(now - kMaxClockSkew) + " (" + server + " - 15 min.)"
            : "Signature not yet current: " + claim.timestamp + " is still later than " +
                  core::Iso8601Basic(now + kMaxClockSkew) + " (" + server + " + 15 min.)"));
}

core::Status CheckSignedHeaders(const net::RequestHead& head, const SignatureClaim& claim,
                                ErrorStyle style) {
    std::string missing;
    const auto miss = [&](std::string_view name) {
        if (!missing.empty()) missing += ", ";
        missing += core::AsciiLower(name);
    };
    if (!IsSigned(claim.signed_headers, "host")) miss("host");
    for (const auto& [name, value] : head.headers) {
        if (detail::StartsWithIgnoreCase(name, "x-amz-") && !IsSigned(claim.signed_headers, name)) {
            miss(name);
        }
    }
    if (missing.empty()) return {};
    core::Error error = RefusalError(
        style, Refusal::kHeadersNotSigned,
        style == ErrorStyle::kS3
            ? "There were headers present in the request which were not signed"
            : "The signature must cover these headers, which it leaves out: " + missing);
    if (style == ErrorStyle::kS3) error.details.emplace("HeadersNotSigned", missing);
    return core::Fail(std::move(error));
}

core::Status CheckToken(const SignatureClaim& claim, const Credential& credential,
                        core::WallTime now, ErrorStyle style) {
    if (!core::ConstantTimeEquals(claim.session_token, credential.session_token)) {
        return core::Fail(RefusalError(
            style, Refusal::kBadToken,
            style == ErrorStyle::kS3 ? "The provided token is malformed or otherwise invalid."
                                     : "The security token included in the request is invalid."));
    }
    if (credential.expires && now >= *credential.expires) {
        return core::Fail(RefusalError(style, Refusal::kExpiredToken,
                                       style == ErrorStyle::kS3
                                           ? "The provided token has expired."
                                           : "The security token included in the request is "
                                             "expired"));
    }
    return {};
}

}  // namespace

core::Status CheckClaim(const net::RequestHead& head, const SignatureClaim& claim,
                        const Credential& credential, core::WallTime now, ErrorStyle style) {
    GYRE_TRY(CheckTime(claim, now, style));
    GYRE_TRY(CheckToken(claim, credential, now, style));
    if (claim.kind == SignatureClaim::Kind::kQueryV2) return {};
    return CheckSignedHeaders(head, claim, style);
}

std::string StringToSign(std::string_view timestamp, std::string_view scope,
                         std::string_view canonical_request) {
    std::string text;
    text.reserve(160);
    text.append("AWS4-HMAC-SHA256\n").append(timestamp).append(1, '\n');
    text.append(scope).append(1, '\n');
    text.append(core::HexEncode(core::Sha256(canonical_request)));
    return text;
}

core::Result<ChunkSeed> CheckSignature(const net::RequestHead& head, const SignatureClaim& claim,
                                       const Credential& credential, std::string_view payload_hash,
                                       SigningKeyCache& keys, ErrorStyle style) {
    ChunkSeed seed;
    seed.signature = claim.signature;
    std::string canonical;
    std::string to_sign;
    std::string expected;
    if (claim.kind == SignatureClaim::Kind::kQueryV2) {
        to_sign = StringToSignV2(head);
        expected = core::Base64Encode(core::HmacSha1(credential.secret, to_sign));
    } else {
        const bool in_query = claim.kind == SignatureClaim::Kind::kQueryV4;
        canonical = CanonicalRequest(head, PathRuleOf(claim.service), claim.signed_headers,
                                     payload_hash, in_query ? "X-Amz-Signature" : "");
        seed.timestamp = claim.timestamp;
        seed.scope = claim.Scope();
        seed.signing_key = keys.Get(claim.access_key_id, credential.secret, claim.date,
                                    claim.region, claim.service);
        to_sign = StringToSign(claim.timestamp, seed.scope, canonical);
        expected = core::HexEncode(core::HmacSha256(AsText(seed.signing_key), to_sign));
    }
    if (core::ConstantTimeEquals(expected, claim.signature)) return seed;

    if (style == ErrorStyle::kS3) {
        core::Error error = RefusalError(style, Refusal::kBadSignature, std::string(kMismatch))
                                .With("AWSAccessKeyId", claim.access_key_id)
                                .With("StringToSign", std::move(to_sign))
                                .With("SignatureProvided", claim.signature);
        if (!canonical.empty()) error.details.emplace("CanonicalRequest", std::move(canonical));
        return core::Fail(std::move(error));
    }
    // The other services say it in the message, where SDKs show it to their user.
    return core::Fail(RefusalError(style, Refusal::kBadSignature,
                                   "The request signature we calculated does not match the "
                                   "signature you provided. Check your AWS Secret Access Key and "
                                   "signing method. Consult the service documentation for "
                                   "details.\n\nThe Canonical String for this request should have "
                                   "been\n'" +
                                       canonical +
                                       "'\n\nThe String-to-Sign should have "
                                       "been\n'" +
                                       to_sign + "'\n"));
}

}  // namespace gyre::access
