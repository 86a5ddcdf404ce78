#include "net/detail/http_connection.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

#include "core/log.h"
#include "net/detail/http_exchange.h"
#include "net/detail/request_id.h"
#include "net/detail/socket.h"

namespace gyre::net::detail {
namespace {

constexpr uint32_t kReadEvents = EPOLLIN | EPOLLRDHUP | EPOLLET;
/// Unread bodies up to this are read over, so that the connection can be kept.
constexpr uint64_t kDiscardBytes = 256 * 1024;
/// A body is grown by this much at a time: a size that is only claimed costs nothing.
constexpr size_t kBodyStep = 256 * 1024;
constexpr core::milliseconds kLingerTime{2'000};
/// The first byte of a TLS connection: the type of the record that holds its ClientHello. No method
/// of http begins with it.
constexpr char kTlsHandshake = 0x16;
/// A fatal alert in TLS's own framing, "protocol_version": more than a client reads out of silence.
constexpr std::string_view kNoTlsAlert("\x15\x03\x01\x00\x02\x02\x46", 7);

tl::unexpected<core::Error> Gone() {
    return core::Fail(core::Code::kCancelled, "the client has gone");
}

tl::unexpected<core::Error> TooSlow() {
    core::Error error(core::Code::kDeadlineExceeded, "RequestTimeout",
                      "Your socket connection to the server was not read from or written to within "
                      "the timeout period.");
    return core::Fail(std::move(error));
}

/// What is left of the pieces when so many bytes of them are sent.
std::span<iovec> After(std::span<iovec> pieces, size_t sent) {
    while (!pieces.empty() && sent >= pieces.front().iov_len) {
        sent -= pieces.front().iov_len;
        pieces = pieces.subspan(1);
    }
    if (sent > 0) {
        iovec& first = pieces.front();
        first = {static_cast<char*>(first.iov_base) + sent, first.iov_len - sent};
    }
    return pieces;
}

}  // namespace

HttpConnection::HttpConnection(std::shared_ptr<Reactor> reactor, Fd fd, std::string remote,
                               std::shared_ptr<HttpServerShared> shared)
    : reactor_(std::move(reactor)),
      shared_(std::move(shared)),
      remote_(std::move(remote)),
      transport_(std::move(fd)) {
}

void HttpConnection::Start() {
    SetDeadline(shared_->options.idle_timeout);
    if (!reactor_->Add(transport_.Descriptor(), kReadEvents, shared_from_this())) {
        state_ = State::kClosed;
        shared_->on_close(*this);
        return;
    }
    Read();
}

void HttpConnection::Close() {
    if (state_ == State::kClosed) return;
    const auto keep = shared_from_this();
    state_ = State::kClosed;
    deadline_.reset();
    reactor_->Remove(transport_.Descriptor(), this);
    {
        const std::lock_guard lock(mutex_);
        gone_ = true;
        output_.clear();
    }
    transport_.Shutdown();
    if (async_) FinishAsync(Gone());
    if (upgrade_) std::exchange(upgrade_, nullptr)->OnEnd();
    shared_->on_close(*this);
}

void HttpConnection::CloseIfIdle() {
    if (state_ == State::kUpgraded) {
        const auto sink = upgrade_;  // it may end the connection
        return sink->OnStop();
    }
    if (state_ == State::kHandshake || (state_ == State::kHead && Unread().empty())) Close();
}

void HttpConnection::SetDeadline(core::milliseconds from_now) {
    deadline_ = std::chrono::steady_clock::now() + from_now;
}

void HttpConnection::CheckDeadline(core::SteadyTime now) {
    bool stuck = false;
    {
        const std::lock_guard lock(mutex_);
        stuck = blocked_ && now >= blocked_until_;
    }
    if (stuck) return Close();
    if (!deadline_ || now < *deadline_) return;
    if (state_ == State::kUpgraded) {
        SetDeadline(upgrade_idle_);
        const auto sink = upgrade_;
        return sink->OnIdle();
    }
    if (state_ == State::kHead && !Unread().empty()) {
        return RefuseHead({408, "the request's head did not come in time"});
    }
    if (async_) FinishAsync(TooSlow());  // the handler may still answer
    deadline_.reset();
    if (state_ != State::kExchange) Close();
}

void HttpConnection::OnEvents(uint32_t events) {
    if ((events & EPOLLOUT) != 0) {
        bool proceed = false;
        {
            const std::lock_guard lock(mutex_);
            blocked_ = false;
            FlushLocked();
            if (!blocked_) {
                reactor_->Modify(transport_.Descriptor(), kReadEvents, this);
                proceed = answer_done_;
            }
        }
        if (proceed) Proceed();
        if (state_ == State::kHandshake || send_to_receive_) Read();
    }
    if ((events & (EPOLLHUP | EPOLLERR)) != 0) return Close();
    if ((events & EPOLLRDHUP) != 0) peer_ended_ = true;
    if ((events & (EPOLLIN | EPOLLRDHUP)) != 0) Read();
}

void HttpConnection::Read() {
    readable_ = true;
    switch (state_) {
        case State::kHandshake:
            ShakeHands();
            break;
        case State::kHead:
            ReadHeads();
            break;
        case State::kExchange:
            if (async_) PumpAsync();
            break;
        case State::kUpgraded:
            PumpUpgraded();
            break;
        case State::kDiscard:
            PumpDiscard();
            break;
        case State::kLinger:
            PumpLinger();
            break;
        case State::kClosed:
            break;
    }
}

void HttpConnection::Consume(size_t bytes) {
    consumed_ += bytes;
    if (consumed_ < input_.size()) return;
    input_.clear();
    consumed_ = 0;
    if (input_.capacity() > 4096) input_.shrink_to_fit();  // idle connections cost little
}

core::Result<size_t> HttpConnection::ReceiveInto(std::span<char> into) {
    const Transfer got = transport_.Receive(into);
    send_to_receive_ = got.outcome == Outcome::kWaitToSend;
    switch (got.outcome) {
        case Outcome::kDone:
            return got.bytes;
        case Outcome::kWaitToSend:
            if (reactor_->OnThread()) {
                reactor_->Modify(transport_.Descriptor(), kReadEvents | EPOLLOUT, this);
            }
            return 0U;
        case Outcome::kWaitToReceive:
            return 0U;
        default:
            return Gone();
    }
}

bool HttpConnection::WaitToReceive() {
    return PollUntil(transport_.Descriptor(), send_to_receive_ ? POLLOUT : POLLIN,
                     std::chrono::steady_clock::now() + shared_->options.body_timeout);
}

void HttpConnection::NoteReceived(size_t got, size_t room) {
    // What comes after an emptied socket comes as a new edge; but the peer's end may have come in
    // the same edge as its last bytes, and then only a read shows it.
    readable_ = transport_.MayHaveMore(got, room) || (peer_ended_ && got > 0);
}

core::Result<size_t> HttpConnection::ReceiveMore() {
    thread_local std::array<char, kReceiveBytes> buffer;
    GYRE_ASSIGN(const size_t got, ReceiveInto(buffer));
    if (consumed_ > 0) {
        input_.erase(0, consumed_);
        scanned_ = 0;
        consumed_ = 0;
    }
    input_.append(buffer.data(), got);
    return got;
}

void HttpConnection::ReadHeads() {
    if (taking_heads_) return;  // an answer inside the handler: the loop below goes on
    const auto keep = shared_from_this();
    taking_heads_ = true;
    while (state_ == State::kHead) {
        if (opening_ && !Unread().empty() && !Open()) break;
        if (!(may_leave_ && LeaveHttp()) && TakeHead()) continue;
        if (state_ != State::kHead || !readable_) break;
        const auto got = ReceiveMore();
        if (!got) {
            Close();
            break;
        }
        NoteReceived(*got, kReceiveBytes);
        if (*got == 0) break;
    }
    taking_heads_ = false;
}

bool HttpConnection::Open() {
    opening_ = false;
    const bool tls = Unread().front() == kTlsHandshake;
    const auto& options = shared_->options;
    if (!tls) {
        if (!options.tls_only) return true;
        RefuseHead({400, "This port speaks https, and this was plain http."});
        return false;
    }
    if (options.tls == nullptr) {
        Write(std::string(kNoTlsAlert), {});
        Linger();
        return false;
    }
    transport_.Secure(TlsSession::Accept(options.tls->Context(), transport_.Descriptor(),
                                         input_.substr(consumed_), options.tls_http2));
    Consume(Unread().size());
    state_ = State::kHandshake;
    SetDeadline(options.head_timeout);
    ShakeHands();
    return state_ == State::kHead;
}

void HttpConnection::ShakeHands() {
    const Outcome outcome = transport_.Session().Handshake();
    switch (outcome) {
        case Outcome::kWaitToReceive:
            return;
        case Outcome::kWaitToSend:
            return reactor_->Modify(transport_.Descriptor(), kReadEvents | EPOLLOUT, this);
        case Outcome::kDone:
            state_ = State::kHead;
            readable_ = true;  // there may be more under the handshake's last bytes
            SetDeadline(shared_->options.idle_timeout);
            return ReadHeads();
        default:
            // An alert that says why is on its way; what the client still sends must not undo it.
            core::LogDebug("a TLS handshake failed",
                           {{"client", remote_}, {"reason", transport_.Session().Reason()}});
            return Linger();
    }
}

void HttpConnection::OpenTunnel(const RequestHead& head) {
    const auto& options = shared_->options;
    if (!options.answers_for) return RefuseHead({501, "CONNECT is not served."});
    if (tunnel_ || transport_.Secure()) {
        return RefuseHead({501, "CONNECT is served over plain http only, and once."});
    }
    const std::string_view target = head.target;  // host:port, as the parser has seen
    const size_t colon = target.rfind(':');
    std::string host(target.substr(0, colon));
    std::ranges::transform(host, host.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    uint16_t port = 0;
    std::from_chars(target.data() + colon + 1, target.data() + target.size(), port);
    if (!options.answers_for(host, port)) {
        // In the status line too: of a proxy's refusal, clients show their users nothing else.
        return RefuseHead({403, head.target + ": " + options.tunnel_refusal},
                          options.tunnel_refusal);
    }
    tunnel_ = true;
    opening_ = true;
    SetDeadline(options.head_timeout);
    Write("HTTP/1.1 200 Connection established\r\n\r\n", {});
}

bool HttpConnection::TakeHead() {
    std::string_view unread = Unread();
    // An empty line before a request is read over (RFC 9112, 2.2).
    while (unread.starts_with("\r\n")) {
        Consume(2);
        unread = Unread();
        scanned_ = 0;
    }
    if (unread.empty()) return false;
    const bool begins = scanned_ == 0;
    const size_t size = HeadSize(unread, scanned_);
    if (std::max(size, size == 0 ? unread.size() : 0) > shared_->options.max_head_bytes) {
        RefuseHead({431, "the request's head is too long"});
        return false;
    }
    if (size == 0) {
        // From its first byte on: one byte now and then is no head.
        if (!deadline_ || begins) SetDeadline(shared_->options.head_timeout);
        return false;
    }
    scanned_ = 0;
    RequestHead head;
    auto framing = ParseRequestHead(unread.substr(0, size), head);
    if (!framing) {
        RefuseHead(framing.error());
        return false;
    }
    Consume(size);
    if (head.method == "CONNECT") {
        OpenTunnel(head);
        return state_ == State::kHead;
    }
    framing_ = *framing;
    StartExchange(std::move(head));
    return true;
}

void HttpConnection::StartExchange(RequestHead head) {
    decoder_ = ChunkDecoder();
    left_ = framing_.length.value_or(0);
    body_done_ = !framing_.chunked && left_ == 0;
    continue_pending_ = framing_.expect_continue;
    close_after_ = false;
    head.remote_address = remote_;
    head.secure = transport_.Secure();
    head.request_id = NewRequestId();
    head.subdomain = SubdomainOf(head.headers.Get("Host"), shared_->options.domains);
    state_ = State::kExchange;
    deadline_.reset();
    {
        const std::lock_guard lock(mutex_);
        answer_done_ = false;
    }
    const std::string id = head.request_id;
    auto exchange = std::make_shared<HttpExchange>(shared_from_this(), std::move(head));
    try {
        shared_->handler(std::move(exchange));
    } catch (const std::exception& error) {
        core::LogError("a request handler threw", {{"request", id}, {"what", error.what()}});
    }
}

void HttpConnection::RefuseHead(const HeadError& error, std::string_view reason) {
    state_ = State::kExchange;
    body_done_ = true;
    close_after_ = true;
    framing_.keep_alive = false;
    std::string head;
    const std::string body = error.message + "\n";
    Headers headers;
    headers.Add("Content-Type", "text/plain");
    headers.Add("x-amzn-RequestId", NewRequestId());  // every answer has one
    AppendResponseHead(head, error.status, headers, {.length = body.size(), .close = true});
    if (!reason.empty()) {
        const size_t from = std::string_view("HTTP/1.1 403 ").size();
        head.replace(from, head.find('\r') - from, reason);
    }
    Write(std::move(head), body);
    AnswerDone();
}

core::Result<size_t> HttpConnection::Decode(std::span<char> into) {
    const std::string_view unread = Unread();
    if (!framing_.chunked) {
        const size_t size =
            static_cast<size_t>(std::min<uint64_t>(left_, std::min(unread.size(), into.size())));
        std::memcpy(into.data(), unread.data(), size);
        Consume(size);
        left_ -= size;
        body_done_ = left_ == 0;
        return size;
    }
    const auto step = decoder_.Next(unread, into.size());
    if (!step) {
        close_after_ = true;
        return core::Fail(core::Code::kInvalidArgument, "the chunked body is malformed");
    }
    const size_t size = step->payload.size();
    if (size > 0) std::memcpy(into.data(), step->payload.data(), size);
    Consume(step->consumed);
    body_done_ = decoder_.Done();
    return size;
}

void HttpConnection::SendContinue() {
    if (!continue_pending_) return;
    continue_pending_ = false;
    Write("HTTP/1.1 100 Continue\r\n\r\n", {});
}

core::Result<size_t> HttpConnection::ReadBodyBlocking(std::span<char> into) {
    SendContinue();
    while (!body_done_) {
        if (!Unread().empty()) {
            GYRE_ASSIGN(const size_t size, Decode(into));
            if (size > 0) return size;
            if (body_done_) break;
        }
        size_t got = 0;
        if (framing_.chunked) {
            GYRE_ASSIGN(got, ReceiveMore());
        } else {
            const auto most = static_cast<size_t>(std::min<uint64_t>(left_, into.size()));
            GYRE_ASSIGN(got, ReceiveInto(into.first(most)));
            if (got > 0) {
                left_ -= got;
                body_done_ = left_ == 0;
                return got;
            }
        }
        if (got == 0 && !WaitToReceive()) {
            close_after_ = true;
            return TooSlow();
        }
    }
    return 0U;
}

void HttpConnection::ReadBodyAsync(size_t limit, BodyDone done) {
    if (!reactor_->OnThread()) {
        auto shared_done = std::make_shared<BodyDone>(std::move(done));
        const bool posted = reactor_->Post([self = shared_from_this(), limit, shared_done] {
            self->ReadBodyAsync(limit, std::move(*shared_done));
        });
        if (!posted) (*shared_done)(Gone());
        return;
    }
    if (state_ == State::kClosed) return done(Gone());
    if (framing_.length > limit) {
        return done(core::Fail(core::Code::kResourceExhausted,
                               "the body is larger than " + std::to_string(limit) + " bytes"));
    }
    SendContinue();
    async_ = AsyncBody{.limit = limit, .bytes = {}, .done = std::move(done)};
    // What came with the head is not to be moved again when the rest comes.
    if (!framing_.chunked) async_->bytes.reserve(std::min<uint64_t>(left_, kBodyStep));
    SetDeadline(shared_->options.body_timeout);
    PumpAsync();
}

void HttpConnection::FinishAsync(core::Result<std::string> result) {
    const BodyDone done = std::move(async_->done);
    async_.reset();
    deadline_.reset();
    if (!result) close_after_ = true;
    done(std::move(result));
}

void HttpConnection::PumpAsync() {
    const auto keep = shared_from_this();
    AsyncBody& body = *async_;
    size_t filled = body.bytes.size();
    const auto settle = [&](core::Result<std::string> result) { FinishAsync(std::move(result)); };
    while (!body_done_) {
        if (!Unread().empty()) {
            const size_t room =
                framing_.chunked ? Unread().size()
                                 : static_cast<size_t>(std::min<uint64_t>(left_, Unread().size()));
            body.bytes.resize(filled + room);
            const auto size = Decode(std::span(body.bytes).subspan(filled));
            if (!size) return settle(core::Fail(size.error()));
            filled += *size;
            body.bytes.resize(filled);
            if (filled > body.limit) {
                return settle(
                    core::Fail(core::Code::kResourceExhausted,
                               "the body is larger than " + std::to_string(body.limit) + " bytes"));
            }
            continue;
        }
        if (!readable_) break;
        if (framing_.chunked) {
            const auto got = ReceiveMore();
            if (!got) return Close();
            NoteReceived(*got, kReceiveBytes);
            if (*got > 0) SetDeadline(shared_->options.body_timeout);
            continue;
        }
        const auto step = static_cast<size_t>(std::min<uint64_t>(left_, kBodyStep));
        body.bytes.resize(filled + step);
        const auto got = ReceiveInto(std::span(body.bytes).subspan(filled));
        if (!got) return Close();
        filled += *got;
        body.bytes.resize(filled);
        left_ -= *got;
        body_done_ = left_ == 0;
        NoteReceived(*got, step);
        if (*got > 0) SetDeadline(shared_->options.body_timeout);
    }
    body.bytes.resize(filled);
    if (body_done_) settle(std::move(body.bytes));
}

void HttpConnection::PumpDiscard() {
    const auto keep = shared_from_this();
    std::array<char, 4096> sink;
    while (!body_done_) {
        if (!Unread().empty()) {
            if (!Decode(sink)) return Linger();
            continue;
        }
        if (!readable_) return;
        const auto got = ReceiveMore();
        if (!got) return Close();
        NoteReceived(*got, kReceiveBytes);
    }
    state_ = State::kHead;
    SetDeadline(shared_->options.idle_timeout);
    ReadHeads();
}

void HttpConnection::PumpLinger() {
    const Outcome outcome = transport_.Forget();
    if (outcome == Outcome::kWaitToReceive) return;
    if (outcome != Outcome::kDone) return Close();
    // Others have their turn before the rest of what may never end.
    reactor_->Post([self = shared_from_this()] {
        if (self->state_ == State::kLinger) self->PumpLinger();
    });
}

ResponseFraming HttpConnection::AnswerFraming() {
    // A body that nobody read: a short one is read over. One that waits for "100 Continue" will
    // not come, or will: nobody can tell, so the connection ends.
    if (!body_done_ && (continue_pending_ || framing_.chunked || left_ > kDiscardBytes)) {
        close_after_ = true;
    }
    if (!framing_.keep_alive || shared_->stopping) close_after_ = true;
    return {.length = {},
            .chunked = false,
            .close = close_after_,
            .http10 = framing_.http10,
            .keep_length = false};
}

void HttpConnection::Write(std::string head, std::string body) {
    const std::lock_guard lock(mutex_);
    if (gone_) return;
    output_.push_back(std::move(head));
    if (!body.empty()) output_.push_back(std::move(body));
    if (!blocked_) FlushLocked();
}

void HttpConnection::FlushLocked() {
    while (!output_.empty() && !gone_) {
        std::array<iovec, 16> pieces;
        size_t count = 0;
        for (auto it = output_.begin(); it != output_.end() && count < pieces.size(); ++it) {
            const size_t skip = count == 0 ? sent_ : 0;
            pieces[count++] = {it->data() + skip, it->size() - skip};
        }
        const Transfer sent = transport_.Send(std::span(pieces).first(count));
        if (sent.outcome == Outcome::kWaitToSend || sent.outcome == Outcome::kWaitToReceive) {
            blocked_ = true;
            blocked_until_ = std::chrono::steady_clock::now() + shared_->options.body_timeout;
            reactor_->Modify(transport_.Descriptor(), kReadEvents | EPOLLOUT, this);
            return;
        }
        if (sent.outcome != Outcome::kDone) {
            gone_ = true;
            output_.clear();
            return;
        }
        size_t left = sent.bytes;
        while (!output_.empty() && left >= output_.front().size() - sent_) {
            left -= output_.front().size() - sent_;
            output_.pop_front();
            sent_ = 0;
        }
        sent_ += left;
    }
}

template <class Left, class Send>
core::Status HttpConnection::SendBlocking(const Left& left, const Send& send) {
    while (left()) {
        {
            const std::lock_guard lock(mutex_);
            if (gone_) return Gone();
            if (output_.empty()) {
                const Outcome outcome = send();
                if (outcome == Outcome::kDone) continue;
                if (outcome == Outcome::kEnded || outcome == Outcome::kBroken) {
                    gone_ = true;
                    return Gone();
                }
            }
        }
        if (!PollUntil(transport_.Descriptor(), POLLOUT,
                       std::chrono::steady_clock::now() + shared_->options.body_timeout)) {
            return TooSlow();
        }
    }
    return {};
}

core::Status HttpConnection::WriteBlocking(std::initializer_list<std::string_view> pieces,
                                           bool more_follows) {
    std::array<iovec, 4> parts{};
    size_t count = 0;
    for (const std::string_view piece : pieces) {
        if (!piece.empty()) parts[count++] = {const_cast<char*>(piece.data()), piece.size()};
    }
    std::span<iovec> left = std::span(parts).first(count);
    return SendBlocking([&] { return !left.empty(); },
                        [&] {
                            const Transfer sent = transport_.Send(left, more_follows);
                            left = After(left, sent.bytes);
                            return sent.outcome;
                        });
}

core::Status HttpConnection::WriteFileBlocking(std::string_view head, int file, uint64_t offset,
                                               uint64_t length) {
    GYRE_TRY(WriteBlocking({head}, /*more_follows=*/true));
    bool file_ended = false;
    auto sent_all = SendBlocking([&] { return length > 0; },
                                 [&] {
                                     const Transfer sent =
                                         transport_.SendFile(file, offset, length);
                                     offset += sent.bytes;
                                     length -= sent.bytes;
                                     file_ended = sent.outcome == Outcome::kEnded;
                                     return sent.outcome;
                                 });
    if (file_ended) return core::Fail(core::Code::kDataLoss, "a file ends too early");
    return sent_all;
}

void HttpConnection::AnswerDone() {
    {
        const std::lock_guard lock(mutex_);
        answer_done_ = true;
        if (blocked_) return;  // goes on when the output is out
    }
    if (reactor_->OnThread()) return Proceed();
    reactor_->Post([self = shared_from_this()] { self->Proceed(); });
}

void HttpConnection::Abort() {
    {
        const std::lock_guard lock(mutex_);
        gone_ = true;
    }
    transport_.Shutdown();
    reactor_->Post([self = shared_from_this()] { self->Close(); });
}

void HttpConnection::Proceed() {
    if (state_ != State::kExchange) return;
    bool gone = false;
    {
        const std::lock_guard lock(mutex_);
        if (!answer_done_ || blocked_) return;
        answer_done_ = false;
        gone = gone_;
    }
    if (gone) return Close();
    if (close_after_ || shared_->stopping) return Linger();
    SetDeadline(shared_->options.idle_timeout);
    if (!body_done_) {
        state_ = State::kDiscard;
        SetDeadline(shared_->options.body_timeout);
        return PumpDiscard();
    }
    state_ = State::kHead;
    if (readable_ || !Unread().empty()) ReadHeads();
}

// Says that no more comes, and reads over what the client still sends: a socket that is closed with
// unread bytes is reset, and the client may lose the answer.
void HttpConnection::Linger() {
    state_ = State::kLinger;
    transport_.SayNoMore();
    SetDeadline(kLingerTime);
    Read();
}

}  // namespace gyre::net::detail
