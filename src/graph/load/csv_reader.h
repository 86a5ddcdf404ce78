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
    struct Field {
        std::string text;
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
    /// Bytes of the next record; 0 when more are needed.
    [[nodiscard]] size_t FindEnd();
    void Split(std::string_view line, Record& record) const;

    ByteSource& source_;
    std::string buffer_;
    size_t at_ = 0;
    size_t scanned_ = 0;
    bool in_quotes_ = false;
    bool ended_ = false;
    uint64_t number_ = 0;
};

}  // namespace gyre::graph::load
