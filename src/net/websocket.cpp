#include "net/websocket.h"

#include <condition_variable>
#include <mutex>

#include "core/digest.h"
#include "net/detail/websocket_deflate.h"
#include "net/detail/websocket_frames.h"

namespace gyre::net {
namespace {

using detail::ClosePayload;
using detail::Opcode;
using detail::WebSocketDecoder;
using detail::WebSocketFrame;

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// Answers to pings that wait behind a message which a slow client does not take.
constexpr size_t kMaxQueuedControl = 64 * 1024;
/// What is smaller goes as it is: to pack it costs more than it saves.
constexpr size_t kLeastPacked = 512;
constexpr size_t kMostPacked = size_t{1} << 30;

bool HasToken(std::string_view list, std::string_view token) {
    while (!list.empty()) {
        const size_t end = std::min(list.find(','), list.size());
        std::string_view one = list.substr(0, end);
        list.remove_prefix(std::min(end + 1, list.size()));
        while (one.starts_with(' ') || one.starts_with('\t')) one.remove_prefix(1);
        while (one.ends_with(' ') || one.ends_with('\t')) one.remove_suffix(1);
        if (EqualsIgnoreCase(one, token)) return true;
    }
    return false;
}

class WebSocketConnection final : public WebSocket,
                                  public UpgradeSink,
                                  public std::enable_shared_from_this<WebSocketConnection> {
  public:
    WebSocketConnection(const WebSocketOptions& options, WebSocketHandler handler)
        : decoder_(options.max_message_bytes),
          pings_(options.pings),
          handler_(std::move(handler)) {}

    void SetLine(std::shared_ptr<Upgraded> line) { line_ = std::move(line); }
    /// Before the line is set.
    void AgreeToPack(int window_bits) {
        window_bits_ = window_bits;
        decoder_.AllowPacked();
    }

    // --- WebSocket
    core::Status Send(std::string_view message, bool binary) override {
        const Opcode opcode = binary ? Opcode::kBinary : Opcode::kText;
        const bool packs =
            window_bits_ > 0 && message.size() >= kLeastPacked && message.size() <= kMostPacked;
        const std::string frame =
            packs ? WebSocketFrame(opcode, detail::DeflateMessage(message, window_bits_), true)
                  : WebSocketFrame(opcode, message);
        std::unique_lock lock(mutex_);
        turn_.wait(lock, [this] { return !sending_; });
        if (closed_ || close_sent_) {
            lock.unlock();
            turn_.notify_one();  // it was this one that was told of the turn
            return core::Fail(core::Code::kCancelled, "the WebSocket is closed");
        }
        sending_ = true;
        lock.unlock();
        core::Status status = line_->Write(frame);
        lock.lock();
        sending_ = false;
        if (!control_.empty()) line_->WriteSoon(std::move(control_));
        control_.clear();
        const bool end = end_after_;
        lock.unlock();
        turn_.notify_one();
        if (!status) line_->End();
        if (end) line_->End();
        return status;
    }
    void Close(uint16_t code, std::string_view reason) override {
        SendControl(Opcode::kClose, ClosePayload(code, reason), true);
    }
    void Pause() override { line_->Pause(); }
    void Resume() override { line_->Resume(); }

    // --- UpgradeSink
    void OnBytes(std::string_view bytes) override {
        unanswered_ = 0;
        if (over_) return;
        const auto keep = shared_from_this();
        decoder_.Add(bytes);
        while (!over_) {
            auto event = decoder_.Next();
            using Kind = WebSocketDecoder::Event::Kind;
            switch (event.kind) {
                case Kind::kNone:
                    return;
                case Kind::kMessage:
                    handler_.message(keep, std::move(event.payload), event.binary);
                    break;
                case Kind::kPing:
                    SendControl(Opcode::kPong, event.payload, false);
                    break;
                case Kind::kPong:
                    break;
                case Kind::kClose:
                    over_ = true;
                    SendControl(Opcode::kClose,
                                event.code == 1005 ? "" : ClosePayload(event.code, ""), true);
                    break;
                case Kind::kBroken:
                    over_ = true;
                    SendControl(Opcode::kClose, ClosePayload(event.code, event.payload), true);
                    break;
            }
        }
    }
    void OnIdle() override {
        if (handler_.idle) handler_.idle();
        if (unanswered_ >= pings_) return line_->End();
        ++unanswered_;
        SendControl(Opcode::kPing, "", false);
    }
    void OnStop() override { Close(1001, "the server stops"); }
    void OnEnd() override {
        {
            const std::lock_guard lock(mutex_);
            if (closed_) return;
            closed_ = true;
        }
        over_ = true;
        turn_.notify_all();
        handler_.closed();
    }

  private:
    /// Never waits: behind a message that is being sent, it is queued.
    void SendControl(Opcode opcode, std::string_view payload, bool end) {
        std::string frame = WebSocketFrame(opcode, payload);
        std::unique_lock lock(mutex_);
        if (closed_ || close_sent_) return;
        close_sent_ = opcode == Opcode::kClose;
        const auto line = line_;
        if (sending_) {
            control_ += frame;
            end_after_ = end_after_ || end;
            if (control_.size() <= kMaxQueuedControl) return;
            end = true;  // pings without an end, and nothing is taken
        } else {
            line->WriteSoon(std::move(frame));
        }
        lock.unlock();
        if (end) line->End();
    }

    WebSocketDecoder decoder_;
    const int pings_;
    const WebSocketHandler handler_;
    std::shared_ptr<Upgraded> line_;
    int window_bits_ = 0;  ///< of what is packed; 0: nothing is
    bool over_ = false;    ///< the io thread's: nothing more is read
    int unanswered_ = 0;   ///< pings; the io thread's

    std::mutex mutex_;  // guards what follows
    std::condition_variable turn_;
    bool sending_ = false;
    bool close_sent_ = false;
    bool end_after_ = false;
    bool closed_ = false;
    std::string control_;
};

}  // namespace

bool WantsWebSocket(const RequestHead& head) {
    return HasToken(head.headers.Get("Upgrade"), "websocket");
}

void AcceptWebSocket(Exchange& exchange, const WebSocketOptions& options,
                     WebSocketHandler handler) {
    const RequestHead& head = exchange.Head();
    const auto refuse = [&](int status, std::string why) {
        Response response;
        response.status = status;
        response.headers.Add("Content-Type", "text/plain");
        if (status == 426) response.headers.Add("Sec-WebSocket-Version", "13");
        response.body = std::move(why) + "\n";
        exchange.Respond(std::move(response));
    };
    if (head.method != "GET" || !WantsWebSocket(head) ||
        !HasToken(head.headers.Get("Connection"), "upgrade")) {
        return refuse(400,
                      "This is no WebSocket handshake: GET, Upgrade: websocket and "
                      "Connection: Upgrade are needed.");
    }
    if (head.headers.Get("Sec-WebSocket-Version") != "13") {
        return refuse(426, "WebSocket version 13 is served.");
    }
    const std::string_view key = head.headers.Get("Sec-WebSocket-Key");
    if (core::Base64Decode(key).value_or("").size() != 16) {
        return refuse(400, "Sec-WebSocket-Key is 16 bytes in base64.");
    }
    core::Digest digest(core::DigestKind::kSha1);
    digest.Update(key);
    digest.Update(kGuid);
    Headers headers;
    headers.Add("Upgrade", "websocket");
    headers.Add("Connection", "Upgrade");
    headers.Add("Sec-WebSocket-Accept", core::Base64Encode(digest.Finish()));
    auto connection = std::make_shared<WebSocketConnection>(options, std::move(handler));
    if (const auto agreement = detail::AgreeOnDeflate(head.headers)) {
        headers.Add("Sec-WebSocket-Extensions", agreement->answer);
        connection->AgreeToPack(agreement->window_bits);
    }
    auto line = exchange.Upgrade(headers, connection, options.idle);
    if (!line) return refuse(400, "A WebSocket handshake has no body and is HTTP/1.1.");
    connection->SetLine(std::move(line));
}

}  // namespace gyre::net
