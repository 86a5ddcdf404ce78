#include "objects/detail/blob_store.h"
#include "objects/detail/group_commit.h"
#include "objects/detail/object_row.h"
#include "objects/detail/version_row.h"
#include "objects/local_store.h"
#include "objects/names.h"

namespace gyre::objects {
namespace {

using core::Result;
using core::Status;
using detail::BlobId;
using detail::BucketState;
using detail::ObjectRow;

constexpr auto kRemoved = "ObjectRemoved:Delete";
constexpr auto kMarked = "ObjectRemoved:DeleteMarkerCreated";

/// Removes one version for good. No error where it is not there.
Result<Removed> RemoveForGood(db::Transaction& transaction, const BucketState& state,
                              const ObjectName& name, const Conditions& conditions,
                              std::vector<BlobId>& discarded,
                              std::vector<EventSink::Event>& events) {
    GYRE_ASSIGN(auto present, detail::FindVersion(transaction, name));
    if (!present) return Removed{name.version, false};
    GYRE_TRY(detail::CheckRemoval(conditions, *present));
    GYRE_TRY(detail::RemoveVersion(transaction, *present, discarded));
    if (state.versioning != Versioning::kOff) {
        GYRE_TRY(detail::Promote(transaction, name.bucket, name.key));
    }
    present->info.version = state.Shown(present->version);
    Removed removed{name.version, present->marker};
    events.push_back({kRemoved, std::move(present->info)});
    return removed;
}

/// Hides the object behind a delete marker, and removes the null version where versions are
/// suspended.
Result<Removed> HideBehindMarker(db::Transaction& transaction, const BucketState& state,
                                 const ObjectName& name, const Conditions& conditions,
                                 core::WallTime now, std::vector<BlobId>& discarded,
                                 std::vector<EventSink::Event>& events) {
    GYRE_ASSIGN(const auto current, detail::FindObject(transaction, name.bucket, name.key));
    if (conditions.Any()) {
        auto newest = current;
        if (!newest) {
            GYRE_ASSIGN(newest, detail::NewestBehind(transaction, name.bucket, name.key));
        }
        // There is nothing that the condition is about, and nothing to hide.
        if (!newest) return Removed{};
        GYRE_TRY(detail::CheckRemoval(conditions, *newest));
    }
    ObjectRow marker;
    marker.info.bucket = name.bucket;
    marker.info.key = name.key;
    marker.info.modified = now;
    marker.marker = true;
    GYRE_ASSIGN(marker.seq, detail::NextSeq(transaction, name.bucket, name.key, current));
    if (state.versioning == Versioning::kSuspended) {
        GYRE_TRY(detail::ClearNullVersion(transaction, current, name.bucket, name.key, discarded));
    } else {
        marker.version = detail::NewVersionName();
        if (current) GYRE_TRY(detail::SetAside(transaction, *current));
    }
    GYRE_TRY(detail::StoreVersion(transaction, marker));
    marker.info.version = state.Shown(marker.version);
    Removed removed{marker.info.version, true};
    events.push_back({kMarked, std::move(marker.info)});
    return removed;
}

}  // namespace

Result<Removed> LocalStore::Remove(db::Transaction& transaction, const ObjectName& name,
                                   const Conditions& conditions, std::vector<BlobId>& discarded,
                                   std::vector<EventSink::Event>& events) {
    GYRE_TRY(CheckKey(name.key));
    GYRE_TRY(detail::CheckVersionName(name.version));
    GYRE_ASSIGN(const auto state, detail::RequireBucket(transaction, name.bucket));
    const bool hides = name.version.empty() && state.versioning != Versioning::kOff;
    const size_t before = events.size();
    auto removed = hides ? HideBehindMarker(transaction, state, name, conditions, clock_.WallNow(),
                                            discarded, events)
                         : RemoveForGood(transaction, state, name, conditions, discarded, events);
    if (events.size() > before) events.back().object.sequence = NextSequence();
    return removed;
}

Result<Removed> LocalStore::DeleteObject(const std::string& bucket, const Removal& removal,
                                         const RequestedBy& by) {
    GYRE_ASSIGN(auto outcomes, DeleteObjects(bucket, {removal}, by));
    return std::move(outcomes.front());
}

Result<std::vector<Result<Removed>>> LocalStore::DeleteObjects(const std::string& bucket,
                                                               const std::vector<Removal>& removals,
                                                               const RequestedBy& by) {
    std::vector<BlobId> discarded;
    std::vector<Result<Removed>> outcomes;
    std::vector<EventSink::Event> events;
    const Status done = RunRemoval([&](db::Transaction& transaction) -> Status {
        discarded.clear();
        outcomes.clear();
        events.clear();
        GYRE_TRY(detail::RequireBucket(transaction, bucket));
        for (const Removal& removal : removals) {
            auto outcome = Remove(transaction, {bucket, removal.key, removal.version},
                                  removal.conditions, discarded, events);
            // What has no name of S3's is not about this key: nothing is removed then.
            if (!outcome && outcome.error().wire_name.empty()) return core::Fail(outcome.error());
            outcomes.push_back(std::move(outcome));
        }
        return blobs_->TidyUp(transaction);
    });
    GYRE_TRY(done);
    CleanUp(discarded);
    for (const EventSink::Event& event : events) Tell(event.name, event.object, by);
    return outcomes;
}

}  // namespace gyre::objects
