#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/body.h"
#include "core/result.h"
#include "net/io_loop.h"

namespace gyre::net {

/// One message of the channel between `gyre serve` and a model host. `head` is small (metadata),
/// `body` is the payload. On a Unix socket a large one crosses in memory that both ends share,
/// where there is room; what was made in FrameClient::NewMemory, and what a server gives back of
/// its request, is not copied at all. A body that came so can still be changed by a peer that means
/// ill: who relies on two looks at it takes its Text. The layout on the wire is
/// docs/formats/frame_channel.md.
struct Frame {
    uint64_t id = 0;    ///< set by FrameClient on Send, and by FrameServer on a reply
    uint32_t kind = 0;  ///< the user's, below 2^31; kFrameDropped is reserved
    bool more = false;  ///< of a reply: another one to the same request follows
    std::string head;
    core::Body body;
};

/// The kind of the reply that FrameServer sends for a request whose `reply` was dropped uncalled.
/// FrameClient turns it into kInternal.
inline constexpr uint32_t kFrameDropped = 0xFFFF'FFFF;
/// The kind of the frame by which a client that has a secret opens the connection.
inline constexpr uint32_t kFrameHello = 0x7FFF'FFFF;
/// The kind of the frame that brings the shared memory, and of what answers it.
inline constexpr uint32_t kFrameMemory = 0x7FFF'FFFE;

struct FrameLimits {
    size_t max_head_bytes = 1 << 20;
    size_t max_body_bytes = 256 << 20;
};

/// While one lives on a thread, frames sent or replied from this thread are only queued; its
/// destructor writes them, many in one system call. For a loop that answers a whole batch.
class FrameCork {
  public:
    FrameCork();
    ~FrameCork();
    FrameCork(const FrameCork&) = delete;
    FrameCork& operator=(const FrameCork&) = delete;
};

struct FrameServerOptions {
    IoLoop* loop = nullptr;  ///< outlives the server; null: a loop of its own with one thread
    FrameLimits limits;
    /// What clients must show before all else; one that does not is cut. "": nobody need. For TCP,
    /// over which anybody might come; it is sent as it is.
    std::string secret;
};

/// Answers frames on a Unix socket or a TCP port, from several clients at once.
/// Life cycle: started means listening; Stop() cuts the clients, may be called twice, and no
/// handler runs after it; the destructor stops. A client that breaks the format or a limit is cut.
class FrameServer {
  public:
    /// Call exactly once, but for frames with `more` before, from any thread and in any order;
    /// after the client is gone it does nothing. From a thread that is not an io thread it writes
    /// at once without blocking, and what does not fit is written by the io thread.
    using Reply = std::function<void(Frame)>;
    /// Runs on an io thread and must not block.
    using Handler = std::function<void(Frame request, Reply reply)>;

    /// `path`: of a socket, or "tcp:HOST:PORT" (port 0: any free one). Replaces a socket file that
    /// nobody answers on. Errors: kAlreadyExists when somebody does.
    [[nodiscard]] static core::Result<std::unique_ptr<FrameServer>> Start(
        const std::string& path, Handler handler, FrameServerOptions options = {});
    virtual ~FrameServer() = default;
    /// Those that are connected, and showed the secret where there is one.
    [[nodiscard]] virtual size_t Clients() const = 0;
    /// With the real port, of TCP.
    [[nodiscard]] virtual std::string Address() const = 0;
    virtual void Stop() = 0;
};

struct FrameClientOptions {
    IoLoop* loop = nullptr;  ///< outlives the client; null: a loop of its own with one thread
    FrameLimits limits;
    std::string secret;  ///< what the server wants to be shown; "": nothing
    /// Called once on the io thread when the server goes away, after every pending `done`. Not
    /// called for Close().
    std::function<void()> on_disconnect;
};

/// Sends frames to one FrameServer, many at a time. Thread-safe. It does not connect again: make a
/// new one after on_disconnect.
class FrameClient {
  public:
    using Done = std::function<void(core::Result<Frame>)>;

    /// `path` as the server's. Errors: kUnavailable when nobody answers there.
    [[nodiscard]] static core::Result<std::unique_ptr<FrameClient>> Connect(
        const std::string& path, FrameClientOptions options = {});
    /// Closes. Must not run inside one of its own callbacks.
    virtual ~FrameClient() = default;

    /// `done` runs exactly once, on the io thread, never inside Send, but for replies with `more`
    /// before, which the server sends only where the request asks for them: with the reply,
    /// kUnavailable (not connected any more), kInternal (dropped unanswered) or
    /// kInvalidArgument (over a limit). Frames sent within one turn of the io thread leave in one
    /// system call; from other threads they are written at once where that does not block.
    virtual void Send(Frame frame, Done done) = 0;
    /// For a body that is sent over this channel.
    [[nodiscard]] virtual core::BodyMemory NewMemory(size_t size) = 0;
    [[nodiscard]] virtual bool Connected() const = 0;
    /// Frames sent and not yet answered.
    [[nodiscard]] virtual size_t Pending() const = 0;
    /// Fails what is pending with kUnavailable and returns when no callback runs any more (called
    /// on the io thread, it cannot wait for the callback that it is in). May be called twice.
    virtual void Close() = 0;
};

}  // namespace gyre::net
