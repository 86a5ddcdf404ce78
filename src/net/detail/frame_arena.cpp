#include "net/detail/frame_arena.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <bitset>
#include <cerrno>

namespace gyre::net::detail {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kControlBytes = kPage;
// Address space; what is never used takes no memory.
constexpr size_t kHalfBytes = size_t{128} << 20;
constexpr size_t kWholeBytes = kControlBytes + 2 * kHalfBytes;
constexpr size_t kKeptBytes = size_t{16} << 20;
constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

core::Result<char*> MapShared(const Fd& memory) {
    void* const mapped =
        mmap(nullptr, kWholeBytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory.Get(), 0);
    if (mapped == MAP_FAILED) return core::Fail(core::ErrnoError("mmap", errno));
    madvise(mapped, kWholeBytes, MADV_HUGEPAGE);  // where the system gives them to shared memory
    return static_cast<char*>(mapped);
}

size_t WholePages(size_t size) {
    return (std::max<size_t>(size, 1) + kPage - 1) / kPage * kPage;
}

}  // namespace

/// Of memory that this end fills: gives it back when nobody here has it any more.
class FrameArena::Taken {
  public:
    Taken(std::shared_ptr<FrameArena> arena, uint32_t slot)
        : arena_(std::move(arena)), slot_(slot) {}
    ~Taken() { arena_->Dropped(slot_); }
    Taken(const Taken&) = delete;
    Taken& operator=(const Taken&) = delete;

  private:
    const std::shared_ptr<FrameArena> arena_;
    const uint32_t slot_;
};

/// Of memory that the peer lent.
class FrameArena::Borrowed {
  public:
    Borrowed(std::shared_ptr<FrameArena> arena, End half, uint32_t slot)
        : arena_(std::move(arena)), lent_(arena_->Lent(half, slot)) {}
    ~Borrowed() { lent_.fetch_sub(1, std::memory_order_release); }
    Borrowed(const Borrowed&) = delete;
    Borrowed& operator=(const Borrowed&) = delete;

  private:
    const std::shared_ptr<FrameArena> arena_;
    std::atomic<uint32_t>& lent_;
};

core::Result<std::pair<std::shared_ptr<FrameArena>, Fd>> FrameArena::Make() {
    Fd memory(memfd_create("gyre-frames", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    // Sealed, so that no peer can make reading it a bus error.
    if (!memory.Valid() || ftruncate(memory.Get(), kWholeBytes) != 0 ||
        fcntl(memory.Get(), F_ADD_SEALS, kSeals) != 0) {
        return core::Fail(core::ErrnoError("memfd_create", errno));
    }
    GYRE_ASSIGN(char* const mapped, MapShared(memory));
    return std::pair{std::make_shared<FrameArena>(End::kClient, mapped), std::move(memory)};
}

core::Result<std::shared_ptr<FrameArena>> FrameArena::Map(const Fd& memory) {
    struct stat info{};
    if (fstat(memory.Get(), &info) != 0 || static_cast<size_t>(info.st_size) != kWholeBytes ||
        (fcntl(memory.Get(), F_GET_SEALS) & kSeals) != kSeals) {
        return core::Fail(core::Code::kInvalidArgument, "this is no frame channel's memory");
    }
    GYRE_ASSIGN(char* const mapped, MapShared(memory));
    return std::make_shared<FrameArena>(End::kServer, mapped);
}

FrameArena::FrameArena(End end, char* mapped) : end_(end), mapped_(mapped) {
    extents_.reserve(kSlots);
}

FrameArena::~FrameArena() {
    munmap(mapped_, kWholeBytes);
}

char* FrameArena::Half(End end) const {
    return mapped_ + kControlBytes + (end == End::kClient ? 0 : kHalfBytes);
}

std::atomic<uint32_t>& FrameArena::Lent(End half, uint32_t slot) const {
    static_assert(std::atomic<uint32_t>::is_always_lock_free &&
                  2 * kSlots * sizeof(std::atomic<uint32_t>) <= kControlBytes);
    const size_t index = slot + (half == End::kClient ? 0 : kSlots);
    return reinterpret_cast<std::atomic<uint32_t>*>(mapped_)[index];
}

std::optional<core::BodyMemory> FrameArena::Take(size_t size) {
    const size_t whole = WholePages(size);
    const std::lock_guard lock(mutex_);
    SweepLocked();
    // The first gap that it fits in: what was used before, and is in memory, comes first.
    size_t begin = 0;
    auto before = extents_.begin();
    for (; before != extents_.end() && before->begin - begin < whole; ++before) {
        begin = before->begin + before->size;
    }
    if (begin > kHalfBytes || kHalfBytes - begin < whole) return std::nullopt;
    std::bitset<kSlots> used;
    for (const Extent& extent : extents_) used.set(extent.slot);
    if (used.all()) return std::nullopt;
    uint32_t slot = 0;
    while (used.test(slot)) slot++;

    Lent(end_, slot).store(0, std::memory_order_relaxed);
    auto taken = std::make_shared<Taken>(shared_from_this(), slot);
    const std::shared_ptr<char> data(std::move(taken), Half(end_) + begin);
    extents_.insert(before, Extent{slot, begin, whole, true, data});
    touched_ = std::max<size_t>(touched_, begin + whole);
    return core::BodyMemory{data, size};
}

void FrameArena::Dropped(uint32_t slot) {
    const std::lock_guard lock(mutex_);
    for (Extent& extent : extents_) {
        if (extent.slot == slot) extent.held = false;
    }
}

void FrameArena::SweepLocked() {
    std::erase_if(extents_, [this](const Extent& extent) {
        return !extent.held && Lent(end_, extent.slot).load(std::memory_order_acquire) == 0;
    });
}

bool FrameArena::Within(End half, std::string_view body) const {
    const auto from = reinterpret_cast<uintptr_t>(Half(half));
    const auto at = reinterpret_cast<uintptr_t>(body.data());
    return at >= from && at - from < kHalfBytes;
}

bool FrameArena::Contains(std::string_view body) const {
    return Within(end_, body) || (end_ == End::kServer && Within(End::kClient, body));
}

std::optional<FrameArena::Place> FrameArena::Lend(std::string_view body) {
    if (end_ == End::kServer &&
        Within(End::kClient, body)) {  // who asked holds it until the answer
        return Place{End::kClient, 0, static_cast<uint64_t>(body.data() - Half(End::kClient)),
                     body.size()};
    }
    if (!Within(end_, body)) return std::nullopt;
    const auto offset = static_cast<uint64_t>(body.data() - Half(end_));
    const std::lock_guard lock(mutex_);
    for (const Extent& extent : extents_) {
        if (offset < extent.begin || offset - extent.begin >= extent.size) continue;
        Lent(end_, extent.slot).fetch_add(1, std::memory_order_relaxed);
        return Place{end_, extent.slot, offset, body.size()};
    }
    return std::nullopt;
}

std::optional<core::Body> FrameArena::Borrow(const Place& place) {
    if (place.offset >= kHalfBytes || place.size > kHalfBytes - place.offset) return std::nullopt;
    if (place.half != End::kClient && place.half != End::kServer) return std::nullopt;
    const std::string_view bytes(Half(place.half) + place.offset, place.size);
    if (place.half != end_) {
        if (place.slot >= kSlots) return std::nullopt;
        return core::Body(bytes,
                          std::make_shared<Borrowed>(shared_from_this(), place.half, place.slot));
    }
    std::shared_ptr<char> owner;  // goes after the lock
    const std::lock_guard lock(mutex_);
    for (const Extent& extent : extents_) {
        if (place.offset < extent.begin || place.offset - extent.begin >= extent.size) continue;
        if (place.size > extent.size - (place.offset - extent.begin)) return std::nullopt;
        owner = extent.owner.lock();
        if (owner == nullptr) return std::nullopt;
        return core::Body(bytes, owner);
    }
    return std::nullopt;
}

void FrameArena::Tidy() {
    if (touched_ <= kKeptBytes) return;
    const std::lock_guard lock(mutex_);
    SweepLocked();
    if (!extents_.empty() || touched_ <= kKeptBytes) return;
    madvise(Half(end_) + kKeptBytes, touched_ - kKeptBytes, MADV_REMOVE);
    touched_ = kKeptBytes;
}

}  // namespace gyre::net::detail
