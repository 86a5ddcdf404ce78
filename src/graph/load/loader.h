#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/guarded.h"
#include "core/json.h"
#include "core/worker_pool.h"
#include "graph/load/load_file.h"
#include "graph/load/rdf_load.h"
#include "objects/object_store.h"

namespace gyre::graph::load {

/// Neptune's bulk loader: one load at a time, up to 64 more in a queue. Loads are known as long as
/// the server runs. What was loaded before a failure or a cancel stays. Thread-safe; Stop() cancels
/// what runs, may be called twice; the destructor stops.
class Loader {
  public:
    Loader(GraphStore& store, objects::ObjectStore& objects, const core::Clock& clock);
    ~Loader();

    /// A load as POST /loader asks for it; its id. Errors: kInvalidArgument, kUnimplemented
    /// (another format than csv and those of RDF), kResourceExhausted (one runs and queueRequest is
    /// not set, or the queue is full).
    [[nodiscard]] core::Result<std::string> Start(const core::Json& request);
    [[nodiscard]] core::Json List(size_t limit, bool with_queued) const;
    struct Detail {
        bool details = false;
        bool errors = false;
        size_t page = 1;
        size_t per_page = 10;
    };
    /// Errors: kNotFound "BulkLoadIdNotFoundException".
    [[nodiscard]] core::Result<core::Json> Status(const std::string& id,
                                                  const Detail& detail) const;
    [[nodiscard]] core::Status Cancel(const std::string& id);
    void Stop();

  private:
    struct File {
        std::string uri;
        std::string status = "LOAD_NOT_STARTED";
        LoadCounts counts;
    };
    struct Load {
        std::string source;
        objects::S3Uri from;
        std::optional<rdf::RdfSyntax> rdf;  ///< none: CSV
        LoadOptions options;
        std::vector<std::string> dependencies;
        std::string status = "LOAD_IN_QUEUE";
        core::SteadyTime begun{}, ended{};
        core::WallTime started{};
        std::vector<File> files;
        std::vector<LoadError> errors;
        core::CancelToken cancel;
    };
    using Loads = std::map<std::string, Load>;

    void Run(const std::string& id);
    [[nodiscard]] core::Result<std::string> RunFiles(const std::string& id);
    [[nodiscard]] core::Result<std::string> RunFiles(const std::string& id,
                                                     const std::vector<std::string>& keys,
                                                     BulkLoad& graph);
    [[nodiscard]] core::Result<std::string> RunRdf(const std::string& id,
                                                   const std::vector<std::string>& keys,
                                                   rdf::RdfSyntax syntax);
    void Note(const std::string& id, LoadError error);
    [[nodiscard]] core::Result<bool> RunFile(const std::string& id, size_t file,
                                             const std::string& key, bool edges, BulkLoad& graph,
                                             bool& skipped);
    [[nodiscard]] static LoadCounts Sum(const Load& load);
    void SetStatus(const std::string& id, const std::string& status);

    GraphStore& store_;
    objects::ObjectStore& objects_;
    const core::Clock& clock_;
    core::Guarded<Loads> loads_;
    core::WorkerPool worker_;
};

}  // namespace gyre::graph::load
