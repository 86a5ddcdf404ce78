#pragma once

#include <cstdint>

namespace gyre::core {

/// Counts the bytes that this thread allocates with new and does not give back while the meter
/// lives, and notes when they are too many. Blocks of less than 512 bytes are not counted: to
/// allocate those costs what it costs without a meter. Of several on one thread the newest counts;
/// they end in the opposite order.
class MemoryMeter {
  public:
    /// Sets `over` when more than `most` bytes are held, and never clears it.
    MemoryMeter(uint64_t most, bool& over);
    ~MemoryMeter();
    MemoryMeter(const MemoryMeter&) = delete;
    MemoryMeter& operator=(const MemoryMeter&) = delete;

    /// Less than nothing where others' blocks were given back.
    [[nodiscard]] int64_t Held() const { return held_; }
    /// A block came, or went where that is negative.
    void Add(int64_t bytes) {
        held_ += bytes;
        if (held_ > most_) over_ = true;
    }

  private:
    const int64_t most_;
    bool& over_;
    MemoryMeter* const before_;
    int64_t held_ = 0;
};

}  // namespace gyre::core
