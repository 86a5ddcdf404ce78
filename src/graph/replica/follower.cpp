#include "graph/replica/follower.h"

#include <algorithm>

#include "core/file_system.h"
#include "core/log.h"
#include "core/worker_pool.h"
#include "graph/backup/manifest.h"
#include "graph/replica/apply.h"
#include "graph/storage/codec.h"

namespace gyre::graph::replica {
namespace {

using core::Code;

constexpr std::string_view kFollowKey = "mfollow";
constexpr uint64_t kCopyPiece = uint64_t{4} << 20;
constexpr size_t kChangesAtOnce = 20'000;
constexpr core::milliseconds kAfterFailure{500};
constexpr core::milliseconds kTurn{60'000};

}  // namespace

std::optional<FollowState> ReadFollowState(Transaction& graph) {
    std::string bytes;
    if (!graph.Tables().Get(kFollowKey, bytes)) return std::nullopt;
    std::string_view rest = bytes;
    FollowState state;
    if (!ReadText(rest, state.url) || !ReadText(rest, state.epoch) ||
        !ReadVarint(rest, state.commit)) {
        return std::nullopt;
    }
    return state;
}

void WriteFollowState(KvTransaction& tables, const FollowState& state) {
    std::string bytes;
    AppendText(bytes, state.url);
    AppendText(bytes, state.epoch);
    AppendVarint(bytes, state.commit);
    tables.Put(kFollowKey, bytes);
}

Follower::Follower(Options options) : options_(std::move(options)) {
    if (const auto store = options_.graphs.Find(Name())) {
        store->Follow(options_.bound);
        const auto state = ReadFollowState(*store->Read());
        if (state && state->url == options_.settings.replica_of) store->NoteCopied();
    }
    thread_ = std::jthread([this] { Run(); });
}

Follower::~Follower() {
    Stop();
}

void Follower::Stop() {
    stop_.Cancel();
    options_.original->Stop();
    if (thread_.joinable()) thread_.join();
}

void Follower::Show(const std::string& state, const std::string& why) {
    auto shown = shown_.Lock();
    if (shown->state != state) {
        core::LogInfo("a replica", {{"graph", Name()}, {"state", state}, {"why", why}});
    }
    shown->state = state;
    shown->why = why;
}

void Follower::Run() {
    core::SetThreadName("graph-replica");
    while (!stop_.Cancelled()) {
        const auto more = Step();
        if (more && *more) continue;
        if (!more) Show("DISCONNECTED", more.error().message);
        stop_.WaitUntil(options_.clock.Now() + (more ? options_.pause : kAfterFailure));
    }
}

core::Result<bool> Follower::Step() {
    const auto store = options_.graphs.Find(Name());
    if (!store) return core::Fail(Code::kNotFound, "the graph is gone");
    auto state = ReadFollowState(*store->Read());
    if (!state || state->url != options_.settings.replica_of) {
        GYRE_TRY(Copy());
        return true;
    }
    const core::SteadyTime asked = options_.clock.Now();
    GYRE_ASSIGN(const ChangeFeed feed, options_.original->Changes(state->commit, kChangesAtOnce));
    if (feed.epoch != state->epoch || feed.last < state->commit) {
        core::LogWarning("a replica begins anew: its original's commits count otherwise now",
                         {{"graph", Name()}});
        GYRE_TRY(Copy());
        return true;
    }
    if (feed.through > state->commit) {
        if (const auto applied = ApplyFeed(*store, feed, *state); !applied) {
            if (applied.error().code != Code::kDataLoss) return core::Fail(applied.error());
            core::LogError("a replica begins anew",
                           {{"graph", Name()}, {"why", applied.error().message}});
            GYRE_TRY(Copy());
            return true;
        }
    }
    if (feed.through == feed.last) store->NoteFresh(asked);
    Show("FOLLOWING");
    {
        auto shown = shown_.Lock();
        shown->commit = feed.through;
        shown->original_commit = feed.last;
    }
    return feed.through > state->commit;
}

core::Status Follower::ApplyFeed(GraphStore& store, const ChangeFeed& feed, FollowState state) {
    size_t next = 0;
    while (next < feed.changes.size() || state.commit < feed.through) {
        const auto graph = store.Write(options_.clock.Now() + kTurn);
        if (!graph) return core::Fail(Code::kUnavailable, "the graph takes no writers");
        Applier applier(*graph);
        bool clear = false;
        for (; next < feed.changes.size() && !clear; ++next) {
            clear = feed.changes[next].change.kind == Change::Kind::kClear;
            if (!clear) GYRE_TRY(applier.Apply(feed.changes[next].change));
        }
        GYRE_TRY(applier.Finish());
        // Before a clear: should the server end now, it is done once more.
        state.commit = clear ? feed.changes[next - 1].id.commit - 1 : feed.through;
        WriteFollowState(graph->Tables(), state);
        GYRE_TRY(graph->Commit());
        if (clear) GYRE_TRY(store.Clear(options_.clock.Now() + kTurn));
    }
    return {};
}

core::Status Follower::Download(const Original::Snapshot& snapshot,
                                const std::filesystem::path& folder) {
    auto& files = core::RealFileSystem();
    for (const Original::File& file : snapshot.files) {
        if (!backup::StaysInside(file.name)) {
            return core::Fail(Code::kInternal, "the original names a file '" + file.name + "'");
        }
        const std::filesystem::path path = folder / file.name;
        GYRE_TRY(files.MakeDirectories(path.parent_path()));
        GYRE_ASSIGN(const auto out, files.Create(path));
        for (uint64_t at = 0; at < file.size;) {
            if (stop_.Cancelled()) return core::Fail(Code::kCancelled, "the server stops");
            GYRE_ASSIGN(const std::string piece,
                        options_.original->ReadPiece(snapshot, file, at,
                                                     std::min(kCopyPiece, file.size - at)));
            if (piece.empty()) return core::Fail(Code::kInternal, file.name + " is cut");
            GYRE_TRY(out->Append(piece));
            at += piece.size();
        }
        GYRE_TRY(out->Sync());
        GYRE_TRY(files.SyncDirectory(path.parent_path()));
    }
    return {};
}

core::Status Follower::Copy() {
    Show("COPYING");
    GYRE_ASSIGN(const auto snapshot, options_.original->MakeSnapshot());
    GYRE_ASSIGN(const auto spare, options_.graphs.Spare(Name()));
    const auto downloaded = Download(snapshot, spare);
    options_.original->DropSnapshot(snapshot);
    const auto replaced = [&]() -> core::Status {
        GYRE_TRY(downloaded);
        GYRE_ASSIGN(const auto store, options_.graphs.OpenSpare(spare, options_.settings.mode));
        FollowState state{options_.settings.replica_of, snapshot.epoch, store->LastCommit()};
        {
            const auto graph = store->Write();
            WriteFollowState(graph->Tables(), state);
            GYRE_TRY(graph->Commit());
        }
        GYRE_TRY(store->KeepChanges(false));
        store->Follow(options_.bound);
        store->NoteCopied();
        return options_.graphs.Replace(options_.settings, spare, store,
                                       options_.clock.Now() + kTurn);
    }();
    if (!replaced) std::ignore = core::RealFileSystem().RemoveAll(spare);
    return replaced;
}

core::Json Follower::Status() const {
    const auto store = options_.graphs.Find(Name());
    const auto age = store ? store->Age(options_.clock.Now()) : std::nullopt;
    auto shown = shown_.Lock();
    core::JsonObject json{{"of", options_.settings.replica_of},
                          {"state", shown->state},
                          {"commit", shown->commit},
                          {"originalCommit", shown->original_commit}};
    if (age) json["lagMilliseconds"] = age->count();
    if (!shown->why.empty()) json["why"] = shown->why;
    return json;
}

}  // namespace gyre::graph::replica
