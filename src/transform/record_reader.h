#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/body.h"
#include "core/result.h"
#include "net/exchange.h"
#include "transform/record_format.h"

namespace gyre::transform {

/// The records of one input, one after another, with no more in memory than the longest of them
/// and a piece of what follows. One thread at a time.
class RecordReader {
  public:
    using NewMemory = std::function<core::BodyMemory(size_t size)>;
    /// Several records as a payload has them: as they stand in the input where nothing but a line's
    /// '\n' is between them, parted by '\n' where they are lines.
    struct Run {
        core::Body bytes;
        uint64_t records = 0;
    };

    /// `input` outlives it. `longest`: of a record with its framing, in bytes; `too_long`: what is
    /// said of one that is longer.
    RecordReader(net::BodyReader& input, SplitType split, size_t longest, std::string too_long);

    /// Where the memory comes from that it reads into when it next needs some.
    void ReadInto(NewMemory memory) { new_memory_ = std::move(memory); }
    /// Memory from there for `least` bytes, and for as many as a payload of what is left may have.
    [[nodiscard]] core::BodyMemory NewMemoryFor(size_t least) const {
        return new_memory_(std::max(least, SizeFor(0)));
    }
    /// The next record with its framing, valid until the next call; nullopt after the last. Errors:
    /// kInvalidArgument for a record that is too long or damaged, and the input's own.
    [[nodiscard]] core::Result<std::optional<std::string_view>> Next();
    /// A part of the last record for longer: in the memory that it was read into, where it is
    /// large.
    [[nodiscard]] core::Body Keep(std::string_view part);
    /// The next records, as many as `most_bytes` hold, but at least one and `most_records` at most;
    /// none after the last. Large ones stay in the memory that they were read into. Errors: as of
    /// Next.
    [[nodiscard]] core::Result<Run> NextRun(size_t most_bytes, uint64_t most_records);
    /// Has Next return the last record again.
    void PutBack();
    /// Bytes of the input up to the end of the last record.
    [[nodiscard]] uint64_t Offset() const { return offset_; }

  private:
    [[nodiscard]] std::string_view Unread(size_t from) const {
        return {memory_.data.get() + from, end_ - from};
    }
    /// What stands at the front of `unread`, with the limit of a record's size kept.
    [[nodiscard]] core::Result<Scan> ScanFront(std::string_view unread) const;
    /// Moves what is unread to the front, of new memory where others have some of this one.
    void MoveToFront(size_t room);
    /// Reads on; `missing` bytes at least are wanted, 0: it is not known how many.
    [[nodiscard]] core::Status Fill(size_t missing);
    [[nodiscard]] size_t SizeFor(size_t room) const;

    net::BodyReader& input_;
    const SplitType split_;
    const size_t longest_;
    const std::string too_long_;
    NewMemory new_memory_;
    core::BodyMemory memory_;  ///< bytes from `begin_` to `end_` are read and not consumed
    bool kept_ = false;        ///< others have what is before them
    size_t begin_ = 0;
    size_t end_ = 0;
    uint64_t read_ = 0;  ///< of the input
    size_t last_ = 0;    ///< what the last record took in the memory
    uint64_t last_skipped_ = 0;
    uint64_t skipped_ = 0;  ///< bytes of no record, before what comes next; not in `offset_` yet
    bool at_end_ = false;
    core::Status input_state_;  ///< what failed is not read on
    uint64_t offset_ = 0;
};

}  // namespace gyre::transform
