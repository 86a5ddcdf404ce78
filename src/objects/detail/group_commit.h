#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "core/file_system.h"
#include "core/guarded.h"
#include "db/database.h"

namespace gyre::objects::detail {

/// Lets writers that come at the same time share one commit: the first does the work of all that
/// wait, with one sync of each folder and one of the database. A change that fails is undone alone.
/// Thread-safe.
class GroupCommit {
  public:
    /// Rows to change. It may be run more than once, so it sets what it returns anew each time.
    using Work = std::function<core::Status(db::Transaction&)>;

    struct Change {
        Work work;
        std::optional<std::filesystem::path> directory;  ///< made durable before
        core::Status status{};                           ///< how it ended
        bool done = false;                               ///< the group's own
    };

    GroupCommit(db::Database& database, core::FileSystem& files)
        : database_(database), files_(files) {}

    /// Returns when `work` is durable, or undone with its error. `directory` is made durable
    /// before.
    [[nodiscard]] core::Status Run(Work work, std::optional<std::filesystem::path> directory = {});
    /// The same for several, in one commit.
    void RunAll(std::span<Change> changes);

  private:
    struct State {
        std::vector<Change*> waiting;
        bool leading = false;
    };

    void RunGroup(const std::vector<Change*>& group);
    void SyncDirectories(const std::vector<Change*>& group);

    db::Database& database_;
    core::FileSystem& files_;
    core::Guarded<State> state_;
};

}  // namespace gyre::objects::detail
