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
    Item item{&work, &directory, {}, false};
    std::vector<Item*> group;
    {
        auto state = state_.Lock();
        state->waiting.push_back(&item);
        state.Wait([&] { return item.done || !state->leading; });
        if (item.done) return item.status;
        // Nobody leads, so this thread does, for all that have come by now.
        group.swap(state->waiting);
        state->leading = true;
    }
    RunGroup(group);
    {
        auto state = state_.Lock();
        for (Item* one : group) one->done = true;
        state->leading = false;
    }
    state_.NotifyAll();
    return item.status;
}

void GroupCommit::RunGroup(const std::vector<Item*>& group) {
    SyncDirectories(group);
    std::vector<Item*> sound;
    for (Item* item : group) {
        if (item->status) sound.push_back(item);
    }
    if (sound.size() > 1) {
        const core::Status committed =
            database_.Write([&](db::Transaction& transaction) -> core::Status {
                for (Item* item : sound) {
                    GYRE_TRY(RunWithin(transaction, *item->work, item->status));
                }
                return {};
            });
        if (committed) return;
    }
    // Alone, or the whole group failed: each by itself, so that one that asks for too much (a full
    // disk) does not fail the others.
    for (Item* item : sound) item->status = database_.Write(*item->work);
}

void GroupCommit::SyncDirectories(const std::vector<Item*>& group) {
    std::map<std::filesystem::path, core::Status> synced;
    for (Item* item : group) {
        if (!*item->directory) continue;
        const auto [found, is_new] = synced.try_emplace(**item->directory);
        if (is_new) found->second = files_.SyncDirectory(found->first);
        item->status = found->second;
    }
}

}  // namespace gyre::objects::detail
