#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace gyre::graph::exec {

/// A number for each of some vertices: a hash table in one piece, in which vertices whose own
/// numbers are near each other stand together, as neighbours often do.
class VertexTable {
  public:
    static constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();

    /// Where the vertex's number stands, which is kNone until it is set. Until the next call.
    [[nodiscard]] uint32_t& At(uint64_t vertex) {
        if (taken_ * 2 >= slots_.size()) Grow();
        Slot& slot = slots_[Place(vertex)];
        if (slot.number == kNone) {
            slot.vertex = vertex;
            ++taken_;  // or soon will be
        }
        return slot.number;
    }
    [[nodiscard]] uint32_t Find(uint64_t vertex) const {
        return slots_.empty() ? kNone : slots_[Place(vertex)].number;
    }
    [[nodiscard]] size_t Size() const { return taken_; }
    void Clear() {
        if (taken_ == 0) return;
        slots_.assign(slots_.size(), Slot{});
        taken_ = 0;
    }

  private:
    struct Slot {
        uint64_t vertex = 0;
        uint32_t number = kNone;
    };
    static constexpr int kTogether =
        2;  ///< bits: four vertices share a hash, and a line of the cache
    static constexpr size_t kLeast = 64;

    [[nodiscard]] size_t Place(uint64_t vertex) const {
        const size_t mask = slots_.size() - 1;
        const uint64_t hash = (vertex >> kTogether) * 0x9E3779B97F4A7C15ULL >> 32;
        size_t at = static_cast<size_t>((hash << kTogether) + (vertex & ((1U << kTogether) - 1)));
        for (at &= mask; slots_[at].number != kNone && slots_[at].vertex != vertex;) {
            at = (at + 1) & mask;
        }
        return at;
    }
    void Grow() {
        std::vector<Slot> before = std::exchange(slots_, {});
        slots_.resize(before.empty() ? kLeast : before.size() * 2);
        for (const Slot& slot : before) {
            if (slot.number != kNone) slots_[Place(slot.vertex)] = slot;
        }
    }

    std::vector<Slot> slots_;
    size_t taken_ = 0;
};

}  // namespace gyre::graph::exec
