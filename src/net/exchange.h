#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/result.h"
#include "net/http_message.h"

namespace gyre::net {

/// A body to be read piece by piece. Blocking: never on an io thread. One reader at a time.
class BodyReader {
  public:
    virtual ~BodyReader() = default;
    /// At least one byte, or 0 at the end. Errors: kInvalidArgument (malformed, too large),
    /// kCancelled (client gone), kDeadlineExceeded (client too slow).
    [[nodiscard]] virtual core::Result<size_t> Read(std::span<char> into) = 0;
    /// Bytes that Read will bring in all, where the head says so.
    [[nodiscard]] virtual std::optional<uint64_t> Length() const = 0;
};

/// A body to be written piece by piece. Blocking: never on an io thread.
class BodyWriter {
  public:
    virtual ~BodyWriter() = default;
    /// Returns when the piece was handed to the system. Errors: kCancelled (client gone),
    /// kDeadlineExceeded (client too slow).
    [[nodiscard]] virtual core::Status Write(std::string_view piece) = 0;
    /// Ends the body; without it the connection is cut, so that a client sees a broken answer.
    [[nodiscard]] virtual core::Status Finish() = 0;
};

/// One request and its answer. It may be kept and answered later from any thread; it is answered
/// exactly once, and one that is dropped unanswered is answered with 500.
///
/// A handler gets it on an io thread as soon as the head is read, and must not block there: it
/// either answers, calls ReadBody, or hands the exchange to a pool. "100 Continue" is sent by the
/// first read of the body, so a refusal before it is an early final answer.
class Exchange {
  public:
    virtual ~Exchange() = default;

    [[nodiscard]] virtual const RequestHead& Head() const = 0;

    /// Reads the whole body, at most `limit` bytes, without blocking; calls `done` on an io thread,
    /// inside this call when it is one and the body is there already. Errors as BodyReader's; too
    /// large is kResourceExhausted.
    virtual void ReadBody(size_t limit, std::function<void(core::Result<std::string>)> done) = 0;
    /// The body as a stream, for a pool thread. Valid as long as the exchange.
    [[nodiscard]] virtual BodyReader& Body() = 0;

    /// Answers with a whole body. Any thread. For HEAD requests the body is not sent and an
    /// explicit Content-Length header of the response is kept.
    virtual void Respond(Response response) = 0;
    /// Begins an answer whose body is streamed: chunked, or of `length` bytes.
    [[nodiscard]] virtual std::unique_ptr<BodyWriter> RespondStream(
        ResponseHead head, std::optional<uint64_t> length) = 0;
};

/// What a server calls for each request. Thread-safe; must not block.
using Handler = std::function<void(std::shared_ptr<Exchange>)>;

}  // namespace gyre::net
