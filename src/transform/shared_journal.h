#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/cancel.h"
#include "core/guarded.h"
#include "core/result.h"
#include "db/database.h"
#include "jobs/leases.h"

namespace gyre::transform {

/// A job's plan and journal in a database that several servers share, so that another one can go on
/// with the job (docs/formats/transform_job.md). Only the job's driver may write them. While the
/// database is away all calls wait for it. Thread-safe.
///
/// Errors: kCancelled when the run stops or another server has the job; those of the database.
class SharedJournal {
  public:
    /// All outlive it. `cancel`: the run's.
    SharedJournal(db::Database& database, jobs::Leases& leases, std::string job,
                  core::CancelToken cancel);

    [[nodiscard]] static core::Status MakeTables(db::Database& database);
    /// What the database has of a job that is over, or never was, goes.
    [[nodiscard]] static core::Status Remove(db::Database& database, const std::string& job);

    /// Empties the folder and writes the plan, where it is complete, and the journal into it.
    [[nodiscard]] core::Status Restore(const std::filesystem::path& folder);
    /// The folder's plan, where the database has not got it yet.
    [[nodiscard]] core::Status KeepPlan(const std::filesystem::path& folder);
    /// A line of the journal; lines that come at the same time share a commit.
    [[nodiscard]] core::Status Append(std::string line);

  private:
    struct Item {
        std::string line;
        core::Status status;
        bool done = false;
    };
    struct State {
        std::vector<Item*> waiting;
        bool leading = false;
        int64_t next = 0;
    };
    [[nodiscard]] core::Status RestoreNow(const std::filesystem::path& folder);
    [[nodiscard]] core::Status KeepPlanNow(const std::filesystem::path& folder);
    [[nodiscard]] core::Status WriteLines(const std::vector<Item*>& group, int64_t first);
    /// Again and again, while the database is away. `work` may be run more than once.
    [[nodiscard]] core::Status Patiently(const std::function<core::Status()>& work) const;
    /// In a transaction, if this server still has the job.
    [[nodiscard]] core::Status WriteAsDriver(
        const std::function<core::Status(db::Transaction&)>& work);

    db::Database& database_;
    jobs::Leases& leases_;
    const std::string job_;
    const core::CancelToken cancel_;
    core::Guarded<State> state_;
};

}  // namespace gyre::transform
