#include <algorithm>

#include "objects/detail/blob_store.h"
#include "objects/detail/group_commit.h"
#include "objects/detail/multipart_rules.h"
#include "objects/detail/object_row.h"
#include "objects/detail/s3_errors.h"
#include "objects/detail/upload_row.h"
#include "objects/local_store.h"
#include "objects/names.h"

namespace gyre::objects {
namespace {

using core::Status;
using detail::ObjectRow;
using detail::PartRow;
using detail::UploadRow;

/// What an earlier request to complete the same upload with the same parts made of it, where it is
/// there still.
core::Result<ObjectInfo> MadeBefore(db::Transaction& transaction, const UploadId& upload,
                                    const CompleteOptions& options) {
    GYRE_ASSIGN(const auto state, detail::RequireBucket(transaction, upload.bucket));
    GYRE_ASSIGN(auto row, detail::FindObject(transaction, upload.bucket, upload.key));
    std::vector<std::string> tags;
    for (const ListedPart& part : options.parts) tags.push_back(detail::Unquoted(part.etag));
    if (row && row->upload_name == upload.name && row->info.etag == detail::TagOfWhole(tags)) {
        row->info.version = state.Shown(row->version);
        return std::move(row->info);
    }
    return core::Fail(detail::NoSuchUpload(upload.name));
}

}  // namespace

core::Result<ObjectInfo> LocalStore::CompleteUpload(const UploadId& upload,
                                                    const CompleteOptions& options) {
    GYRE_TRY(CheckKey(upload.key));
    std::vector<detail::BlobId> discarded;
    ObjectInfo made;
    bool again = false;
    const Status done = commits_->Run([&](db::Transaction& transaction) -> Status {
        discarded.clear();
        const auto found = detail::FindUpload(transaction, upload);
        again = !found && found.error().wire_name == "NoSuchUpload";
        if (again) {
            GYRE_ASSIGN(made, MadeBefore(transaction, upload, options));
            return {};
        }
        if (!found) return core::Fail(found.error());
        GYRE_ASSIGN(const auto stored, detail::PartsOf(transaction, found->number));
        GYRE_ASSIGN(const auto chosen, detail::ChooseParts(*found, stored, options));
        ObjectRow row;
        row.info.bucket = upload.bucket;
        row.info.key = upload.key;
        row.info.modified = clock_.WallNow();
        row.info.content_type = found->metadata.content_type;
        row.info.system_metadata = found->metadata.system;
        row.info.user_metadata = found->metadata.user;
        row.info.tags = found->tags;
        row.info.acl = found->acl;
        row.upload = found->number;
        row.upload_name = upload.name;
        GYRE_TRY(detail::DescribeWhole(*found, chosen, options, row.info));
        GYRE_TRY(Replace(transaction, row, options.conditions, discarded));
        for (const PartRow& part : stored) {
            if (std::ranges::binary_search(chosen, part.info.number, {},
                                           [](const PartRow* one) { return one->info.number; })) {
                continue;
            }
            GYRE_TRY(detail::ReleasePart(transaction, found->number, part.info.number, discarded));
        }
        GYRE_TRY(detail::RemoveUpload(transaction, upload));
        made = std::move(row.info);
        return blobs_->TidyUp(transaction);
    });
    GYRE_TRY(done);
    CleanUp(discarded);
    if (!again) Tell("ObjectCreated:CompleteMultipartUpload", made, options.by);
    return made;
}

}  // namespace gyre::objects
