#pragma once

#include <cstdint>
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

    explicit CsvReader(ByteSource& source) : source_(source) {}
    /// False at the end. Blank lines are passed over. Errors: the source's, and kInvalidArgument
    /// for a quote that does not end or a record over 16 MiB.
    [[nodiscard]] core::Result<bool> Next(Record& record);
    /// Of the record that Next gave: 1 is the header.
    [[nodiscard]] uint64_t RecordNumber() const { return number_; }

  private:
    /// Where the record that begins at at_ ends, after its line's end; 0 when more is needed.
    [[nodiscard]] size_t FindEnd();
    void Split(std::string_view line, Record& record);
    /// A field that begins with a quote, from `at`, which is moved to the comma after it.
    [[nodiscard]] std::string_view Quoted(std::string_view line, size_t& at);

    ByteSource& source_;
    std::string buffer_;
    std::string plain_;  ///< fields without their quotes
    size_t at_ = 0;
    size_t scanned_ = 0;
    bool in_quotes_ = false;
    bool quotes_ = false;  ///< the record has some
    bool ended_ = false;
    uint64_t number_ = 0;
};

}  // namespace gyre::graph::load
