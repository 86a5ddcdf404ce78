#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/body.h"
#include "core/result.h"
#include "net/detail/fd.h"

namespace gyre::net::detail {

/// Memory that the two ends of a frame channel share, so that large bodies cross it without being
/// copied: a half for each end to lend bodies from (docs/formats/frame_channel.md). What is lent is
/// taken back when its reader has let go of it, by a count in the memory itself. Whatever the peer
/// writes there, no place outside is touched. Bodies keep the memory mapped. Thread-safe.
class FrameArena : public std::enable_shared_from_this<FrameArena> {
  public:
    enum class End : uint32_t { kClient, kServer };
    /// Where a body is, as a frame says it.
    struct Place {
        End half{};
        uint32_t slot = 0;    ///< whose count the reader takes down; of what is lent
        uint64_t offset = 0;  ///< in the half
        uint64_t size = 0;
    };

    /// New memory, for the client. The second one is what the server maps.
    [[nodiscard]] static core::Result<std::pair<std::shared_ptr<FrameArena>, Fd>> Make();
    /// The client's, for the server. Errors: kInvalidArgument for what has another size.
    [[nodiscard]] static core::Result<std::shared_ptr<FrameArena>> Map(const Fd& memory);
    FrameArena(End end, char* mapped);
    ~FrameArena();
    FrameArena(const FrameArena&) = delete;
    FrameArena& operator=(const FrameArena&) = delete;

    /// Memory of the own half; nullopt where there is no room.
    [[nodiscard]] std::optional<core::BodyMemory> Take(size_t size);
    /// Whether a body is there that the peer can be told of.
    [[nodiscard]] bool Contains(std::string_view body) const;
    /// How to tell the peer of that body: lends it where it is of the own half; the server also
    /// gives one back that the client lent. nullopt where it is not in this memory.
    [[nodiscard]] std::optional<Place> Lend(std::string_view body);
    /// The body that the peer told of: lent by it, or one of the own half, that comes back as the
    /// answer while somebody here holds it. nullopt where there can be none.
    [[nodiscard]] std::optional<core::Body> Borrow(const Place& place);
    /// Gives pages back to the system where much of the own half was used and none is now.
    void Tidy();

  private:
    static constexpr size_t kSlots = 128;  // of each half
    class Taken;
    class Borrowed;
    struct Extent {
        uint32_t slot = 0;
        size_t begin = 0;
        size_t size = 0;
        bool held = true;  ///< somebody here has it
        std::weak_ptr<char> owner;
    };

    [[nodiscard]] char* Half(End end) const;
    [[nodiscard]] bool Within(End half, std::string_view body) const;
    [[nodiscard]] std::atomic<uint32_t>& Lent(End half, uint32_t slot) const;
    void Dropped(uint32_t slot);
    void SweepLocked();

    const End end_;
    char* const mapped_;
    std::mutex mutex_;                 // guards what follows
    std::vector<Extent> extents_;      ///< in the order of their places
    std::atomic<size_t> touched_ = 0;  ///< of the own half, from its front; changes under the lock
};

}  // namespace gyre::net::detail
