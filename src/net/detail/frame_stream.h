#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/detail/frame_arena.h"
#include "net/detail/reactor.h"
#include "net/frame_channel.h"

struct iovec;

namespace gyre::net::detail {

/// What Listen and Connect take for a channel's path.
[[nodiscard]] inline std::string ChannelAddress(const std::string& path) {
    return path.starts_with("tcp:") ? path.substr(4) : "unix:" + path;
}

/// One end of a frame channel: cuts the bytes of a socket into frames and writes frames to it.
/// Send is thread-safe; the callbacks run on the reactor's thread. It ends by Close() or by the
/// peer, and then calls `on_close` once.
class FrameStream final : public Sink, public std::enable_shared_from_this<FrameStream> {
  public:
    using OnFrame = std::function<void(Frame)>;
    using OnClose = std::function<void()>;

    FrameStream(std::shared_ptr<Reactor> reactor, Fd fd, FrameLimits limits);
    /// Begins to read. On the reactor's thread.
    void Start(OnFrame on_frame, OnClose on_close);
    /// The client's: offers memory for large bodies to the other end, where that is on this
    /// machine. On the reactor's thread, after Start.
    void OfferMemory();
    /// The server's: takes memory that is offered. Before Start.
    void AcceptMemory();
    /// Moves a large body into that memory where there is room. Answers what holds it there; null
    /// where it is elsewhere.
    std::shared_ptr<const void> Share(core::Body& body);
    [[nodiscard]] core::BodyMemory NewMemory(size_t size);
    /// Drops the frame when the stream is closed.
    void Send(Frame frame);
    /// Writes what is queued, as far as that does not block.
    void Flush();
    /// On the reactor's thread.
    void Close();

    void OnEvents(uint32_t events) override;
    void OnTurnEnd() override;

  private:
    enum class Part { kHeader, kHead, kBody };
    struct Chunk {
        std::string bytes;
        core::Body body;  ///< in place of `bytes`, of a chunk that is not open
        size_t sent = 0;
        bool open = false;  ///< small pieces may still be appended

        [[nodiscard]] std::string_view Rest() const {
            return (open ? std::string_view(bytes) : body.View()).substr(sent);
        }
    };

    void Read();
    [[nodiscard]] ssize_t Receive(size_t& room);
    /// False when the peer broke the format.
    [[nodiscard]] bool Consume();
    [[nodiscard]] bool BeginFrame(const char* header);
    [[nodiscard]] bool Deliver();
    [[nodiscard]] bool TakeSharedBody();
    void TakeMemory();
    [[nodiscard]] ssize_t ReadInto(std::span<const iovec> pieces);
    void GrowBody(size_t size);
    /// `shared`: the body is the place of the real one.
    void Queue(Frame frame, bool shared);
    void FlushLocked();
    /// Nothing more is sent; the reactor hears of it, and closes.
    void BreakLocked();
    void AskForTurnEnd();

    const std::shared_ptr<Reactor> reactor_;
    const FrameLimits limits_;

    // The reactor's thread only.
    OnFrame on_frame_;
    OnClose on_close_;
    std::vector<char> buffer_;
    size_t begin_ = 0;
    size_t end_ = 0;
    Part part_ = Part::kHeader;
    Frame frame_;
    std::string body_;          ///< of frame_, until that is whole
    bool shared_body_ = false;  ///< it says where the body is
    size_t head_size_ = 0;
    size_t body_size_ = 0;
    size_t body_got_ = 0;  ///< bytes of body_ that are filled; it may be longer
    bool open_ = true;
    bool turn_end_asked_ = false;
    bool more_to_read_ = false;
    bool peer_ended_ = false;
    bool takes_memory_ = false;  ///< the peer may still offer it
    Fd offered_;                 ///< what came with the last bytes

    std::shared_ptr<FrameArena> arena_;          ///< set once, on the reactor's thread
    std::atomic<FrameArena*> shared_ = nullptr;  ///< `arena_`, once both ends have it

    std::mutex mutex_;  // guards what follows
    Fd fd_;
    std::deque<Chunk> queue_;
    bool blocked_ = false;  ///< waits for the socket to take more
    bool broken_ = false;
};

}  // namespace gyre::net::detail
