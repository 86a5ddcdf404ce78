// What is let go of is removed behind the requests' backs.

#include "core/log.h"
#include "objects/detail/blob_store.h"
#include "objects/detail/group_commit.h"
#include "objects/detail/upload_row.h"
#include "objects/local_store.h"

namespace gyre::objects {
namespace {

using core::Status;

constexpr int kPartsAtOnce = 256;  // a commit's worth: other writers wait for it

}  // namespace

Status LocalStore::CheckRoom() {
    if (reserve_ == nullptr || reserve_->Restore()) return {};
    return core::Fail(core::Code::kResourceExhausted,
                      "the disk is full: remove objects or make room, and try again");
}

Status LocalStore::RunRemoval(const std::function<Status(db::Transaction&)>& work) {
    Status done = commits_->Run(work);
    if (done || done.error().code != core::Code::kResourceExhausted || reserve_ == nullptr ||
        !reserve_->Release()) {
        return done;
    }
    core::LogWarning("the disk is full: the reserve is given back to remove objects", {});
    return commits_->Run(work);
}

void LocalStore::StartHousekeeping() {
    housekeeper_ = std::make_unique<core::WorkerPool>("objects", 1, 1);
    (void)housekeeper_->TrySubmit([this] { Tidy(); });
}

void LocalStore::CleanUp(const std::vector<detail::BlobId>& discarded) {
    if (discarded.empty()) return;
    std::vector<detail::BlobId> files;
    for (const detail::BlobId blob : discarded) {
        if (blob == detail::kDroppedUpload) {
            dropped_ = true;
        } else {
            files.push_back(blob);
        }
    }
    blobs_->Reclaim().Discard(files);
    if (!housekeeper_) return Tidy();
    // A full queue means that a round is to come that has not begun.
    (void)housekeeper_->TrySubmit([this] { Tidy(); });
}

void LocalStore::Tidy() {
    blobs_->Reclaim().RemoveFree();
    while (dropped_.exchange(false)) {
        const auto more = ReleaseDropped();
        if (!more) {
            // The rows stay, so the next round or the next start goes on with them.
            dropped_ = true;
            core::LogWarning("parts of a removed object could not be released",
                             {{"error", more.error().ToString()}});
            return;
        }
        if (*more) dropped_ = true;
        blobs_->Reclaim().RemoveFree();
    }
}

core::Result<bool> LocalStore::ReleaseDropped() {
    std::vector<detail::BlobId> discarded;
    bool more = false;
    const Status done = RunRemoval([&](db::Transaction& transaction) -> Status {
        discarded.clear();
        GYRE_ASSIGN(more, detail::ReleaseSomeDropped(transaction, kPartsAtOnce, discarded));
        return blobs_->TidyUp(transaction);
    });
    GYRE_TRY(done);
    blobs_->Reclaim().Discard(discarded);
    return more;
}

}  // namespace gyre::objects
