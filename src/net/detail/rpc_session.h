#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"
#include "net/detail/rpc_framing.h"
#include "net/rpc.h"

struct nghttp2_session;

namespace gyre::net::detail {

/// What a client did, for whoever drives the session.
struct RpcEvent {
    enum class Kind {
        kOpened,    ///< a call began: `head`
        kReadable,  ///< a message is there, or the end of them, or why there is none
        kClosed,    ///< the call is over: answered, or given up by the client
    };
    Kind kind = Kind::kClosed;
    int32_t call = 0;
    RpcHead head;
};

/// The server's side of gRPC on one connection, over nghttp2: bytes in, bytes out, no socket, no
/// thread and no lock. Calls are named by their streams' numbers; an unknown number is ignored, for
/// a call may end at any moment.
class RpcSession {
  public:
    RpcSession(const RpcOptions& options, std::string remote_address);
    ~RpcSession();
    RpcSession(const RpcSession&) = delete;
    RpcSession& operator=(const RpcSession&) = delete;

    /// False when the connection is of no more use.
    [[nodiscard]] bool Receive(std::string_view bytes, core::SteadyTime now);
    /// What happened since the last call, in any of the others.
    [[nodiscard]] std::vector<RpcEvent> TakeEvents() { return std::exchange(events_, {}); }
    /// The next message; empty Message for the end of them; nothing when neither is there yet.
    [[nodiscard]] std::optional<core::Result<RpcCall::Message>> Take(int32_t call);
    void Write(int32_t call, std::string_view message);
    void Finish(int32_t call, const RpcStatus& status);
    [[nodiscard]] bool IsOpen(int32_t call) const { return streams_.contains(call); }
    [[nodiscard]] size_t Calls() const { return streams_.size(); }

    /// What is to be sent now.
    [[nodiscard]] std::string Output();
    /// Fails the calls whose messages have got no further since `since`.
    void FailStalled(core::SteadyTime since);
    /// Asks whether the client is there.
    void Ping();
    /// Takes no new calls.
    void GoAway();
    /// Nothing more is to be sent or received.
    [[nodiscard]] bool Over() const;

  private:
    struct Stream {
        RpcHead head;
        Headers fields;  ///< all that came
        size_t field_bytes = 0;
        std::optional<RpcMessageReader> reader;  ///< none until the head is whole
        std::deque<std::string> messages;
        size_t held = 0;         ///< bytes of messages that nobody has taken
        size_t unconsumed = 0;   ///< bytes received that the client has no new window for
        bool all_came = false;   ///< the client has sent its last
        bool announced = false;  ///< kOpened was said
        std::optional<core::Error> broken;
        core::SteadyTime progress;
        std::string out;
        size_t out_at = 0;
        bool responded = false;
        std::optional<RpcStatus> finished;
    };
    struct Callbacks;
    friend struct Callbacks;

    [[nodiscard]] Stream* Find(int32_t call);
    void CountTalk();
    void HeadCame(int32_t call, Stream& stream);
    void DataCame(int32_t call, Stream& stream, std::string_view data);
    void SayReadable(int32_t call, Stream& stream);
    void Refuse(int32_t call, Stream& stream, core::Error error);
    void RefuseHttp(int32_t call, int status);
    void SendHead(int32_t call, Stream& stream);
    void SendTrailers(int32_t call, const RpcStatus& status, bool only);
    void GiveWindow(int32_t call, Stream& stream);

    const RpcOptions options_;
    const std::string remote_;
    nghttp2_session* session_ = nullptr;
    std::map<int32_t, Stream> streams_;
    size_t held_ = 0;  ///< bytes of all messages that are not whole, or not taken
    bool leaving_ = false;
    size_t talk_ = 0;  ///< pings and settings since…
    core::SteadyTime talk_since_{};
    core::SteadyTime now_{};
    std::vector<RpcEvent> events_;
};

}  // namespace gyre::net::detail
