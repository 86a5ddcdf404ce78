#pragma once

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/guarded.h"
#include "core/json.h"
#include "core/worker_pool.h"
#include "graph/graphs.h"
#include "graph/load/load_job.h"
#include "objects/object_store.h"

namespace gyre::graph::load {

/// Neptune's bulk loader of the graph "g": one load at a time, up to 64 more in a queue. Loads are
/// documents in a folder (docs/formats/graph_loads.md): one that a stop of the server has cut goes
/// on from where it was. What was loaded before a failure or a cancel stays. Thread-safe; Stop()
/// interrupts what runs, may be called twice; the destructor stops.
class Loader {
  public:
    struct Options {
        const Graphs& graphs;
        objects::ObjectStore& objects;
        const core::Clock& clock;
        std::filesystem::path folder;  ///< of the loads' documents
    };
    /// Goes on with what was cut. Errors: those of the folder.
    [[nodiscard]] static core::Result<std::unique_ptr<Loader>> Open(Options options);
    ~Loader();

    /// A load as POST /loader asks for it; its id, which is an earlier load's where that is
    /// resumed. Errors: kInvalidArgument, kUnimplemented (an unknown format), kResourceExhausted
    /// (one runs and queueRequest is not set, or the queue is full), kPermissionDenied of a
    /// replica.
    [[nodiscard]] core::Result<std::string> Start(const core::Json& request);
    /// The newest first.
    [[nodiscard]] core::Json List(size_t limit, bool with_queued) const;
    /// Errors: kNotFound "BulkLoadIdNotFoundException".
    [[nodiscard]] core::Result<core::Json> Status(const std::string& id,
                                                  const StatusDetail& detail) const;
    /// Of one that waits at once; one that runs ends soon.
    [[nodiscard]] core::Status Cancel(const std::string& id);
    /// All loads end as cancelled and are forgotten, since what they have put into the graph is to
    /// go: none may go on from it. Errors: kConflict where one does not end by `deadline`.
    [[nodiscard]] core::Status Forget(core::SteadyTime deadline);
    void Stop();

  private:
    using Jobs = std::map<std::string, LoadJob>;

    explicit Loader(Options options);
    [[nodiscard]] core::Status ReadJobs();
    [[nodiscard]] core::Status Save(const LoadJob& job) const;
    void SaveOrWarn(const LoadJob& job) const;
    void CancelJob(LoadJob& job) const;
    [[nodiscard]] bool Submit(const std::string& id);
    void Run(const std::string& id);
    /// False where it does not begin.
    [[nodiscard]] bool BeginRun(const std::string& id);
    void EndRun(const std::string& id, const std::string& status);

    const Options options_;
    core::Guarded<Jobs> jobs_;
    std::atomic<bool> stopping_{false};
    core::WorkerPool worker_;
};

}  // namespace gyre::graph::load
