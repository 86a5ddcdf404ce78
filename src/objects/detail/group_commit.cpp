#include "objects/detail/group_commit.h"

#include <map>

namespace gyre::objects::detail {
namespace {

/// Runs one change so that only it is undone when it fails. An error returned is of the transaction
/// itself, which is then of no use to anyone.
core::Status RunWithin(db::Transaction& transaction, const GroupCommit::Work& work,
                       core::Status& outcome) {
    GYRE_TRY(transaction.Execute("SAVEPOINT one_change"));
    outcome = work(transaction);
    if (!outcome) GYRE_TRY(transaction.Execute("ROLLBACK TO SAVEPOINT one_change"));
    GYRE_TRY(transaction.Execute("RELEASE SAVEPOINT one_change"));
    return {};
}

}  // namespace

core::Status GroupCommit::Run(Work work, std::optional<std::filesystem::path> directory) {
    Change change{std::move(work), std::move(directory)};
    RunAll({&change, 1});
    return change.status;
}

void GroupCommit::RunAll(std::span<Change> changes) {
    if (changes.empty()) return;
    std::vector<Change*> group;
    {
        auto state = state_.Lock();
        for (Change& change : changes) state->waiting.push_back(&change);
        // They wait together, and are taken together.
        state.Wait([&] { return changes.front().done || !state->leading; });
        if (changes.front().done) return;
        // Nobody leads, so this thread does, for all that have come by now.
        group.swap(state->waiting);
        state->leading = true;
    }
    RunGroup(group);
    {
        auto state = state_.Lock();
        for (Change* one : group) one->done = true;
        state->leading = false;
    }
    state_.NotifyAll();
}

void GroupCommit::RunGroup(const std::vector<Change*>& group) {
    SyncDirectories(group);
    std::vector<Change*> sound;
    for (Change* change : group) {
        if (change->status) sound.push_back(change);
    }
    if (sound.size() > 1) {
        const core::Status committed =
            database_.Write([&](db::Transaction& transaction) -> core::Status {
                for (Change* change : sound) {
                    GYRE_TRY(RunWithin(transaction, change->work, change->status));
                }
                return {};
            });
        if (committed) return;
    }
    // Alone, or the whole group failed: each by itself, so that one that asks for too much (a full
    // disk) does not fail the others.
    for (Change* change : sound) change->status = database_.Write(change->work);
}

void GroupCommit::SyncDirectories(const std::vector<Change*>& group) {
    std::map<std::filesystem::path, core::Status> synced;
    for (Change* change : group) {
        if (!change->directory) continue;
        const auto [found, is_new] = synced.try_emplace(*change->directory);
        if (is_new) found->second = files_.SyncDirectory(found->first);
        change->status = found->second;
    }
}

}  // namespace gyre::objects::detail
