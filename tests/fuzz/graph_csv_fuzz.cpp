// The bulk loader's CSV: records are the same read one by one, in batches, and from pieces of any
// size; headers and fields are refused or become columns and values.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "graph/load/csv_reader.h"
#include "graph/load/cypher_csv.h"
#include "graph/load/gremlin_csv.h"

using namespace gyre;
using namespace gyre::graph::load;

namespace {

class Pieces final : public ByteSource {
  public:
    Pieces(std::string_view text, size_t size) : text_(text), size_(size) {}
    core::Result<bool> More(std::string& into) override {
        const std::string_view piece = text_.substr(0, size_);
        into += piece;
        text_.remove_prefix(piece.size());
        return !piece.empty();
    }

  private:
    std::string_view text_;
    const size_t size_;
};

using Row = std::vector<std::pair<std::string, bool>>;

struct Read {
    std::vector<Row> rows;
    bool whole = false;
    bool operator==(const Read&) const = default;
};

template <typename Fields>
Row RowOf(const Fields& fields) {
    Row row;
    for (const CsvReader::Field& field : fields) row.emplace_back(field.text, field.quoted);
    return row;
}

Read OneByOne(std::string_view text, size_t size) {
    Pieces source(text, size);
    CsvReader reader(source);
    CsvReader::Record record;
    Read read;
    while (true) {
        const auto more = reader.Next(record);
        if (!more || !*more) {
            read.whole = more.has_value();
            return read;
        }
        read.rows.push_back(RowOf(record));
    }
}

Read InBatches(std::string_view text, size_t size) {
    Pieces source(text, size);
    CsvReader reader(source);
    CsvReader::Batch batch;
    Read read;
    while (true) {
        const auto more = reader.NextBatch(batch);
        if (!more || !*more) {
            read.whole = more.has_value();
            return read;
        }
        for (size_t i = 0; i < batch.Size(); ++i) read.rows.push_back(RowOf(batch[i]));
    }
}

void ReadFields(const CsvHeader& header, const Row& row) {
    for (size_t i = 0; i < std::min(row.size(), header.columns.size()); ++i) {
        for (const std::string& part : SplitField(row[i].first)) {
            std::ignore = ReadField(header.columns[i], part);
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    const Read whole = OneByOne(text, text.size() + 1);
    if (OneByOne(text, 1 + data[0] % 16) != whole) std::abort();
    if (InBatches(text, 1 + data[0]) != whole) std::abort();
    if (whole.rows.empty()) return 0;
    CsvReader::Record record;
    for (const auto& [field, quoted] : whole.rows[0]) record.push_back({field, quoted});
    for (const auto& header :
         {ReadHeader(record), ReadCypherHeader(record, true), ReadCypherHeader(record, false)}) {
        if (!header) continue;
        for (size_t i = 1; i < whole.rows.size(); ++i) ReadFields(*header, whole.rows[i]);
    }
    return 0;
}
