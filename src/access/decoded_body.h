#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "access/payload.h"
#include "access/sigv4.h"
#include "core/result.h"
#include "net/exchange.h"
#include "net/http_message.h"

namespace gyre::access {

/// A request's body with the signature's framing taken off and its hashes checked on the way. What
/// was read may still turn out to be false: only when Read has returned 0 is the body whole and as
/// it was signed, so nothing may be made visible before. Used by one thread at a time.
///
/// The `body` of a wire::StreamCall is one of these; a handler that wants the trailers asks
/// TrailersOf.
class DecodedBody : public net::BodyReader {
  public:
    /// The trailing headers ("x-amz-checksum-crc32"); empty until Read has returned 0.
    [[nodiscard]] virtual const net::Headers& Trailers() const = 0;
};

/// The trailers of a StreamCall's body; empty where it has none.
[[nodiscard]] const net::Headers& TrailersOf(const net::BodyReader& body);

/// A body that comes as it is. With an `expected_hash` ("" for none: lower-case hex SHA-256) the
/// read that reaches the end fails with S3's XAmzContentSHA256Mismatch when the hash is another.
[[nodiscard]] std::unique_ptr<DecodedBody> MakePlainBody(net::BodyReader& source,
                                                         std::string expected_hash);

struct ChunkedOptions {
    PayloadKind kind = PayloadKind::kUnsignedTrailer;
    /// x-amz-decoded-content-length.
    uint64_t decoded_length = 0;
    /// x-amz-trailer: the names that must come after the last chunk, joined by commas.
    std::string announced_trailers;
    ChunkSeed seed;  ///< for signed chunks
};

/// aws-chunked framing, unsigned or signed chunk by chunk. Errors of Read: kInvalidArgument for
/// broken framing, a length that is not the announced one or trailers that were not announced;
/// SignatureDoesNotMatch for a chunk or trailer whose signature is another.
[[nodiscard]] std::unique_ptr<DecodedBody> MakeChunkedBody(net::BodyReader& source,
                                                           ChunkedOptions options);

/// Chooses among these by the request's headers. Errors: a missing or broken
/// x-amz-decoded-content-length.
[[nodiscard]] core::Result<std::unique_ptr<DecodedBody>> DecodeBody(net::BodyReader& source,
                                                                    const net::RequestHead& head,
                                                                    PayloadKind kind,
                                                                    ChunkSeed seed);

}  // namespace gyre::access
