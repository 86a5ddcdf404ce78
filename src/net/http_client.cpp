#include "net/http_client.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "core/guarded.h"
#include "net/detail/chunk_decoder.h"
#include "net/detail/chunked_call.h"
#include "net/detail/head_parser.h"
#include "net/detail/socket.h"
#include "net/detail/transport.h"

namespace gyre::net {
namespace {

using core::Result;
using detail::Outcome;
using detail::Transport;

constexpr size_t kReceiveBytes = 64 * 1024;
constexpr size_t kMaxHeadBytes = 256 * 1024;
constexpr size_t kMaxIdle = 16;

tl::unexpected<core::Error> Broken(const char* what) {
    return core::Fail(core::Code::kInternal, std::string("broken answer: ") + what);
}

tl::unexpected<core::Error> Late() {
    return core::Fail(core::Code::kDeadlineExceeded, "no answer in time");
}

constexpr core::milliseconds kCancelSlice{200};

/// How long a call waits, and what ends that.
struct Patience {
    core::SteadyTime deadline;
    const core::CancelToken* cancel = nullptr;
};

/// After an outcome that is not kDone: until it is worth another try.
core::Status Wait(Transport& transport, Outcome outcome, const Patience& patience) {
    if (outcome == Outcome::kEnded || outcome == Outcome::kBroken) {
        std::string reason = transport.Secure() ? transport.Session().Reason() : "";
        if (reason.empty()) reason = "the connection broke";
        return core::Fail(core::Code::kUnavailable, std::move(reason));
    }
    const short events = outcome == Outcome::kWaitToSend ? POLLOUT : POLLIN;
    while (true) {
        const core::SteadyTime slice = std::chrono::steady_clock::now() + kCancelSlice;
        const core::SteadyTime until =
            patience.cancel != nullptr ? std::min(slice, patience.deadline) : patience.deadline;
        if (detail::PollUntil(transport.Descriptor(), events, until)) return {};
        if (until == patience.deadline) return Late();
        if (patience.cancel->Cancelled()) {
            return core::Fail(core::Code::kCancelled, "the wait for an answer was cancelled");
        }
    }
}

/// One request and its answer on one connection.
class Call {
  public:
    Call(Transport& transport, Patience patience, uint64_t max_body)
        : transport_(transport), patience_(patience), max_body_(max_body) {}

    core::Status SendAll(std::string_view bytes) {
        while (!bytes.empty()) {
            const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
            const auto sent = transport_.Send({&piece, 1});
            if (sent.outcome == Outcome::kDone) {
                bytes.remove_prefix(sent.bytes);
            } else {
                GYRE_TRY(Wait(transport_, sent.outcome, patience_));
            }
        }
        return {};
    }

    /// `reusable` is set when the connection may take another request.
    Result<Response> Receive(bool head_only, bool& reusable) {
        Response response;
        detail::Framing framing;
        do {  // interim answers are read over
            GYRE_ASSIGN(const size_t size, ReceiveHead());
            ResponseHead head;
            const auto parsed =
                detail::ParseResponseHead(std::string_view(input_).substr(0, size), head);
            if (!parsed) return Broken(parsed.error().message.c_str());
            input_.erase(0, size);
            response.status = head.status;
            response.headers = std::move(head.headers);
            framing = *parsed;
        } while (response.status >= 100 && response.status < 200);
        if (head_only) {
            framing.chunked = false;
            framing.length = 0;
        }
        reusable = framing.keep_alive;
        if (framing.chunked) {
            GYRE_TRY(ReceiveChunks(response.body));
        } else if (framing.length) {
            GYRE_TRY(ReceiveLength(*framing.length, response.body));
        } else {
            reusable = false;
            GYRE_TRY(ReceiveToEnd(response.body));
        }
        if (!input_.empty()) reusable = false;
        return response;
    }

    [[nodiscard]] bool GotNothing() const { return !got_any_; }

  private:
    // Appends what came; 0 at the end of the connection.
    Result<size_t> ReceiveMore() {
        thread_local std::array<char, kReceiveBytes> buffer;
        while (true) {
            const auto got = transport_.Receive(buffer);
            if (got.outcome == Outcome::kEnded) return 0U;
            if (got.outcome == Outcome::kDone) {
                got_any_ = true;
                input_.append(buffer.data(), got.bytes);
                return got.bytes;
            }
            GYRE_TRY(Wait(transport_, got.outcome, patience_));
        }
    }

    Result<size_t> ReceiveHead() {
        size_t scanned = 0;
        while (true) {
            if (const size_t size = detail::HeadSize(input_, scanned)) return size;
            if (input_.size() > kMaxHeadBytes) return Broken("its head is too long");
            GYRE_ASSIGN(const size_t got, ReceiveMore());
            if (got == 0) return core::Fail(core::Code::kUnavailable, "the server closed");
        }
    }

    core::Status Fits(uint64_t size) const {
        if (size <= max_body_) return {};
        return core::Fail(core::Code::kResourceExhausted,
                          "the answer has more than " + std::to_string(max_body_) + " bytes");
    }

    core::Status ReceiveLength(uint64_t length, std::string& body) {
        GYRE_TRY(Fits(length));
        while (input_.size() < length) {
            GYRE_ASSIGN(const size_t got, ReceiveMore());
            if (got == 0) return Broken("it ended early");
        }
        body = input_.substr(0, static_cast<size_t>(length));
        input_.erase(0, static_cast<size_t>(length));
        return {};
    }

    core::Status ReceiveChunks(std::string& body) {
        detail::ChunkDecoder decoder;
        while (!decoder.Done()) {
            const auto step = decoder.Next(input_, kReceiveBytes);
            if (!step) return Broken("malformed chunks");
            body.append(step->payload);
            GYRE_TRY(Fits(body.size()));
            input_.erase(0, step->consumed);
            if (step->consumed == 0 && !decoder.Done()) {
                GYRE_ASSIGN(const size_t got, ReceiveMore());
                if (got == 0) return Broken("it ended early");
            }
        }
        return {};
    }

    core::Status ReceiveToEnd(std::string& body) {
        while (true) {
            GYRE_ASSIGN(const size_t got, ReceiveMore());
            GYRE_TRY(Fits(input_.size()));
            if (got == 0) break;
        }
        body = std::move(input_);
        input_.clear();
        return {};
    }

    Transport& transport_;
    const Patience patience_;
    const uint64_t max_body_;
    std::string input_;
    bool got_any_ = false;
};

/// Without a length: of a body in chunks.
std::string Serialise(const ClientRequest& request, const std::string& host,
                      std::optional<uint64_t> length) {
    std::string text = request.method + " " + request.target + " HTTP/1.1\r\n";
    if (!request.headers.Find("Host")) text += "Host: " + host + "\r\n";
    for (const auto& [name, value] : request.headers) {
        if (EqualsIgnoreCase(name, "content-length")) continue;
        text.append(name).append(": ").append(value).append("\r\n");
    }
    text += length ? "Content-Length: " + std::to_string(*length) : "Transfer-Encoding: chunked";
    return text + "\r\n\r\n";
}

bool HasControl(const ClientRequest& request) {
    const auto bad = [](const std::string& text) {
        return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos;
    };
    return bad(request.method) || bad(request.target) ||
           std::ranges::any_of(request.headers, [&](const auto& field) {
               return bad(field.first) || bad(field.second);
           });
}

}  // namespace

struct HttpClient::Impl {
    std::string address;
    std::string host;
    HttpClientOptions options;
    core::Guarded<std::vector<std::unique_ptr<Transport>>> idle;

    std::unique_ptr<Transport> TakeIdle() {
        auto connections = idle.Lock();
        if (connections->empty()) return nullptr;
        auto transport = std::move(connections->back());
        connections->pop_back();
        return transport;
    }

    void Keep(std::unique_ptr<Transport> transport) {
        auto connections = idle.Lock();
        if (connections->size() < kMaxIdle) connections->push_back(std::move(transport));
    }

    Patience Until(core::SteadyTime deadline) const {
        return {deadline, options.cancel ? &*options.cancel : nullptr};
    }

    Result<std::unique_ptr<Transport>> Connect(core::SteadyTime deadline) const {
        GYRE_ASSIGN(auto fd, detail::Connect(address, deadline, options.may_connect));
        auto transport = std::make_unique<Transport>(std::move(fd));
        if (!options.tls) return transport;
        const std::string name = host.substr(0, host.rfind(':'));
        transport->Secure(
            detail::TlsSession::Connect(options.tls->Context(), transport->Descriptor(), name));
        while (true) {
            const Outcome outcome = transport->Session().Handshake();
            if (outcome == Outcome::kDone) return transport;
            if (auto waited = Wait(*transport, outcome, Until(deadline)); !waited) {
                return core::Fail(std::move(waited.error()).In("https with " + address));
            }
        }
    }
};

HttpClient::HttpClient(std::string address) : HttpClient(std::move(address), HttpClientOptions()) {
}

HttpClient::HttpClient(std::string address, std::shared_ptr<const TlsClient> tls)
    : HttpClient(std::move(address), HttpClientOptions{.tls = std::move(tls),
                                                       .may_connect = nullptr,
                                                       .max_body = UINT64_MAX,
                                                       .cancel = std::nullopt}) {
}

HttpClient::HttpClient(std::string address, HttpClientOptions options)
    : impl_(std::make_unique<Impl>()) {
    impl_->options = std::move(options);
    impl_->host = address.starts_with("unix:") ? "localhost" : address;
    impl_->address = std::move(address);
}

HttpClient::~HttpClient() = default;

Result<Response> HttpClient::Send(const ClientRequest& request, core::milliseconds timeout) {
    if (HasControl(request)) {
        return core::Fail(core::Code::kInvalidArgument, "a line break in the request's head");
    }
    const core::SteadyTime deadline = std::chrono::steady_clock::now() + timeout;
    const std::string head = Serialise(request, impl_->host, request.body.size());
    const bool last = EqualsIgnoreCase(request.headers.Get("connection"), "close");
    while (true) {
        std::unique_ptr<Transport> transport = impl_->TakeIdle();
        const bool reused = transport != nullptr;
        if (!reused) {
            GYRE_ASSIGN(transport, impl_->Connect(deadline));
        }
        Call call(*transport, impl_->Until(deadline), impl_->options.max_body);
        bool reusable = false;
        core::Status sent = call.SendAll(head);
        if (sent) sent = call.SendAll(request.body);
        // Even where sending broke off there may be an answer: an early refusal.
        auto response = call.Receive(request.method == "HEAD", reusable);
        if (response) {
            if (reusable && sent && !last) impl_->Keep(std::move(transport));
            return response;
        }
        // A kept connection may have been closed in the meantime; nothing of this request was
        // answered on it, and a fresh one tells.
        if (reused && call.GotNothing() && response.error().code != core::Code::kDeadlineExceeded) {
            continue;
        }
        return response;
    }
}

Result<Response> HttpClient::SendStream(const ClientRequest& request, BodyReader& body,
                                        uint64_t length, core::milliseconds timeout) {
    if (HasControl(request)) {
        return core::Fail(core::Code::kInvalidArgument, "a line break in the request's head");
    }
    const core::SteadyTime deadline =
        std::chrono::steady_clock::now() + timeout * (1 + static_cast<int64_t>(length >> 20));
    // On a connection of its own: a body cannot be read again for a second try.
    GYRE_ASSIGN(auto transport, impl_->Connect(deadline));
    Call call(*transport, impl_->Until(deadline), impl_->options.max_body);
    core::Status sent = call.SendAll(Serialise(request, impl_->host, length));
    std::string piece(kReceiveBytes, '\0');
    for (uint64_t left = length; sent && left > 0;) {
        GYRE_ASSIGN(const size_t got,
                    body.Read({piece.data(), std::min<uint64_t>(piece.size(), left)}));
        if (got == 0) {
            return core::Fail(core::Code::kInvalidArgument, "the body ended before its length");
        }
        left -= got;
        if (left == 0) {
            // Its last byte goes when the body is known to be sound: a reader may find out at its
            // end only that it is not.
            char more = 0;
            GYRE_ASSIGN(const size_t extra, body.Read({&more, 1}));
            if (extra != 0) {
                return core::Fail(core::Code::kInvalidArgument, "the body is too long");
            }
        }
        sent = call.SendAll(std::string_view(piece).substr(0, got));
    }
    bool reusable = false;
    auto response = call.Receive(request.method == "HEAD", reusable);
    if (response && reusable && sent) impl_->Keep(std::move(transport));
    return response;
}

Result<Response> HttpClient::SendChunked(const ClientRequest& request, BodyReader& body,
                                         const TakePiece& take, core::milliseconds patience,
                                         const core::CancelToken& cancel) {
    return TakePieces(request, &body, take, patience, cancel);
}

Result<Response> HttpClient::SendForPieces(const ClientRequest& request, const TakePiece& take,
                                           core::milliseconds patience,
                                           const core::CancelToken& cancel) {
    return TakePieces(request, nullptr, take, patience, cancel);
}

Result<Response> HttpClient::TakePieces(const ClientRequest& request, BodyReader* body,
                                        const TakePiece& take, core::milliseconds patience,
                                        const core::CancelToken& cancel) {
    if (HasControl(request)) {
        return core::Fail(core::Code::kInvalidArgument, "a line break in the request's head");
    }
    // A kept connection where there is one: some servers answer on no other beside it. One that was
    // closed meanwhile has something to read.
    const core::SteadyTime now = std::chrono::steady_clock::now();
    auto transport = impl_->TakeIdle();
    while (transport && detail::PollUntil(transport->Descriptor(), POLLIN, now)) {
        transport = impl_->TakeIdle();
    }
    if (!transport) {
        GYRE_ASSIGN(transport, impl_->Connect(now + patience));
    }
    std::string begin = body != nullptr
                            ? Serialise(request, impl_->host, std::nullopt)
                            : Serialise(request, impl_->host, request.body.size()) + request.body;
    detail::ChunkedCall call(*transport, patience, cancel);
    auto response = call.Run(std::move(begin), body, take);
    if (response && call.LeavesConnection()) impl_->Keep(std::move(transport));
    return response;
}

}  // namespace gyre::net
