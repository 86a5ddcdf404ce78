#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace gyre::access {

/// The families in which AWS names the same refusal differently.
enum class ErrorStyle {
    kS3,        ///< rest-xml
    kQuery,     ///< STS, IAM
    kJson,      ///< json-1.0 and json-1.1: SageMaker, Logs
    kRestJson,  ///< SageMaker Runtime
};

/// Why a caller was not recognised or not let through.
enum class Refusal {
    kAnonymous,         ///< no signature at all
    kMalformed,         ///< the signature's parts cannot be read
    kUnsupported,       ///< a signature scheme that is not served
    kUnknownKey,        ///< no such access key
    kBadToken,          ///< the session token is not the key's
    kExpiredToken,      ///< the session has ended
    kBadSignature,      ///< computed another one
    kClockSkew,         ///< signed more than 15 minutes away from now
    kUrlExpired,        ///< a presigned URL outside its time
    kHeadersNotSigned,  ///< host or an x-amz-* header is outside the signature
    kBodyHash,          ///< the body is not the one that was signed
    kDenied,            ///< recognised, and not permitted
};

/// The error as a service of that family says it, with its HTTP status.
[[nodiscard]] core::Error RefusalError(ErrorStyle style, Refusal refusal, std::string message);

}  // namespace gyre::access
