#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/result.h"
#include "net/detail/chunk_decoder.h"
#include "net/detail/head_parser.h"
#include "net/detail/reactor.h"
#include "net/detail/response_head.h"
#include "net/detail/transport.h"
#include "net/http_server.h"

namespace gyre::net::detail {

class HttpConnection;

/// What the connections of one server share. Immutable but for the last two.
struct HttpServerShared {
    HttpServerOptions options;
    Handler handler;
    std::function<void(HttpConnection&)> on_close;
    std::atomic<bool> stopping{false};
    std::atomic<bool> stopped{false};
};

/// One accepted connection, plain or under TLS as its first byte says. It reads a head on its
/// reactor's thread, hands the request over as an Exchange, and reads the next head when that one
/// is answered. While an exchange is under way the reading side is the exchange's: it reads the
/// body here (async, on the reactor) or from a pool thread (blocking). Writing is anybody's, under
/// the mutex. The socket is closed by the last owner.
class HttpConnection final : public Sink,
                             public Upgraded,
                             public std::enable_shared_from_this<HttpConnection> {
  public:
    using BodyDone = std::function<void(core::Result<std::string>)>;

    HttpConnection(std::shared_ptr<Reactor> reactor, Fd fd, std::string remote,
                   std::shared_ptr<HttpServerShared> shared);

    // On the reactor's thread.
    void Start();
    void Close();
    /// Closes when the server stops and no request is under way.
    void CloseIfIdle();
    void CheckDeadline(core::SteadyTime now);
    void OnEvents(uint32_t events) override;

    [[nodiscard]] const std::shared_ptr<Reactor>& GetReactor() const { return reactor_; }

    // For the exchange under way.
    void ReadBodyAsync(size_t limit, BodyDone done);
    [[nodiscard]] core::Result<size_t> ReadBodyBlocking(std::span<char> into);
    [[nodiscard]] std::optional<uint64_t> BodyLength() const { return framing_.length; }
    /// Settles what becomes of the connection after this answer; for its Connection field.
    [[nodiscard]] ResponseFraming AnswerFraming();
    /// Takes both pieces; writes at once what does not block and the rest from the reactor.
    void Write(std::string head, std::string body);
    /// Returns when the pieces, at most four, are handed to the system, where they may wait for
    /// what is to follow at once. Errors as BodyWriter's.
    [[nodiscard]] core::Status WriteBlocking(std::initializer_list<std::string_view> pieces,
                                             bool more_follows = false);
    /// The same for `length` bytes of an open file, behind `head`. On a plain connection only.
    [[nodiscard]] core::Status WriteFileBlocking(std::string_view head, int file, uint64_t offset,
                                                 uint64_t length);
    [[nodiscard]] bool Secure() const { return transport_.Secure(); }
    /// The answer is handed over. Any thread, once.
    void AnswerDone();
    /// The answer broke off: the connection is cut. Any thread.
    void Abort();

    /// On the reactor's thread, with a request without a body under way.
    [[nodiscard]] bool MayUpgrade() const;
    /// Sends `head`, and hands what comes to `sink`.
    void Upgrade(std::string head, std::shared_ptr<UpgradeSink> sink, core::milliseconds idle);
    [[nodiscard]] core::Status Write(std::string_view bytes) override {
        return WriteBlocking({bytes});
    }
    void WriteSoon(std::string bytes) override { Write(std::move(bytes), {}); }
    void Pause() override { paused_ = true; }
    void Resume() override;
    void End() override;

  private:
    enum class State { kHandshake, kHead, kExchange, kUpgraded, kDiscard, kLinger, kClosed };
    struct AsyncBody {
        size_t limit = 0;
        std::string bytes;
        BodyDone done;
    };

    void Read();
    void ReadHeads();
    /// Sees what the connection begins with; false when it is not to be read as http now.
    [[nodiscard]] bool Open();
    /// Whether what comes is of another protocol, or may yet be: it is not to be read as http now.
    [[nodiscard]] bool LeaveHttp();
    void ShakeHands();
    [[nodiscard]] bool TakeHead();
    /// Answers CONNECT, here or with a refusal.
    void OpenTunnel(const RequestHead& head);
    void StartExchange(RequestHead head);
    /// `reason` takes the place of the status's usual words; one line.
    void RefuseHead(const HeadError& error, std::string_view reason = {});
    void Proceed();
    void Linger();
    void SendContinue();
    void PumpAsync();
    void PumpDiscard();
    void PumpLinger();
    void PumpUpgraded();
    void FinishAsync(core::Result<std::string> result);
    void SetDeadline(core::milliseconds from_now);
    void FlushLocked();
    /// Calls `send`, which sends some, under the mutex until nothing is `left`, waiting between.
    template <class Left, class Send>
    [[nodiscard]] core::Status SendBlocking(const Left& left, const Send& send);
    [[nodiscard]] std::string_view Unread() const {
        return std::string_view(input_).substr(consumed_);
    }
    void Consume(size_t bytes);
    /// Bytes of payload moved from the input into `into`; 0 when more input is needed or the body
    /// is whole. Errors: malformed.
    [[nodiscard]] core::Result<size_t> Decode(std::span<char> into);
    /// Bytes received and appended to the input; 0 for "would block". Errors: kCancelled.
    [[nodiscard]] core::Result<size_t> ReceiveMore();
    [[nodiscard]] core::Result<size_t> ReceiveInto(std::span<char> into);
    /// Waits until a receive may get on; false when body_timeout is over.
    [[nodiscard]] bool WaitToReceive();
    /// After a read of `got` bytes where there was room for `room`. The reactor's thread only.
    void NoteReceived(size_t got, size_t room);
    static constexpr size_t kReceiveBytes = size_t{64} << 10;  // at once

    const std::shared_ptr<Reactor> reactor_;
    const std::shared_ptr<HttpServerShared> shared_;
    const std::string remote_;
    Transport transport_;

    // The reactor's thread only.
    State state_ = State::kHead;
    bool opening_ = true;    ///< nothing came yet: it may become TLS
    bool may_leave_ = true;  ///< no whole request came yet: it may be another protocol
    bool tunnel_ = false;    ///< a CONNECT was answered
    std::optional<core::SteadyTime> deadline_;
    bool readable_ = false;      ///< an edge came that was not read yet
    bool peer_ended_ = false;    ///< the peer says no more
    bool taking_heads_ = false;  ///< ReadHeads is on the stack
    std::optional<AsyncBody> async_;
    std::shared_ptr<UpgradeSink> upgrade_;  ///< of a connection that has left HTTP
    core::milliseconds upgrade_idle_{0};
    bool pumping_upgraded_ = false;  ///< PumpUpgraded is on the stack
    std::atomic<bool> paused_{false};

    // The reactor's, or the exchange's while one is under way.
    std::string input_;
    size_t consumed_ = 0;
    size_t scanned_ = 0;
    Framing framing_;
    ChunkDecoder decoder_;
    uint64_t left_ = 0;  ///< of a body of known length
    bool body_done_ = true;
    bool continue_pending_ = false;
    bool close_after_ = false;
    std::atomic<bool> send_to_receive_{false};  ///< TLS has to send before it can receive

    std::mutex mutex_;  // guards what follows
    std::deque<std::string> output_;
    size_t sent_ = 0;  ///< of the first piece
    bool blocked_ = false;
    core::SteadyTime blocked_until_;  ///< when a peer that takes nothing is given up
    bool gone_ = false;
    bool answer_done_ = false;  ///< Proceed once the output is out
};

}  // namespace gyre::net::detail
