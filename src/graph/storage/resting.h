#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <system_error>
#include <vector>

#include "graph/storage/label_members.h"
#include "graph/storage/segment.h"

namespace gyre::graph {

/// Numbers below a bound that were marked, or may have been: many numbers share a bit where there
/// are very many. A mark stays. Thread-safe.
class Marks {
  public:
    explicit Marks(uint64_t below) {
        while ((below >> shift_) > kMostBits) ++shift_;
        words_ = std::vector<std::atomic<uint64_t>>((below >> shift_) / 64 + 1);
    }
    /// As they are now: who goes through numbers twice needs the same marks both times.
    Marks(const Marks& other) : shift_(other.shift_), words_(other.words_.size()) {
        for (size_t i = 0; i < words_.size(); ++i) {
            words_[i].store(other.words_[i].load(std::memory_order_relaxed),
                            std::memory_order_relaxed);
        }
    }
    Marks& operator=(const Marks&) = delete;
    ~Marks() = default;
    void Mark(uint64_t number) {
        const uint64_t bit = number >> shift_;
        words_[bit / 64].fetch_or(uint64_t{1} << (bit % 64), std::memory_order_relaxed);
    }
    void MarkAll() {
        for (auto& word : words_) word.store(~uint64_t{0}, std::memory_order_relaxed);
    }
    [[nodiscard]] bool Marked(uint64_t number) const {
        const uint64_t bit = number >> shift_;
        return (words_[bit / 64].load(std::memory_order_relaxed) >> (bit % 64) & 1) != 0;
    }
    /// The first from there on that is marked; UINT64_MAX where none is.
    [[nodiscard]] uint64_t NextMarked(uint64_t number) const {
        const uint64_t bit = number >> shift_;
        uint64_t kept = ~uint64_t{0} << (bit % 64);
        for (uint64_t i = bit / 64; i < words_.size(); ++i, kept = ~uint64_t{0}) {
            const uint64_t word = words_[i].load(std::memory_order_relaxed) & kept;
            if (word == 0) continue;
            const auto first = static_cast<uint64_t>(std::countr_zero(word));
            return std::max(number, (i * 64 + first) << shift_);
        }
        return UINT64_MAX;
    }
    /// How many may be marked.
    [[nodiscard]] uint64_t Count() const {
        uint64_t bits = 0;
        for (const auto& word : words_) {
            bits += static_cast<uint64_t>(std::popcount(word.load(std::memory_order_relaxed)));
        }
        return bits << shift_;
    }
    /// Of those from the first to the last, both among them.
    [[nodiscard]] bool AnyMarked(uint64_t first, uint64_t last) const {
        const uint64_t begin = first >> shift_, end = last >> shift_;
        for (uint64_t i = begin / 64; i <= end / 64; ++i) {
            uint64_t word = words_[i].load(std::memory_order_relaxed);
            if (i == begin / 64) word &= ~uint64_t{0} << (begin % 64);
            if (i == end / 64) word &= ~uint64_t{0} >> (63 - end % 64);
            if (word != 0) return true;
        }
        return false;
    }

  private:
    static constexpr uint64_t kMostBits = uint64_t{1} << 25;  // 4 MiB of them
    int shift_ = 0;
    std::vector<std::atomic<uint64_t>> words_;
};

/// What rests of a graph, and which of it has changed since: about an unmarked number the table of
/// changes has nothing to say. A writer marks before it commits, so whoever may see the change sees
/// the mark.
struct Resting {
    Resting(std::unique_ptr<const Segment> opened, std::filesystem::path path)
        : segment(std::move(opened)),
          file(std::move(path)),
          vertices(segment->VerticesBelow()),
          sides(segment->VerticesBelow()),
          edges(segment->EdgesBelow()),
          labels(*segment) {}
    ~Resting() {
        std::error_code ignored;  // the next start removes it
        if (replaced) std::filesystem::remove(file, ignored);
    }

    const std::unique_ptr<const Segment> segment;
    const std::filesystem::path file;
    Marks vertices;                     ///< whose rows have changed
    Marks sides;                        ///< whose edges have
    Marks edges;                        ///< whose rows have
    const LabelMembers labels;          ///< of what rests
    std::atomic<bool> ids{false};       ///< some id came or went
    std::atomic<bool> replaced{false};  ///< another segment has taken its place
};

}  // namespace gyre::graph
