#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/cancel.h"
#include "core/result.h"
#include "graph/load/csv_reader.h"
#include "graph/load/gremlin_csv.h"
#include "graph/storage/bulk_load.h"

namespace gyre::graph::load {

/// What became of records, as a load's status tells it: each label and each value of a vertex is
/// one, each edge and each of its values, each triple.
struct LoadCounts {
    uint64_t rows = 0;  ///< of the file, that were read
    uint64_t records = 0;
    uint64_t duplicates = 0;
    uint64_t parsing_errors = 0;
    uint64_t mismatches = 0;
    uint64_t insert_errors = 0;

    [[nodiscard]] uint64_t Errors() const { return parsing_errors + mismatches + insert_errors; }
};
struct LoadError {
    std::string code;  ///< "PARSING_ERROR", "FROM_OR_TO_VERTEX_ARE_MISSING"…
    std::string message;
    std::string file;
    uint64_t record = 0;
};

struct LoadOptions {
    bool fail_on_error = true;
    bool replace_single = false;  ///< updateSingleCardinalityProperties
    bool cypher = false;          ///< openCypher's CSV
    bool user_edge_ids = true;    ///< edges take ~id; else it is made
    bool empty_strings = false;   ///< allowEmptyStrings
    // Of RDF:
    std::string named_graph;  ///< namedGraphUri: where statements go that name no graph
    std::string base_uri;     ///< baseUri
};

/// Whom a file's load tells how it goes.
struct LoadReport {
    std::function<void(LoadError)> error;
    std::function<void()> progress = [] {};  ///< the counts have moved on
};

/// What is wrong with a file that cannot be read to its end: what it holds, or where it is.
[[nodiscard]] LoadError UnreadableFile(const core::Error& error, const std::string& file,
                                       uint64_t record);

/// Loads the records that follow `header` in `reader`; what is not flushed when it returns is for
/// the caller to flush. Loading a file again changes nothing. Each error is reported; with
/// fail_on_error the first ends it, and one of reading the file always: then it answers what had
/// been counted before, where another try goes on. Errors: of the store; kCancelled.
[[nodiscard]] core::Result<std::optional<LoadCounts>> LoadFile(
    BulkLoad& graph, const std::string& file, const CsvHeader& header, CsvReader& reader,
    const LoadOptions& options, const core::CancelToken& cancel, LoadCounts& counts,
    const LoadReport& report);

}  // namespace gyre::graph::load
