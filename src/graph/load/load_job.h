#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/cancel.h"
#include "core/clock.h"
#include "core/json.h"
#include "graph/load/load_file.h"
#include "graph/rdf/reader.h"
#include "objects/object_store.h"

namespace gyre::graph::load {

/// One file of a load.
struct LoadedFile {
    std::string uri;
    std::string etag;
    std::string status = "LOAD_NOT_STARTED";
    LoadCounts counts;
    int64_t started_s = 0, spent_s = 0;

    /// Whether the load has failed at it.
    [[nodiscard]] bool Failed() const;
};

/// A load as it was asked for, and how far it has come. Its document outlives the server.
struct LoadJob {
    std::string id;
    uint64_t order = 0;  ///< loads run in this order
    std::string source, format;
    objects::S3Uri from;
    std::optional<rdf::RdfSyntax> rdf;  ///< none: CSV
    LoadOptions options;
    std::vector<std::string> dependencies;
    std::string status = "LOAD_IN_QUEUE";
    int64_t run = 1;    ///< begun so often by RESUME
    int64_t retry = 0;  ///< gone on so often after a stop of the server
    int64_t started_s = 0, spent_s = 0;
    core::SteadyTime begun{};  ///< of this run; never: it waits
    std::vector<LoadedFile> files;
    std::vector<LoadError> errors;
    core::CancelToken cancel;

    [[nodiscard]] bool Over() const;
    /// Whether files may have been loaded in part before.
    [[nodiscard]] bool GoesOn() const { return run > 1 || retry > 0; }
    [[nodiscard]] LoadCounts Sum() const;
};

/// Of a POST /loader. Errors: kInvalidArgument, kUnimplemented (an unknown format).
[[nodiscard]] core::Result<LoadJob> ReadLoadRequest(const core::Json& request);
/// A flag as clients send it: true, "TRUE" or "true".
[[nodiscard]] bool LoadFlag(const core::Json& json, std::string_view name, bool otherwise);

/// The document of a load on the disk (docs/formats/graph_loads.md).
[[nodiscard]] core::Json LoadDocument(const LoadJob& job);
/// Errors: kDataLoss.
[[nodiscard]] core::Result<LoadJob> ReadLoadDocument(const core::Json& json);

/// Which parts of a status are wanted.
struct StatusDetail {
    bool details = false;
    bool errors = false;
    size_t page = 1;
    size_t per_page = 10;
};
/// As GET /loader/ID answers.
[[nodiscard]] core::Json LoadStatus(const LoadJob& job, const StatusDetail& detail,
                                    core::SteadyTime now);

}  // namespace gyre::graph::load
