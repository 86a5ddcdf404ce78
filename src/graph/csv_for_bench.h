#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "graph/load/load_file.h"

namespace gyre::graph {

/// What the benchmarks of the graph share: files of Neptune's CSV on the disk, and what a store has
/// there.
class CsvFile final : public load::ByteSource {
  public:
    explicit CsvFile(const std::string& path) : file_(path) {}
    core::Result<bool> More(std::string& into) override {
        std::string piece(1 << 18, '\0');
        file_.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        into.append(piece, 0, static_cast<size_t>(file_.gcount()));
        return file_.gcount() > 0;
    }

  private:
    std::ifstream file_;
};

/// How many records were loaded; ends the program where that fails.
inline uint64_t LoadCsv(BulkLoad& graph, const std::string& path) {
    CsvFile source(path);
    load::CsvReader reader(source);
    load::CsvReader::Record record;
    if (!*reader.Next(record)) std::abort();
    const auto header = load::ReadHeader(record);
    load::LoadCounts counts;
    if (!header ||
        !load::LoadFile(graph, path, *header, reader, {}, {}, counts, {.error = [](auto) {}})) {
        std::abort();
    }
    return counts.rows;
}

inline uint64_t BytesUnder(const std::filesystem::path& folder) {
    uint64_t bytes = 0;
    for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
        if (file.is_regular_file()) bytes += file.file_size();
    }
    return bytes;
}

}  // namespace gyre::graph
