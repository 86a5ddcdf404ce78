#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "core/cancel.h"
#include "core/clock.h"
#include "core/guarded.h"
#include "core/json.h"
#include "core/worker_pool.h"
#include "graph/graphs.h"
#include "objects/object_store.h"

namespace gyre::graph::backup {

/// Backups of graphs into S3, and graphs out of backups, one at a time and in the background, while
/// others read and write. Jobs are known as long as the server runs; one that its end cuts has left
/// nothing that counts. Thread-safe; Stop() ends what runs, may be called twice; the destructor
/// stops.
class Backups {
  public:
    /// `replacing` is called before a graph's store is replaced by a restored one.
    using Replacing =
        std::function<core::Status(const std::string& graph, core::SteadyTime deadline)>;
    Backups(Graphs& graphs, objects::ObjectStore& objects, const core::Clock& clock,
            core::milliseconds turn, Replacing replacing);
    ~Backups();

    /// {"destination": "s3://…", "graph": "g"}; the job's id. Errors: kInvalidArgument, kNotFound
    /// (the graph), kResourceExhausted.
    [[nodiscard]] core::Result<std::string> Backup(const core::Json& request);
    /// {"source": "s3://…", "graph": "g"}: the graph becomes what it was; it is made where there is
    /// none. Errors: as above.
    [[nodiscard]] core::Result<std::string> Restore(const core::Json& request);
    /// Errors: kNotFound.
    [[nodiscard]] core::Result<core::Json> Status(const std::string& id) const;
    [[nodiscard]] core::Json List(bool restores) const;
    void Stop();

  private:
    struct Job {
        uint64_t order = 0;
        bool restores = false;
        std::string graph, place;
        objects::S3Uri uri;
        std::string status;
        std::string why;
        uint64_t done = 0, all = 0;
        core::WallTime begun{};
    };
    [[nodiscard]] core::Result<std::string> Start(const core::Json& request, bool restores);
    void Run(const std::string& id);
    [[nodiscard]] core::Status WorkBackup(const std::string& id, const Job& job);
    [[nodiscard]] core::Status WorkRestore(const std::string& id, const Job& job);
    void Note(const std::string& id, uint64_t done, uint64_t all);
    [[nodiscard]] static core::Json ToJson(const std::string& id, const Job& job);

    Graphs& graphs_;
    objects::ObjectStore& objects_;
    const core::Clock& clock_;
    const core::milliseconds turn_;  ///< how long a restore waits for the last writer
    const Replacing replacing_;
    core::CancelToken stop_;
    core::Guarded<std::map<std::string, Job>> jobs_;
    core::WorkerPool worker_;
};

}  // namespace gyre::graph::backup
