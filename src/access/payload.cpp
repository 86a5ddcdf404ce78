#include "access/payload.h"

namespace gyre::access {

core::Result<PayloadKind> PayloadKindOf(std::string_view header) {
    if (header.empty()) return PayloadKind::kAbsent;
    if (header == "UNSIGNED-PAYLOAD") return PayloadKind::kUnsigned;
    if (header == "STREAMING-UNSIGNED-PAYLOAD-TRAILER") return PayloadKind::kUnsignedTrailer;
    if (header == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD") return PayloadKind::kSignedChunks;
    if (header == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER") {
        return PayloadKind::kSignedChunksTrailer;
    }
    if (header.starts_with("STREAMING-AWS4-ECDSA")) {
        return core::Fail(core::Code::kUnimplemented, "NotImplemented",
                          "Signature Version 4A is not served; sign with AWS4-HMAC-SHA256.");
    }
    if (header.size() == 64 && header.find_first_not_of("0123456789abcdef") == header.npos) {
        return PayloadKind::kHash;
    }
    return core::Fail(core::Error(core::Code::kInvalidArgument, "InvalidArgument",
                                  "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, "
                                  "STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
                                  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, "
                                  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 "
                                  "value.")
                          .With("ArgumentName", "x-amz-content-sha256")
                          .With("ArgumentValue", std::string(header)));
}

bool IsChunked(PayloadKind kind) {
    return kind == PayloadKind::kUnsignedTrailer || kind == PayloadKind::kSignedChunks ||
           kind == PayloadKind::kSignedChunksTrailer;
}

std::string PayloadHash(std::string_view body) {
    return core::HexEncode(core::Sha256(body));
}

}  // namespace gyre::access
