#include "engine/python/frames.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace gyre::engine::python {
namespace {

using core::Code;
using core::Fail;

struct Header {
    uint32_t kind = 0;
    uint32_t items = 0;
    uint64_t size = 0;
};
struct Item {  // of a batch: id, content type, accept, headers, body; of answers: see DecodeAnswers
    std::array<uint32_t, 4> parts{};
    uint64_t body = 0;
};
static_assert(sizeof(Header) == 16 && sizeof(Item) == 24);

constexpr uint64_t kLargestFrame = uint64_t{1} << 36;
constexpr size_t kMostParts = 512;  // below the system's limit of one sendmsg

core::Status WaitFor(int socket, short events, core::SteadyTime deadline) {
    while (true) {
        int timeout = -1;
        if (deadline != core::SteadyTime::max()) {
            const auto left =
                std::chrono::ceil<core::milliseconds>(deadline - std::chrono::steady_clock::now());
            if (left.count() <= 0) return Fail(Code::kDeadlineExceeded, "the worker is too slow");
            timeout = static_cast<int>(std::min<int64_t>(left.count(), 1'000'000'000));
        }
        pollfd polled{socket, events, 0};
        const int ready = poll(&polled, 1, timeout);
        if (ready > 0) return {};
        if (ready < 0 && errno != EINTR) return Fail(core::ErrnoError("poll", errno));
    }
}

core::Status SendAll(int socket, std::vector<iovec>& parts, core::SteadyTime deadline) {
    std::span<iovec> rest(parts);
    while (!rest.empty()) {
        msghdr message{};
        message.msg_iov = rest.data();
        message.msg_iovlen = std::min(rest.size(), kMostParts);
        const ssize_t count = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0) {
            if (errno == EINTR) continue;
            if (errno != EAGAIN) return Fail(Code::kUnavailable, "the worker is gone");
            GYRE_TRY(WaitFor(socket, POLLOUT, deadline));
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

core::Status ReceiveAll(int socket, char* into, size_t size, core::SteadyTime deadline) {
    while (size > 0) {
        const ssize_t count = recv(socket, into, size, MSG_DONTWAIT);
        if (count > 0) {
            into += count;
            size -= static_cast<size_t>(count);
        } else if (count == 0 || (errno != EINTR && errno != EAGAIN)) {
            return Fail(Code::kUnavailable, "the worker is gone");
        } else if (errno == EAGAIN) {
            GYRE_TRY(WaitFor(socket, POLLIN, deadline));
        }
    }
    return {};
}

iovec Part(std::string_view bytes) {
    return {const_cast<char*>(bytes.data()), bytes.size()};
}

// Names and values that hold a NUL could not be told apart; HTTP allows none.
std::string PackHeaders(const std::map<std::string, std::string>& headers) {
    std::string packed;
    for (const auto& [name, value] : headers) {
        packed.append(name).push_back('\0');
        packed.append(value).push_back('\0');
    }
    return packed;
}

}  // namespace

core::Status SendFrame(int socket, FrameKind kind, std::string_view payload,
                       core::SteadyTime deadline) {
    Header header{static_cast<uint32_t>(kind), 0, payload.size()};
    std::vector<iovec> parts{{&header, sizeof header}, Part(payload)};
    return SendAll(socket, parts, deadline);
}

core::Status SendBatch(int socket, std::span<const Request* const> batch,
                       core::SteadyTime deadline) {
    std::string head(sizeof(Header) + batch.size() * sizeof(Item), '\0');
    Header header{static_cast<uint32_t>(FrameKind::kBatch), static_cast<uint32_t>(batch.size()), 0};
    size_t at = sizeof(Header);
    uint64_t bodies = 0;
    for (const Request* request : batch) {
        const std::string headers = PackHeaders(request->headers);
        const Item item{
            {static_cast<uint32_t>(request->id.size()),
             static_cast<uint32_t>(request->content_type.size()),
             static_cast<uint32_t>(request->accept.size()), static_cast<uint32_t>(headers.size())},
            request->body.size()};
        std::memcpy(head.data() + at, &item, sizeof item);
        at += sizeof item;
        head.append(request->id).append(request->content_type).append(request->accept);
        head.append(headers);
        bodies += request->body.size();
    }
    header.size = head.size() - sizeof header + bodies;
    std::memcpy(head.data(), &header, sizeof header);
    std::vector<iovec> parts{Part(head)};
    parts.reserve(batch.size() + 1);
    for (const Request* request : batch) {
        if (!request->body.empty()) parts.push_back(Part(request->body));
    }
    return SendAll(socket, parts, deadline);
}

core::Result<Frame> ReceiveFrame(int socket, core::SteadyTime deadline) {
    Header header;
    GYRE_TRY(ReceiveAll(socket, reinterpret_cast<char*>(&header), sizeof header, deadline));
    if (header.kind < 1 || header.kind > 5 || header.size > kLargestFrame) {
        return Fail(Code::kDataLoss, "the worker sent what is no frame");
    }
    Frame frame{static_cast<FrameKind>(header.kind), header.items, {}};
    frame.payload.resize(header.size);
    GYRE_TRY(ReceiveAll(socket, frame.payload.data(), frame.payload.size(), deadline));
    return frame;
}

core::Result<std::vector<core::Result<Reply>>> DecodeAnswers(const Frame& frame, size_t expected) {
    const auto bad = [] { return Fail(Code::kDataLoss, "the worker's answers do not add up"); };
    if (frame.kind != FrameKind::kAnswers || frame.items != expected ||
        frame.payload.size() < expected * sizeof(Item)) {
        return bad();
    }
    std::vector<Item> table(expected);
    std::memcpy(table.data(), frame.payload.data(), expected * sizeof(Item));
    std::string_view texts = std::string_view(frame.payload).substr(expected * sizeof(Item));
    uint64_t heads = 0;
    uint64_t bodies = 0;
    for (const Item& item : table) {
        if (item.body > kLargestFrame) return bad();
        heads += uint64_t{item.parts[2]} + item.parts[3];
        bodies += item.body;
    }
    if (heads + bodies != texts.size()) return bad();
    std::string_view body_bytes = texts.substr(heads);
    const auto take = [](std::string_view& from, size_t size) {
        const std::string_view part = from.substr(0, size);
        from.remove_prefix(size);
        return part;
    };
    std::vector<core::Result<Reply>> answers;
    answers.reserve(expected);
    for (const Item& item : table) {
        const auto [failed, status, type_size, headers_size] = item.parts;
        const std::string_view type = take(texts, type_size);
        std::string_view headers = take(texts, headers_size);
        const std::string_view body = take(body_bytes, item.body);
        if (failed != 0) {
            core::Error error(status == 500 ? Code::kInternal : Code::kInvalidArgument,
                              std::string(type) + ": " + std::string(body));
            error.http_status = static_cast<int>(status);
            error.details["PythonException"] = type;
            answers.push_back(Fail(std::move(error)));
            continue;
        }
        Reply reply{static_cast<int>(status), std::string(type), std::string(body), {}};
        while (!headers.empty()) {
            const size_t name = headers.find('\0');
            const size_t value = name == headers.npos ? name : headers.find('\0', name + 1);
            if (value == headers.npos) return bad();
            reply.headers[std::string(headers.substr(0, name))] =
                headers.substr(name + 1, value - name - 1);
            headers.remove_prefix(value + 1);
        }
        answers.push_back(std::move(reply));
    }
    return answers;
}

}  // namespace gyre::engine::python
