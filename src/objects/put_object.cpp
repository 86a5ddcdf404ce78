#include "core/digest.h"
#include "objects/detail/blob_store.h"
#include "objects/detail/group_commit.h"
#include "objects/detail/object_row.h"
#include "objects/detail/s3_errors.h"
#include "objects/detail/verified_sums.h"
#include "objects/detail/version_row.h"
#include "objects/local_store.h"
#include "objects/names.h"

namespace gyre::objects {

using core::Status;
using detail::ObjectRow;

namespace {

/// A body that is in memory, and stays there.
class ViewBody final : public net::BodyReader {
  public:
    explicit ViewBody(std::string_view bytes) : length_(bytes.size()), left_(bytes) {}
    core::Result<size_t> Read(std::span<char> into) override {
        const size_t size = left_.copy(into.data(), into.size());
        left_.remove_prefix(size);
        return size;
    }
    [[nodiscard]] std::optional<uint64_t> Length() const override { return length_; }

  private:
    const uint64_t length_;
    std::string_view left_;
};

}  // namespace

struct LocalStore::Taken {
    ObjectRow row;
    std::unique_ptr<detail::BlobDraft> draft;
    std::vector<detail::BlobId> discarded;
};

core::Result<ObjectInfo> LocalStore::PutObject(const std::string& bucket, const std::string& key,
                                               net::BodyReader& body, const PutOptions& options) {
    GYRE_ASSIGN(Taken taken, TakeIn(bucket, key, body, options));
    return CommitPut(std::move(taken.row), *taken.draft, options);
}

core::Result<LocalStore::Taken> LocalStore::TakeIn(const std::string& bucket,
                                                   const std::string& key, net::BodyReader& body,
                                                   const PutOptions& options) {
    GYRE_TRY(CheckKey(key));
    GYRE_TRY(detail::CheckForm(options.expected));
    GYRE_TRY(CheckRoom());
    // The commit checks all of it again: checked before, a refusal spares reading a long body.
    const auto announced = body.Length();
    if (!announced || *announced > detail::kLargestInRow) {
        GYRE_TRY(CheckBeforeWrite(bucket, key, options.conditions));
    }
    Checksummer summer(detail::AlgorithmsFor(options.expected));
    Taken taken;
    GYRE_ASSIGN(taken.draft, blobs_->Write(body, summer, detail::kLargestBody));
    const Checksummer::Sums sums = summer.Finish();
    GYRE_TRY(detail::Verify(options.expected, sums));

    ObjectRow& row = taken.row;
    row.info.bucket = bucket;
    row.info.key = key;
    row.info.etag = core::HexEncode(sums.md5);
    row.info.modified = clock_.WallNow();
    row.info.content_type = options.metadata.content_type;
    row.info.system_metadata = options.metadata.system;
    row.info.user_metadata = options.metadata.user;
    row.info.checksums = detail::ToInfo(sums);
    row.info.tags = options.tags;
    row.info.acl = options.acl;
    return taken;
}

size_t LocalStore::PutsTogetherUpTo() const {
    return detail::kLargestInRow;
}

std::vector<core::Result<ObjectInfo>> LocalStore::PutTogether(
    std::span<const SmallObject> objects) {
    std::vector<PutOptions> options(objects.size());
    std::vector<core::Result<Taken>> taken;
    taken.reserve(objects.size());
    for (size_t i = 0; i < objects.size(); i++) {
        options[i].metadata.content_type = objects[i].content_type;
        ViewBody body(objects[i].body);
        taken.push_back(TakeIn(objects[i].bucket, objects[i].key, body, options[i]));
    }
    std::vector<detail::GroupCommit::Change> changes;
    for (size_t i = 0; i < taken.size(); i++) {
        if (!taken[i]) continue;
        Taken& one = *taken[i];
        one.row.info.size = one.draft->Size();
        one.row.blob = one.draft->Id();
        changes.push_back({[this, &one, &how = options[i]](db::Transaction& transaction) {
                               return StorePut(transaction, one.row, *one.draft, how,
                                               one.discarded);
                           },
                           one.draft->Directory()});
    }
    commits_->RunAll(changes);
    std::vector<core::Result<ObjectInfo>> answers;
    answers.reserve(objects.size());
    size_t change = 0;
    for (size_t i = 0; i < taken.size(); i++) {
        if (!taken[i]) {
            answers.push_back(core::Fail(std::move(taken[i].error())));
            continue;
        }
        answers.push_back(EndPut(std::move(changes[change++].status), std::move(taken[i]->row),
                                 *taken[i]->draft, options[i], taken[i]->discarded));
    }
    return answers;
}

Status LocalStore::StorePut(db::Transaction& transaction, ObjectRow& row, detail::BlobDraft& draft,
                            const PutOptions& options, std::vector<int64_t>& discarded) {
    GYRE_TRY(Replace(transaction, row, options.conditions, discarded));
    GYRE_TRY(draft.Insert(transaction));
    return blobs_->TidyUp(transaction);
}

core::Result<ObjectInfo> LocalStore::EndPut(Status committed, ObjectRow row,
                                            detail::BlobDraft& draft, const PutOptions& options,
                                            const std::vector<int64_t>& discarded) {
    draft.Committed(committed);
    GYRE_TRY(std::move(committed));
    CleanUp(discarded);
    Tell(options.event, row.info, options.by);
    return std::move(row.info);
}

core::Result<ObjectInfo> LocalStore::CommitPut(ObjectRow row, detail::BlobDraft& draft,
                                               const PutOptions& options) {
    row.info.size = draft.Size();
    row.blob = draft.Id();
    std::vector<detail::BlobId> discarded;
    Status committed = commits_->Run(
        [&](db::Transaction& transaction) {
            return StorePut(transaction, row, draft, options, discarded);
        },
        draft.Directory());
    return EndPut(std::move(committed), std::move(row), draft, options, discarded);
}

Status LocalStore::Replace(db::Transaction& transaction, ObjectRow& row,
                           const Conditions& conditions, std::vector<int64_t>& discarded) {
    discarded.clear();
    const ObjectInfo& info = row.info;
    GYRE_ASSIGN(const auto bucket, detail::RequireBucket(transaction, info.bucket));
    GYRE_ASSIGN(const auto present, detail::FindObject(transaction, info.bucket, info.key));
    GYRE_TRY(detail::CheckWrite(conditions, present, info.key));
    row.version.clear();
    row.seq = 0;
    if (bucket.versioning == Versioning::kOff) {
        if (present) GYRE_TRY(detail::ReleaseContent(transaction, *present, discarded));
    } else {
        GYRE_ASSIGN(row.seq, detail::NextSeq(transaction, info.bucket, info.key, present));
        if (bucket.versioning == Versioning::kSuspended) {
            GYRE_TRY(
                detail::ClearNullVersion(transaction, present, info.bucket, info.key, discarded));
        } else {
            row.version = detail::NewVersionName();
            if (present) GYRE_TRY(detail::SetAside(transaction, *present));
        }
    }
    row.info.version = bucket.Shown(row.version);
    row.info.sequence = NextSequence();
    return detail::StoreObject(transaction, row);
}

Status LocalStore::CheckBeforeWrite(const std::string& bucket, const std::string& key,
                                    const Conditions& conditions) {
    return database_.Read([&](db::Transaction& transaction) -> Status {
        GYRE_TRY(detail::RequireBucket(transaction, bucket));
        if (!conditions.Any()) return {};
        GYRE_ASSIGN(const auto present, detail::FindObject(transaction, bucket, key));
        return detail::CheckWrite(conditions, present, key);
    });
}

}  // namespace gyre::objects
