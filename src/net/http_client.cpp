#include "net/http_client.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "core/guarded.h"
#include "net/detail/chunk_decoder.h"
#include "net/detail/head_parser.h"
#include "net/detail/socket.h"

namespace gyre::net {
namespace {

using core::Result;
using detail::Fd;

constexpr size_t kReceiveBytes = 64 * 1024;
constexpr size_t kMaxHeadBytes = 256 * 1024;
constexpr size_t kMaxIdle = 16;

tl::unexpected<core::Error> Broken(const char* what) {
    return core::Fail(core::Code::kInternal, std::string("broken answer: ") + what);
}

tl::unexpected<core::Error> Late() {
    return core::Fail(core::Code::kDeadlineExceeded, "no answer in time");
}

/// One request and its answer on one connection.
class Call {
  public:
    Call(Fd& fd, core::SteadyTime deadline) : fd_(fd), deadline_(deadline) {}

    core::Status SendAll(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t sent =
                ::send(fd_.Get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            if (sent > 0) {
                bytes.remove_prefix(static_cast<size_t>(sent));
            } else if (errno == EAGAIN) {
                if (!detail::PollUntil(fd_.Get(), POLLOUT, deadline_)) return Late();
            } else if (errno != EINTR) {
                return core::Fail(core::ErrnoError("sending", errno));
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
            const ssize_t got = ::recv(fd_.Get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (got >= 0) {
                got_any_ |= got > 0;
                input_.append(buffer.data(), static_cast<size_t>(got));
                return static_cast<size_t>(got);
            }
            if (errno == EAGAIN) {
                if (!detail::PollUntil(fd_.Get(), POLLIN, deadline_)) return Late();
            } else if (errno != EINTR) {
                return core::Fail(core::Code::kUnavailable, "the connection broke");
            }
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

    core::Status ReceiveLength(uint64_t length, std::string& body) {
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
            if (got == 0) break;
        }
        body = std::move(input_);
        input_.clear();
        return {};
    }

    Fd& fd_;
    const core::SteadyTime deadline_;
    std::string input_;
    bool got_any_ = false;
};

std::string Serialise(const ClientRequest& request, const std::string& host) {
    std::string text = request.method + " " + request.target + " HTTP/1.1\r\n";
    if (!request.headers.Find("Host")) text += "Host: " + host + "\r\n";
    for (const auto& [name, value] : request.headers) {
        if (EqualsIgnoreCase(name, "content-length")) continue;
        text.append(name).append(": ").append(value).append("\r\n");
    }
    text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n\r\n";
    return text;
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
    core::Guarded<std::vector<Fd>> idle;

    Fd TakeIdle() {
        auto connections = idle.Lock();
        if (connections->empty()) return Fd();
        Fd fd = std::move(connections->back());
        connections->pop_back();
        return fd;
    }

    void Keep(Fd fd) {
        auto connections = idle.Lock();
        if (connections->size() < kMaxIdle) connections->push_back(std::move(fd));
    }
};

HttpClient::HttpClient(std::string address) : impl_(std::make_unique<Impl>()) {
    impl_->host = address.starts_with("unix:") ? "localhost" : address;
    impl_->address = std::move(address);
}

HttpClient::~HttpClient() = default;

Result<Response> HttpClient::Send(const ClientRequest& request, core::milliseconds timeout) {
    if (HasControl(request)) {
        return core::Fail(core::Code::kInvalidArgument, "a line break in the request's head");
    }
    const core::SteadyTime deadline = std::chrono::steady_clock::now() + timeout;
    const std::string head = Serialise(request, impl_->host);
    while (true) {
        Fd fd = impl_->TakeIdle();
        const bool reused = fd.Valid();
        if (!reused) {
            GYRE_ASSIGN(fd, detail::Connect(impl_->address, deadline));
        }
        Call call(fd, deadline);
        bool reusable = false;
        core::Status sent = call.SendAll(head);
        if (sent) sent = call.SendAll(request.body);
        // Even where sending broke off there may be an answer: an early refusal.
        auto response = call.Receive(request.method == "HEAD", reusable);
        if (response) {
            if (reusable && sent) impl_->Keep(std::move(fd));
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

}  // namespace gyre::net
