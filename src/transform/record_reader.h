#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"
#include "net/exchange.h"
#include "transform/record_format.h"

namespace gyre::transform {

/// The records of one input, one after another, with no more in memory than the longest of them
/// and a piece of what follows. One thread at a time.
class RecordReader {
  public:
    /// Several records as a payload has them: as they stand in the input where nothing but a line's
    /// '\n' is between them, parted by '\n' where they are lines.
    struct Run {
        std::string bytes;
        uint64_t records = 0;
    };

    /// `input` outlives it. `longest`: of a record with its framing, in bytes.
    RecordReader(net::BodyReader& input, SplitType split, size_t longest);

    /// The next record with its framing, valid until the next call; nullopt after the last. Errors:
    /// kInvalidArgument for a record that is too long or damaged, and the input's own.
    [[nodiscard]] core::Result<std::optional<std::string_view>> Next();
    /// The next records, as many as `most_bytes` hold, but at least one and `most_records` at most;
    /// none after the last. They are handed over in the memory that they were read into. Errors: as
    /// of Next.
    [[nodiscard]] core::Result<Run> NextRun(size_t most_bytes, uint64_t most_records);
    /// Has Next return the last record again.
    void PutBack();
    /// Bytes of the input up to the end of the last record.
    [[nodiscard]] uint64_t Offset() const { return offset_; }

  private:
    /// What stands at the front of `unread`, with the limit of a record's size kept.
    [[nodiscard]] core::Result<Scan> ScanFront(std::string_view unread) const;
    void MoveToFront();
    [[nodiscard]] core::Status Fill();

    net::BodyReader& input_;
    const SplitType split_;
    const size_t longest_;
    std::string buffer_;  ///< bytes from `begin_` to `end_` are read and not consumed
    size_t begin_ = 0;
    size_t end_ = 0;
    size_t last_ = 0;  ///< what the last record took in the buffer
    uint64_t last_skipped_ = 0;
    uint64_t skipped_ = 0;  ///< bytes of no record, before what comes next; not in `offset_` yet
    bool at_end_ = false;
    core::Status input_state_;  ///< what failed is not read on
    uint64_t offset_ = 0;
};

}  // namespace gyre::transform
