// What comes from other servers and from backups: a feed of changes, which is the same once it is
// written and read again, a backup's manifest, and the headers of openCypher's CSV.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "graph/backup/manifest.h"
#include "graph/load/cypher_csv.h"
#include "graph/replica/change_feed.h"

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
