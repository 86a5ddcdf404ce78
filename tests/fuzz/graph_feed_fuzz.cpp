// What comes from other servers and from backups: a feed of changes, which is the same once it is
// written and read again, a backup's manifest, and the headers of openCypher's CSV. As a CSV file
// they have the same records read one by one and many at once.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "graph/backup/manifest.h"
#include "graph/load/cypher_csv.h"
#include "graph/replica/change_feed.h"

namespace {

/// The bytes, in pieces of that size.
class Pieces final : public gyre::graph::load::ByteSource {
  public:
    Pieces(std::string_view bytes, size_t size) : bytes_(bytes), size_(size) {}
    gyre::core::Result<bool> More(std::string& into) override {
        const std::string_view piece = bytes_.substr(0, size_);
        into += piece;
        bytes_.remove_prefix(piece.size());
        return !piece.empty();
    }

  private:
    std::string_view bytes_;
    size_t size_;
};

void ReadAsCsv(std::string_view bytes) {
    using gyre::graph::load::CsvReader;
    Pieces some(bytes, 7), many(bytes, 64);
    CsvReader one(some), ahead(many);
    CsvReader::Record record;
    CsvReader::Batch batch;
    while (true) {
        const auto more = ahead.NextBatch(batch);
        const size_t records = more && *more ? batch.Size() : 0;
        for (size_t i = 0; i < records; ++i) {
            const auto next = one.Next(record);
            if (!next || !*next || one.RecordNumber() != batch.First() + i) std::abort();
            const auto same = [](const auto& a, const auto& b) {
                return a.text == b.text && a.quoted == b.quoted;
            };
            if (!std::ranges::equal(record, batch[i], same)) std::abort();
        }
        if (records > 0) continue;
        const auto next = one.Next(record);
        if (next.has_value() != more.has_value() || (next && *next)) std::abort();
        return;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace gyre::graph;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (const auto feed = replica::DecodeFeed(bytes)) {
        const auto again = replica::DecodeFeed(replica::EncodeFeed(*feed));
        if (!again || replica::EncodeFeed(*again) != replica::EncodeFeed(*feed)) std::abort();
    }
    if (const auto manifest = backup::ReadManifest(bytes)) {
        if (!backup::ReadManifest(backup::ManifestText(*manifest))) std::abort();
    }
    ReadAsCsv(bytes);
    load::CsvReader::Record record;
    for (size_t at = 0; at <= bytes.size();) {
        const size_t end = std::min(bytes.find(',', at), bytes.size());
        record.push_back({bytes.substr(at, end - at), false});
        at = end + 1;
    }
    static_cast<void>(load::ReadCypherHeader(record, true));
    static_cast<void>(load::ReadCypherHeader(record, false));
    return 0;
}
