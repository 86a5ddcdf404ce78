#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace gyre::graph::load {

/// Where a file's bytes come from. One reader at a time.
class ByteSource {
  public:
    virtual ~ByteSource() = default;
    /// Appends some bytes; false at the end.
    [[nodiscard]] virtual core::Result<bool> More(std::string& into) = 0;
};

/// Records of a CSV file (RFC 4180, quotes doubled; \n or \r\n), read piece by piece.
class CsvReader {
  public:
    /// Valid until the next Next.
    struct Field {
        std::string_view text;
        bool quoted = false;  ///< "" is a value where a bare nothing is none
    };
    using Record = std::vector<Field>;

    /// Some records, with the text that their fields stand in.
    class Batch {
      public:
        Batch() = default;
        Batch(const Batch&) = delete;  // fields point into it
        Batch& operator=(const Batch&) = delete;
        [[nodiscard]] size_t Size() const { return ends_.size(); }
        [[nodiscard]] std::span<const Field> operator[](size_t i) const {
            const size_t begin = i == 0 ? 0 : ends_[i - 1];
            return {fields_.data() + begin, fields_.data() + ends_[i]};
        }
        /// Of the first record, as RecordNumber has it.
        [[nodiscard]] uint64_t First() const { return first_; }

      private:
        friend class CsvReader;
        std::string text_;
        std::string plain_;          ///< fields without their quotes
        std::vector<size_t> lines_;  ///< where each ends in text_
        std::vector<Field> fields_;  ///< of all records
        std::vector<size_t> ends_;   ///< of each record's, in fields_
        uint64_t first_ = 0;
    };

    explicit CsvReader(ByteSource& source) : source_(source) {}
    /// False at the end. Blank lines are passed over. Errors: the source's, and kInvalidArgument
    /// for a quote that does not end or a record over 16 MiB.
    [[nodiscard]] core::Result<bool> Next(Record& record);
    /// The records that come next, at least one and about as many as a quarter of a mebibyte holds.
    /// False and errors as Next; what stands before an error was given.
    [[nodiscard]] core::Result<bool> NextBatch(Batch& batch);
    /// Of the record that Next gave: 1 is the header.
    [[nodiscard]] uint64_t RecordNumber() const { return number_; }

  private:
    /// Where the record that begins at at_ ends, after its line's end; 0 when more is needed.
    [[nodiscard]] size_t FindEnd();
    /// Reads on, after what has been given; false at the end of the input.
    [[nodiscard]] core::Result<bool> More();
    /// Without its end, and the mark that a file may begin with.
    [[nodiscard]] std::string_view Trimmed(std::string_view line) const;

    ByteSource& source_;
    std::string buffer_;
    std::string plain_;  ///< fields of a record without their quotes
    size_t at_ = 0;
    size_t scanned_ = 0;
    bool in_quotes_ = false;
    bool ended_ = false;
    uint64_t number_ = 0;
};

}  // namespace gyre::graph::load
