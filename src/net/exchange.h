#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/result.h"
#include "net/http_message.h"

namespace gyre::core {
class ReadableFile;
}

namespace gyre::net {

/// Bytes of an open file.
struct FileStretch {
    const core::ReadableFile* file = nullptr;
    uint64_t offset = 0;
    uint64_t length = 0;
};

/// A body to be read piece by piece. Blocking: never on an io thread. One reader at a time.
class BodyReader {
  public:
    virtual ~BodyReader() = default;
    /// At least one byte, or 0 at the end. Errors: kInvalidArgument (malformed, too large),
    /// kCancelled (client gone), kDeadlineExceeded (client too slow).
    [[nodiscard]] virtual core::Result<size_t> Read(std::span<char> into) = 0;
    /// Bytes that Read will bring in all, where the head says so.
    [[nodiscard]] virtual std::optional<uint64_t> Length() const = 0;
    /// What Read would bring next, at most `limit` bytes of it, where that lies in a file as it is:
    /// passed over, as if Read had brought it. None where it does not: then Read brings it. The
    /// file stays open until the reader's next call. Errors as Read's.
    [[nodiscard]] virtual core::Result<std::optional<FileStretch>> NextInFile(size_t limit) {
        static_cast<void>(limit);
        return std::nullopt;
    }
};

/// A body to be written piece by piece. Blocking: never on an io thread.
class BodyWriter {
  public:
    virtual ~BodyWriter() = default;
    /// Returns when the piece was handed to the system. Errors: kCancelled (client gone),
    /// kDeadlineExceeded (client too slow).
    [[nodiscard]] virtual core::Status Write(std::string_view piece) = 0;
    /// The same for bytes that lie in a file: without a copy through this process where the
    /// connection and the file can (sendfile(2)). Errors also: the file's; kDataLoss where it ends
    /// before.
    [[nodiscard]] virtual core::Status WriteFrom(const FileStretch& stretch);
    /// Ends the body; without it the connection is cut, so that a client sees a broken answer.
    [[nodiscard]] virtual core::Status Finish() = 0;
};

/// What a connection brings that has left HTTP (Exchange::Upgrade). Called on an io thread; must
/// not block.
class UpgradeSink {
  public:
    virtual ~UpgradeSink() = default;
    virtual void OnBytes(std::string_view bytes) = 0;
    /// Nothing came for as long as the upgrade's idle time; the connection goes on.
    virtual void OnIdle() = 0;
    /// The server stops: what is to be said is said now.
    virtual void OnStop() = 0;
    /// The connection is over. The last call.
    virtual void OnEnd() = 0;
};

/// The sending side of such a connection, and its end. Thread-safe.
class Upgraded {
  public:
    virtual ~Upgraded() = default;
    /// Returns when `bytes` are handed to the system. Not on an io thread, and one caller at a
    /// time. Errors as BodyWriter's.
    [[nodiscard]] virtual core::Status Write(std::string_view bytes) = 0;
    /// Queues them behind what is queued, and returns. Not while a Write is under way.
    virtual void WriteSoon(std::string bytes) = 0;
    /// No more OnBytes until Resume: what comes meanwhile waits in the system.
    virtual void Pause() = 0;
    virtual void Resume() = 0;
    /// Ends the connection when what was queued is out.
    virtual void End() = 0;
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

    /// Answers with 101 and these headers, and leaves HTTP: from here on all bytes are `sink`'s,
    /// which hears OnIdle after `idle` without any. Inside the handler, of a request without a
    /// body. Null where the exchange cannot (a wrapped one, say): then it is still to be answered.
    [[nodiscard]] virtual std::shared_ptr<Upgraded> Upgrade(const Headers& headers,
                                                            std::shared_ptr<UpgradeSink> sink,
                                                            core::milliseconds idle) {
        static_cast<void>(headers);
        static_cast<void>(sink);
        static_cast<void>(idle);
        return nullptr;
    }
};

/// What a server calls for each request. Thread-safe; must not block.
using Handler = std::function<void(std::shared_ptr<Exchange>)>;

}  // namespace gyre::net
