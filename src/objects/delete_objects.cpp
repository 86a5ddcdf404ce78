#include "objects/detail/blob_store.h"
#include "objects/detail/group_commit.h"
#include "objects/detail/object_row.h"
#include "objects/local_store.h"
#include "objects/names.h"

namespace gyre::objects {
namespace {

using core::Status;

constexpr auto kRemoved = "ObjectRemoved:Delete";

}  // namespace

core::Result<bool> LocalStore::Remove(db::Transaction& transaction, const std::string& bucket,
                                      const Removal& removal,
                                      std::vector<detail::BlobId>& discarded, ObjectInfo& removed) {
    GYRE_ASSIGN(auto present, detail::FindObject(transaction, bucket, removal.key));
    GYRE_TRY(detail::CheckWrite(removal.conditions, present, removal.key));
    if (!present) return false;
    GYRE_TRY(detail::ReleaseContent(transaction, *present, discarded));
    GYRE_TRY(transaction.Execute("DELETE FROM objects WHERE bucket = ? AND key = ?",
                                 {bucket, removal.key}));
    removed = std::move(present->info);
    return true;
}

Status LocalStore::DeleteObject(const std::string& bucket, const std::string& key,
                                const Conditions& conditions, const RequestedBy& by) {
    GYRE_ASSIGN(const auto outcomes, DeleteObjects(bucket, {{key, conditions}}, by));
    return outcomes.front();
}

core::Result<std::vector<Status>> LocalStore::DeleteObjects(const std::string& bucket,
                                                            const std::vector<Removal>& removals,
                                                            const RequestedBy& by) {
    std::vector<detail::BlobId> discarded;
    std::vector<Status> outcomes;
    std::vector<ObjectInfo> gone;
    const Status done = commits_->Run([&](db::Transaction& transaction) -> Status {
        discarded.clear();
        outcomes.clear();
        gone.clear();
        GYRE_TRY(detail::RequireBucket(transaction, bucket));
        for (const Removal& removal : removals) {
            Status outcome = CheckKey(removal.key);
            if (outcome) {
                ObjectInfo info;
                const auto removed = Remove(transaction, bucket, removal, discarded, info);
                if (removed && *removed) gone.push_back(std::move(info));
                if (!removed) {
                    // What has no name of S3's is not about this key: nothing is removed then.
                    if (removed.error().wire_name.empty()) return core::Fail(removed.error());
                    outcome = core::Fail(removed.error());
                }
            }
            outcomes.push_back(std::move(outcome));
        }
        return blobs_->TidyUp(transaction);
    });
    GYRE_TRY(done);
    blobs_->Reclaim().Discard(discarded);
    for (const ObjectInfo& info : gone) Tell(kRemoved, info, by);
    return outcomes;
}

}  // namespace gyre::objects
