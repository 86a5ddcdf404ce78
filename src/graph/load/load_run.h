#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "graph/load/load_job.h"
#include "graph/load/rdf_load.h"
#include "graph/storage/bulk_load.h"
#include "objects/object_store.h"

namespace gyre::graph::load {

/// How far a file of a load has come; kept in the graph's own store, in the commit of what it
/// counts.
struct FileProgress {
    int64_t run = 1;
    bool done = false;  ///< read to its end
    std::string etag;   ///< of the file as it was
    LoadCounts counts;
};

/// One run of a load: reads the files that are not loaded yet, vertices before edges, and goes on
/// within a file where a run before this one has stopped. For one thread.
class LoadRun {
  public:
    /// Told what has become of the files and errors; `save` where it is to be durable.
    using Show = std::function<void(const LoadJob& job, bool save)>;

    LoadRun(GraphStore& store, objects::ObjectStore& objects, const core::Clock& clock,
            LoadJob& job, Show show)
        : store_(store), objects_(objects), clock_(clock), job_(job), show_(std::move(show)) {}
    /// The load's status. Errors: of the store, or of listing files in S3; kCancelled.
    [[nodiscard]] core::Result<std::string> Run();

  private:
    [[nodiscard]] core::Status ListFiles();
    [[nodiscard]] core::Result<std::string> RunCsv();
    [[nodiscard]] core::Result<std::string> RunCsvFiles(BulkLoad& graph);
    /// Whether it is of that kind.
    [[nodiscard]] core::Result<bool> RunCsvFile(size_t file, bool edges, BulkLoad& graph);
    [[nodiscard]] core::Result<std::string> RunRdf();
    [[nodiscard]] core::Status RunRdfFile(size_t file, RdfLoad& graph);
    /// Now and then.
    void Tell();
    void BeginFile(size_t file);
    void EndFile(size_t file, std::string status);
    /// Whom the file's reader tells.
    [[nodiscard]] LoadReport ReportOf(size_t file);
    /// Whether the load stops here, and with which status.
    [[nodiscard]] bool Stops(size_t file) const;
    [[nodiscard]] std::string Outcome(bool stopped) const;
    [[nodiscard]] bool Pending(size_t file) const;
    /// What an earlier run or try has made durable of it.
    [[nodiscard]] FileProgress ProgressOf(size_t file) const;
    /// True where nothing of it is left to do.
    [[nodiscard]] bool TakeProgress(size_t file, uint64_t& rows_done);
    template <typename Put>
    void WriteProgress(Put put);
    void Note(LoadError error);
    [[nodiscard]] std::string KeyOf(size_t file) const;

    GraphStore& store_;
    objects::ObjectStore& objects_;
    const core::Clock& clock_;
    LoadJob& job_;
    const Show show_;
    std::string failed_;                      ///< the status of this file, if it is not good
    core::SteadyTime began_{}, shown_{};      ///< this file; what was shown last
    std::map<size_t, FileProgress> touched_;  ///< since the last flush
    std::map<size_t, LoadCounts> counts_;     ///< of this run, by file; they stay where they are
    std::vector<bool> seen_;                  ///< whether this run has begun or finished it
};

}  // namespace gyre::graph::load
