#include "net/detail/frame_stream.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "core/uninitialised.h"

namespace gyre::net {
namespace {

constexpr uint32_t kMoreBit = 0x8000'0000;  // of the kind: another reply to this request follows
constexpr size_t kHeaderBytes = 24;
constexpr std::array<char, 4> kMagic{'G', 'Y', 'F', '1'};
constexpr std::array<char, 4> kSharedMagic{'G', 'Y', 'F', 'S'};  // the body says where it is
constexpr size_t kPlaceBytes = 24;
constexpr size_t kBufferBytes = 64 * 1024;
/// A body is grown and filled by this much at a time: a size that is only claimed costs nothing.
constexpr size_t kBodyStep = 256 * 1024;
/// Longer bodies are written from where they are, shorter ones are copied beside their header.
constexpr size_t kCopyBytes = 8 * 1024;
/// Bodies that go by the shared memory.
constexpr size_t kShareBytes = 64 * 1024;
constexpr size_t kOpenChunkBytes = 64 * 1024;
constexpr size_t kReadPerTurn = 4 << 20;
constexpr uint32_t kReadEvents = EPOLLIN | EPOLLRDHUP | EPOLLET;

/// The streams that this thread holds back; null while no FrameCork lives on it.
thread_local std::vector<std::shared_ptr<detail::FrameStream>>* corked = nullptr;
thread_local int cork_depth = 0;

template <typename T>
void PutLittle(char* to, T value) {
    for (size_t i = 0; i < sizeof(T); ++i) to[i] = static_cast<char>(value >> (8 * i));
}

template <typename T>
T GetLittle(const char* from) {
    T value = 0;
    for (size_t i = 0; i < sizeof(T); ++i) {
        value |= static_cast<T>(static_cast<unsigned char>(from[i])) << (8 * i);
    }
    return value;
}

std::string PlaceText(const detail::FrameArena::Place& place) {
    std::string text(kPlaceBytes, '\0');
    PutLittle(&text[0], static_cast<uint32_t>(place.half));
    PutLittle(&text[4], place.slot);
    PutLittle(&text[8], place.offset);
    PutLittle(&text[16], place.size);
    return text;
}

bool IsUnix(int fd) {
    int domain = 0;
    socklen_t size = sizeof domain;
    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX;
}

/// The descriptor that came with a message.
detail::Fd PassedWith(msghdr& message) {
    detail::Fd passed;
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
         part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(part), sizeof fd);  // there is room for one only
        passed = detail::Fd(fd);
    }
    return passed;
}

}  // namespace

FrameCork::FrameCork() {
    if (cork_depth++ == 0) corked = new std::vector<std::shared_ptr<detail::FrameStream>>;
}

FrameCork::~FrameCork() {
    if (--cork_depth > 0) return;
    const std::unique_ptr<std::vector<std::shared_ptr<detail::FrameStream>>> streams(corked);
    corked = nullptr;
    for (const auto& stream : *streams) stream->Flush();
}

namespace detail {

FrameStream::FrameStream(std::shared_ptr<Reactor> reactor, Fd fd, FrameLimits limits)
    : reactor_(std::move(reactor)), limits_(limits), buffer_(kBufferBytes), fd_(std::move(fd)) {
    const int size = 4 << 20;  // the system takes what it allows
    setsockopt(fd_.Get(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

void FrameStream::Start(OnFrame on_frame, OnClose on_close) {
    on_frame_ = std::move(on_frame);
    on_close_ = std::move(on_close);
    if (!reactor_->Add(fd_.Get(), kReadEvents, shared_from_this())) Close();
}

void FrameStream::OfferMemory() {
    const std::lock_guard lock(mutex_);
    if (!fd_.Valid() || !IsUnix(fd_.Get())) return;
    FlushLocked();
    if (blocked_ || broken_) return;
    auto made = FrameArena::Make();
    if (!made) return;  // bodies go by the socket
    std::array<char, kHeaderBytes> header{};
    std::copy(kMagic.begin(), kMagic.end(), header.begin());
    PutLittle(&header[4], kFrameMemory);
    iovec piece{header.data(), header.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof(int));
    const int fd = made->second.Get();
    std::memcpy(CMSG_DATA(part), &fd, sizeof fd);
    const ssize_t sent = ::sendmsg(fd_.Get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(header.size())) arena_ = std::move(made->first);
    if (sent >= 0 && arena_ == nullptr) BreakLocked();  // half a frame
}

void FrameStream::AcceptMemory() {
    takes_memory_ = IsUnix(fd_.Get());
}

std::shared_ptr<const void> FrameStream::Share(core::Body& body) {
    FrameArena* const arena = shared_.load(std::memory_order_acquire);
    if (arena == nullptr || body.size() < kShareBytes) return nullptr;
    if (!arena->Contains(body)) {
        const auto memory = arena->Take(body.size());
        if (!memory) return nullptr;
        std::memcpy(memory->data.get(), body.data(), body.size());
        body = memory->Part(0, body.size());
    }
    return body.Owner();
}

core::BodyMemory FrameStream::NewMemory(size_t size) {
    FrameArena* const arena = shared_.load(std::memory_order_acquire);
    if (arena != nullptr) {
        if (auto memory = arena->Take(size)) return std::move(*memory);
    }
    return core::BodyMemory::OfHeap(size);
}

void FrameStream::Close() {
    {
        const std::lock_guard lock(mutex_);
        if (!fd_.Valid()) return;
        reactor_->Remove(fd_.Get(), this);
        fd_.Close();
        queue_.clear();
        broken_ = true;
    }
    open_ = false;
    if (on_close_) on_close_();
}

void FrameStream::AskForTurnEnd() {
    if (turn_end_asked_) return;
    turn_end_asked_ = true;
    reactor_->CallAtTurnEnd(shared_from_this());
}

void FrameStream::OnTurnEnd() {
    turn_end_asked_ = false;
    Flush();
    if (more_to_read_) Read();
}

void FrameStream::OnEvents(uint32_t events) {
    if (events & EPOLLOUT) {
        const std::lock_guard lock(mutex_);
        blocked_ = false;
        FlushLocked();
        if (!blocked_ && fd_.Valid()) reactor_->Modify(fd_.Get(), kReadEvents, this);
    }
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) peer_ended_ = true;
    if (events & ~static_cast<uint32_t>(EPOLLOUT)) Read();
}

void FrameStream::Send(Frame frame) {
    const bool on_thread = reactor_->OnThread();
    bool shared = false;
    if (FrameArena* const arena = shared_.load(std::memory_order_acquire)) {
        Share(frame.body);
        std::optional<FrameArena::Place> place;
        if (frame.body.size() >= kShareBytes) place = arena->Lend(frame.body);
        shared = place.has_value();
        if (shared) {
            frame.body = PlaceText(*place);
        } else {
            arena->Tidy();
        }
    }
    {
        const std::lock_guard lock(mutex_);
        if (broken_) return;
        Queue(std::move(frame), shared);
        if (!on_thread && corked == nullptr) return FlushLocked();
    }
    if (on_thread) return AskForTurnEnd();
    if (corked->empty() || corked->back().get() != this) corked->push_back(shared_from_this());
}

void FrameStream::Flush() {
    const std::lock_guard lock(mutex_);
    FlushLocked();
}

void FrameStream::Queue(Frame frame, bool shared) {
    const auto& magic = shared ? kSharedMagic : kMagic;
    std::array<char, kHeaderBytes> header;
    std::copy(magic.begin(), magic.end(), header.begin());
    PutLittle(&header[4], frame.more ? frame.kind | kMoreBit : frame.kind);
    PutLittle(&header[8], frame.id);
    PutLittle(&header[16], static_cast<uint32_t>(frame.head.size()));
    PutLittle(&header[20], static_cast<uint32_t>(frame.body.size()));
    if (queue_.empty() || !queue_.back().open || queue_.back().bytes.size() > kOpenChunkBytes) {
        queue_.push_back({.open = true});
    }
    std::string& bytes = queue_.back().bytes;
    bytes.append(header.data(), header.size()).append(frame.head);
    if (frame.body.size() <= kCopyBytes) {
        bytes.append(frame.body.View());
    } else {
        queue_.push_back({.body = std::move(frame.body)});
    }
}

void FrameStream::FlushLocked() {
    while (!queue_.empty() && !blocked_ && !broken_) {
        std::array<iovec, 64> pieces;
        size_t count = 0;
        size_t total = 0;
        for (auto it = queue_.begin(); it != queue_.end() && count < pieces.size(); ++it) {
            const std::string_view rest = it->Rest();
            pieces[count++] = {const_cast<char*>(rest.data()), rest.size()};
            total += rest.size();
        }
        if (total == 0) return;  // an open chunk that waits for its next frame
        msghdr message{};
        message.msg_iov = pieces.data();
        message.msg_iovlen = count;
        const ssize_t sent = ::sendmsg(fd_.Get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EINTR) continue;
            if (errno == EAGAIN) {
                blocked_ = true;
                reactor_->Modify(fd_.Get(), kReadEvents | EPOLLOUT, this);
            } else {
                BreakLocked();
            }
            return;
        }
        auto left = static_cast<size_t>(sent);
        while (left > 0) {
            Chunk& first = queue_.front();
            const size_t taken = std::min(left, first.Rest().size());
            first.sent += taken;
            left -= taken;
            if (!first.Rest().empty()) break;
            if (queue_.size() == 1 && first.open) {  // keeps its memory for the next frames
                first.bytes.clear();
                first.sent = 0;
                return;
            }
            queue_.pop_front();
        }
    }
}

// Not every failure ends the connection (for want of memory, the system fails a call), and its
// other end would wait for the rest for ever.
void FrameStream::BreakLocked() {
    broken_ = true;
    ::shutdown(fd_.Get(), SHUT_RDWR);
}

/// What it grows by is filled before the frame is anybody's.
void FrameStream::GrowBody(size_t size) {
    if (body_.size() < size) core::ResizeUninitialised(body_, size);
}

bool FrameStream::BeginFrame(const char* header) {
    frame_ = {};
    body_.clear();
    shared_body_ = std::equal(kSharedMagic.begin(), kSharedMagic.end(), header);
    frame_.kind = GetLittle<uint32_t>(header + 4);
    frame_.more = frame_.kind != kFrameDropped && (frame_.kind & kMoreBit) != 0;
    if (frame_.more) frame_.kind &= ~kMoreBit;
    frame_.id = GetLittle<uint64_t>(header + 8);
    head_size_ = GetLittle<uint32_t>(header + 16);
    body_size_ = GetLittle<uint32_t>(header + 20);
    body_got_ = 0;
    const bool known =
        shared_body_ ? body_size_ == kPlaceBytes : std::equal(kMagic.begin(), kMagic.end(), header);
    return known && head_size_ <= limits_.max_head_bytes && body_size_ <= limits_.max_body_bytes;
}

bool FrameStream::Consume() {
    while (open_) {
        if (part_ == Part::kHeader) {
            if (end_ - begin_ < kHeaderBytes) return true;
            if (!BeginFrame(&buffer_[begin_])) return false;
            begin_ += kHeaderBytes;
            part_ = Part::kHead;
        }
        if (part_ == Part::kHead) {
            const size_t taken = std::min(head_size_ - frame_.head.size(), end_ - begin_);
            frame_.head.append(buffer_.data() + begin_, taken);
            begin_ += taken;
            if (frame_.head.size() < head_size_) return true;
            part_ = Part::kBody;
            body_.reserve(std::min(body_size_, size_t{8} << 20));
        }
        const size_t taken = std::min(body_size_ - body_got_, end_ - begin_);
        GrowBody(body_got_ + taken);
        std::memcpy(body_.data() + body_got_, buffer_.data() + begin_, taken);
        begin_ += taken;
        body_got_ += taken;
        if (body_got_ < body_size_) return true;
        part_ = Part::kHeader;
        if (!Deliver()) return false;
    }
    return true;
}

bool FrameStream::Deliver() {
    if (shared_body_) {
        if (!TakeSharedBody()) return false;
    } else {
        frame_.body = std::exchange(body_, {});
    }
    if (frame_.kind == kFrameMemory) {
        TakeMemory();
    } else {
        on_frame_(std::move(frame_));
    }
    return true;
}

bool FrameStream::TakeSharedBody() {
    FrameArena* const arena = shared_.load(std::memory_order_relaxed);
    if (arena == nullptr) return false;
    const FrameArena::Place place{
        .half = static_cast<FrameArena::End>(GetLittle<uint32_t>(&body_[0])),
        .slot = GetLittle<uint32_t>(&body_[4]),
        .offset = GetLittle<uint64_t>(&body_[8]),
        .size = GetLittle<uint64_t>(&body_[16])};
    auto body = arena->Borrow(place);
    if (!body || body->size() > limits_.max_body_bytes) return false;
    frame_.body = std::move(*body);
    return true;
}

void FrameStream::TakeMemory() {
    if (takes_memory_) {
        auto arena = FrameArena::Map(offered_);
        offered_.Close();
        if (!arena) return;  // no answer: bodies go by the socket
        arena_ = std::move(*arena);
        takes_memory_ = false;
        Send({.kind = kFrameMemory});
    }
    shared_.store(arena_.get(), std::memory_order_release);
}

ssize_t FrameStream::ReadInto(std::span<const iovec> pieces) {
    if (!takes_memory_) return ::readv(fd_.Get(), pieces.data(), static_cast<int>(pieces.size()));
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces.data());
    message.msg_iovlen = pieces.size();
    message.msg_control = control.data();
    message.msg_controllen = CMSG_LEN(sizeof(int));
    const ssize_t got = ::recvmsg(fd_.Get(), &message, MSG_CMSG_CLOEXEC);
    if (got >= 0) {
        if (Fd passed = PassedWith(message); passed.Valid()) offered_ = std::move(passed);
    }
    return got;
}

ssize_t FrameStream::Receive(size_t& room) {
    if (begin_ == end_) {
        begin_ = end_ = 0;
    } else if (begin_ > 0) {  // only a part of a header or head is ever left
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    // Past the end of a body the same call reads on into the buffer.
    size_t in_body = 0;
    if (part_ == Part::kBody) {
        if (body_.size() == body_got_) GrowBody(std::min(body_size_, body_got_ + kBodyStep));
        in_body = body_.size() - body_got_;
    }
    const bool whole = part_ != Part::kBody || body_.size() == body_size_;
    const std::array<iovec, 2> pieces{
        iovec{body_.data() + body_got_, in_body},
        iovec{buffer_.data() + end_, whole ? buffer_.size() - end_ : 0}};
    room = pieces[0].iov_len + pieces[1].iov_len;
    const ssize_t got = ReadInto(pieces);
    if (got <= 0) return got;
    const size_t into_body = std::min(static_cast<size_t>(got), in_body);
    body_got_ += into_body;
    end_ += static_cast<size_t>(got) - into_body;
    return got;
}

void FrameStream::Read() {
    more_to_read_ = false;
    size_t total = 0;
    while (open_) {
        size_t room = 0;
        const bool whole = !takes_memory_;  // the system stops behind a descriptor
        const ssize_t got = Receive(room);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == EAGAIN) return;
        if (got <= 0) return Close();
        if (!Consume()) return Close();
        // A short read has emptied the socket and the next bytes come as a new event; but the end
        // may have come in the same event as the last bytes, and then only a read shows it.
        if (static_cast<size_t>(got) < room && whole && !peer_ended_) return;
        total += static_cast<size_t>(got);
        if (total >= kReadPerTurn) {
            more_to_read_ = true;
            return AskForTurnEnd();
        }
    }
}

}  // namespace detail
}  // namespace gyre::net
