#include "engine/python/channel.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace gyre::engine::python {
namespace {

using core::Code;
using core::Fail;

constexpr size_t kMostParts = 512;  // below the system's limit of one sendmsg
constexpr size_t kReadAtOnce = size_t{1} << 20;

iovec Part(std::string_view bytes) {
    return {const_cast<char*>(bytes.data()), bytes.size()};
}

tl::unexpected<core::Error> Gone() {
    return Fail(Code::kUnavailable, "the worker is gone");
}

}  // namespace

Channel::~Channel() {
    close(socket_);
}

core::Status Channel::WaitFor(short events, core::SteadyTime deadline) {
    while (true) {
        int timeout = -1;
        if (deadline != core::SteadyTime::max()) {
            const auto left =
                std::chrono::ceil<core::milliseconds>(deadline - core::SystemClock().Now());
            if (left.count() <= 0) return Fail(Code::kDeadlineExceeded, "the worker is too slow");
            timeout = static_cast<int>(std::min<int64_t>(left.count(), 1'000'000'000));
        }
        std::array<pollfd, 2> polled{{{socket_, events, 0}, {process_, POLLIN, 0}}};
        const int ready = poll(polled.data(), polled.size(), timeout);
        if (ready < 0 && errno != EINTR) return Fail(core::ErrnoError("poll", errno));
        if (ready <= 0) continue;
        if (polled[0].revents != 0) return {};  // before the process: it may have answered last
        return Gone();
    }
}

core::Status Channel::SendAll(std::vector<iovec>& parts, core::SteadyTime deadline) {
    std::span<iovec> rest(parts);
    while (!rest.empty()) {
        msghdr message{};
        message.msg_iov = rest.data();
        message.msg_iovlen = std::min(rest.size(), kMostParts);
        const ssize_t count = sendmsg(socket_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0) {
            if (errno == EINTR) continue;
            if (errno != EAGAIN) return Gone();
            GYRE_TRY(WaitFor(POLLOUT, deadline));
            continue;
        }
        auto sent = static_cast<size_t>(count);
        while (!rest.empty() && sent >= rest.front().iov_len) {
            sent -= rest.front().iov_len;
            rest = rest.subspan(1);
        }
        if (sent > 0) {
            rest.front().iov_base = static_cast<char*>(rest.front().iov_base) + sent;
            rest.front().iov_len -= sent;
        }
    }
    return {};
}

core::Status Channel::Send(FrameKind kind, std::string_view payload, core::SteadyTime deadline) {
    const std::string header = EncodeHeader({kind, 0, payload.size()});
    std::vector<iovec> parts{Part(header), Part(payload)};
    return SendAll(parts, deadline);
}

core::Status Channel::SendBatch(std::span<const Request* const> batch, core::SteadyTime deadline) {
    const std::string head = EncodeBatchHead(batch);
    std::vector<iovec> parts{Part(head)};
    parts.reserve(batch.size() + 1);
    for (const Request* request : batch) {
        if (!request->body.empty()) parts.push_back(Part(request->body));
    }
    return SendAll(parts, deadline);
}

core::Result<size_t> Channel::ReceiveSome(char* into, size_t size, core::SteadyTime deadline) {
    while (true) {
        const ssize_t count = recv(socket_, into, size, MSG_DONTWAIT);
        if (count > 0) return static_cast<size_t>(count);
        if (count == 0 || (errno != EINTR && errno != EAGAIN)) return Gone();
        if (errno == EAGAIN) GYRE_TRY(WaitFor(POLLIN, deadline));
    }
}

core::Result<Frame> Channel::Receive(core::SteadyTime deadline) {
    // Nothing follows a frame unasked but another frame, which must not be read with this one.
    std::array<char, kFrameHeaderSize> header_bytes{};
    for (size_t have = 0; have < header_bytes.size();) {
        GYRE_ASSIGN(const size_t count,
                    ReceiveSome(header_bytes.data() + have, header_bytes.size() - have, deadline));
        have += count;
    }
    GYRE_ASSIGN(const FrameHeader header, DecodeHeader({header_bytes.data(), header_bytes.size()}));
    Frame frame{header.kind, header.items, {}};
    // Grown as bytes come, for the header may lie.
    for (size_t have = 0; have < header.size;) {
        if (have == frame.payload.size()) {
            frame.payload.resize(std::min<size_t>(header.size, 2 * have + kReadAtOnce));
        }
        GYRE_ASSIGN(const size_t count, ReceiveSome(frame.payload.data() + have,
                                                    frame.payload.size() - have, deadline));
        have += count;
    }
    return frame;
}

}  // namespace gyre::engine::python
