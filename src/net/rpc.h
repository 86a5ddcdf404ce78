#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/clock.h"
#include "core/result.h"
#include "net/http_message.h"
#include "net/http_server.h"

namespace gyre::net {

/// gRPC's codes (grpc/grpc, doc/statuscodes.md), with their numbers.
enum class RpcCode : uint8_t {
    kOk = 0,
    kCancelled = 1,
    kUnknown = 2,
    kInvalidArgument = 3,
    kDeadlineExceeded = 4,
    kNotFound = 5,
    kAlreadyExists = 6,
    kPermissionDenied = 7,
    kResourceExhausted = 8,
    kFailedPrecondition = 9,
    kAborted = 10,
    kOutOfRange = 11,
    kUnimplemented = 12,
    kInternal = 13,
    kUnavailable = 14,
    kDataLoss = 15,
    kUnauthenticated = 16,
};

struct RpcStatus {
    RpcCode code = RpcCode::kOk;
    std::string message;
};

struct RpcHead {
    std::string method;  ///< "/inference.GRPCInferenceService/ModelInfer"
    Headers metadata;    ///< the client's, names in lower case; those of gRPC itself are not there
    std::string remote_address;  ///< as RequestHead's
    std::string request_id;      ///< made by the server, unique
    core::SteadyTime arrived;
    std::optional<core::microseconds> timeout;  ///< from then on: the client's deadline
};

/// One call, of any kind: messages come and go as opaque bytes. It may be kept and worked on from
/// any thread; it is finished exactly once, and one that is dropped unfinished ends with kInternal.
/// When the client gives up or goes, reads say so, and what is written after goes nowhere.
class RpcCall {
  public:
    /// nullopt: the client has sent its last message.
    using Message = std::optional<std::string>;
    using ReadDone = std::function<void(core::Result<Message>)>;

    virtual ~RpcCall() = default;
    [[nodiscard]] virtual const RpcHead& Head() const = 0;
    /// The client's next message, unpacked. `done` runs once: inside this call when the message is
    /// there, else on an io thread. One read at a time. After an error (kCancelled: the client has
    /// given up; kResourceExhausted, kInvalidArgument: its message cannot be taken) the call is
    /// finished.
    virtual void Read(ReadDone done) = 0;
    /// Queues a message, and returns.
    virtual void Write(std::string message) = 0;
    /// Ends the call when what was written is out.
    virtual void Finish(RpcStatus status) = 0;
    /// Write and Finish with kOk, in one piece.
    virtual void Answer(std::string message) = 0;
    /// The client waits no more.
    [[nodiscard]] virtual bool Cancelled() const = 0;
};

/// Called for each call, on an io thread, as soon as its head is read. Thread-safe; must not block.
using RpcHandler = std::function<void(std::shared_ptr<RpcCall>)>;

struct RpcOptions {
    size_t max_message_bytes = size_t{100} << 20;  ///< of the client's, packed or not
    size_t max_calls = 256;                        ///< of one connection at once; more wait there
    core::milliseconds idle{300'000};              ///< a connection without calls is ended after it
    core::milliseconds stall{30'000};  ///< a begun message that gets no further fails its call
};

/// gRPC over HTTP/2 with prior knowledge (grpc/grpc, doc/PROTOCOL-HTTP2.md), for a server's
/// HttpServerOptions::other. Messages packed with gzip or deflate are taken; answers are not
/// packed. On idle connections with calls it looks whether the client is still there.
[[nodiscard]] std::shared_ptr<const OtherProtocol> MakeRpcProtocol(RpcOptions options,
                                                                   RpcHandler handler);

}  // namespace gyre::net
