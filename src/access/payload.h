#pragma once

#include <string>
#include <string_view>

#include "core/digest.h"
#include "core/result.h"

namespace gyre::access {

/// What x-amz-content-sha256 says of the body.
enum class PayloadKind {
    kAbsent,               ///< no header: the signature covers the body's hash
    kHash,                 ///< the header is the body's hash
    kUnsigned,             ///< UNSIGNED-PAYLOAD
    kUnsignedTrailer,      ///< STREAMING-UNSIGNED-PAYLOAD-TRAILER
    kSignedChunks,         ///< STREAMING-AWS4-HMAC-SHA256-PAYLOAD
    kSignedChunksTrailer,  ///< STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER
};

/// Errors: kInvalidArgument for anything else, kUnimplemented for SigV4a's markers.
[[nodiscard]] core::Result<PayloadKind> PayloadKindOf(std::string_view header);
/// True where the body is framed as aws-chunked.
[[nodiscard]] bool IsChunked(PayloadKind kind);

/// Lower-case hex.
[[nodiscard]] std::string PayloadHash(std::string_view body);

}  // namespace gyre::access
