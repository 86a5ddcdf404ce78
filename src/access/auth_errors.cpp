#include "access/auth_errors.h"

#include <array>
#include <utility>

namespace gyre::access {
namespace {

struct WireError {
    const char* name;
    int status;
};

struct Row {
    Refusal refusal;
    core::Code code;
    std::array<WireError, 4> by_style;  // kS3, kQuery, kJson, kRestJson
};

using core::Code;

// The names and statuses that AWS answers with, which SDKs match on.
constexpr Row kRows[] = {
    {Refusal::kAnonymous,
     Code::kUnauthenticated,
     {{{"AccessDenied", 403},
       {"MissingAuthenticationToken", 403},
       {"MissingAuthenticationTokenException", 400},
       {"MissingAuthenticationTokenException", 403}}}},
    {Refusal::kMalformed,
     Code::kUnauthenticated,
     {{{"AuthorizationHeaderMalformed", 400},
       {"IncompleteSignature", 400},
       {"IncompleteSignatureException", 400},
       {"IncompleteSignatureException", 403}}}},
    {Refusal::kUnsupported,
     Code::kUnauthenticated,
     {{{"InvalidRequest", 400},
       {"IncompleteSignature", 400},
       {"IncompleteSignatureException", 400},
       {"IncompleteSignatureException", 403}}}},
    {Refusal::kUnknownKey,
     Code::kUnauthenticated,
     {{{"InvalidAccessKeyId", 403},
       {"InvalidClientTokenId", 403},
       {"UnrecognizedClientException", 400},
       {"UnrecognizedClientException", 403}}}},
    {Refusal::kBadToken,
     Code::kUnauthenticated,
     {{{"InvalidToken", 400},
       {"InvalidClientTokenId", 403},
       {"UnrecognizedClientException", 400},
       {"UnrecognizedClientException", 403}}}},
    {Refusal::kExpiredToken,
     Code::kUnauthenticated,
     {{{"ExpiredToken", 400},
       {"ExpiredToken", 403},
       {"ExpiredTokenException", 400},
       {"ExpiredTokenException", 403}}}},
    {Refusal::kBadSignature,
     Code::kUnauthenticated,
     {{{"SignatureDoesNotMatch", 403},
       {"SignatureDoesNotMatch", 403},
       {"InvalidSignatureException", 400},
       {"InvalidSignatureException", 403}}}},
    {Refusal::kClockSkew,
     Code::kUnauthenticated,
     {{{"RequestTimeTooSkewed", 403},
       {"SignatureDoesNotMatch", 403},
       {"InvalidSignatureException", 400},
       {"InvalidSignatureException", 403}}}},
    {Refusal::kUrlExpired,
     Code::kUnauthenticated,
     {{{"AccessDenied", 403},
       {"SignatureDoesNotMatch", 403},
       {"InvalidSignatureException", 400},
       {"InvalidSignatureException", 403}}}},
    {Refusal::kHeadersNotSigned,
     Code::kUnauthenticated,
     {{{"AccessDenied", 403},
       {"SignatureDoesNotMatch", 403},
       {"InvalidSignatureException", 400},
       {"InvalidSignatureException", 403}}}},
    {Refusal::kBodyHash,
     Code::kInvalidArgument,
     {{{"XAmzContentSHA256Mismatch", 400},
       {"SignatureDoesNotMatch", 403},
       {"InvalidSignatureException", 400},
       {"InvalidSignatureException", 403}}}},
    {Refusal::kDenied,
     Code::kPermissionDenied,
     {{{"AccessDenied", 403},
       {"AccessDenied", 403},
       {"AccessDeniedException", 400},
       {"AccessDeniedException", 403}}}},
};

}  // namespace

core::Error RefusalError(ErrorStyle style, Refusal refusal, std::string message) {
    for (const Row& row : kRows) {
        if (row.refusal != refusal) continue;
        const WireError& wire = row.by_style[static_cast<size_t>(style)];
        core::Error error(row.code, wire.name, std::move(message));
        error.http_status = wire.status;
        return error;
    }
    core::CheckFailed("a refusal without a row", std::source_location::current());
}

}  // namespace gyre::access
