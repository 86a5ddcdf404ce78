#include "core/digest.h"
#include "objects/detail/blob_store.h"
#include "objects/detail/group_commit.h"
#include "objects/detail/multipart_rules.h"
#include "objects/detail/object_row.h"
#include "objects/detail/upload_row.h"
#include "objects/detail/verified_sums.h"
#include "objects/local_store.h"
#include "objects/names.h"

namespace gyre::objects {

using core::Status;
using detail::PartRow;
using detail::UploadRow;

core::Result<UploadInfo> LocalStore::CreateUpload(const std::string& bucket, const std::string& key,
                                                  const UploadOptions& options) {
    GYRE_TRY(CheckKey(key));
    GYRE_TRY(CheckRoom());
    UploadRow upload;
    GYRE_ASSIGN(upload.info.type, detail::TypeOfWhole(options.algorithm, options.type));
    GYRE_ASSIGN(upload.number, blobs_->NewId());
    upload.info.id = {bucket, key, detail::NewUploadName(upload.number)};
    upload.info.initiated = clock_.WallNow();
    upload.info.algorithm = options.algorithm;
    upload.info.initiator = options.initiator;
    upload.metadata = options.metadata;
    upload.tags = options.tags;
    upload.acl = options.acl;
    const Status done = commits_->Run([&](db::Transaction& transaction) -> Status {
        GYRE_TRY(detail::RequireBucket(transaction, bucket));
        return detail::StoreUpload(transaction, upload);
    });
    GYRE_TRY(done);
    return std::move(upload.info);
}

core::Result<PartInfo> LocalStore::UploadPart(const UploadId& upload, int number,
                                              net::BodyReader& body, const ExpectedSums& expected) {
    GYRE_TRY(CheckKey(upload.key));
    GYRE_TRY(detail::CheckPartNumber(number));
    GYRE_TRY(detail::CheckForm(expected));
    return WritePart(upload, number, body, expected);
}

core::Result<PartInfo> LocalStore::WritePart(const UploadId& upload, int number,
                                             net::BodyReader& body, const ExpectedSums& expected) {
    GYRE_TRY(CheckRoom());
    ExpectedSums wanted = expected;
    const Status known = database_.Read([&](db::Transaction& transaction) -> Status {
        GYRE_ASSIGN(const UploadRow row, detail::FindUpload(transaction, upload));
        GYRE_TRY(detail::CheckPartAlgorithms(row.info.algorithm, expected));
        wanted.algorithms.insert(row.Algorithm());
        return {};
    });
    GYRE_TRY(known);
    Checksummer summer(detail::AlgorithmsFor(wanted));
    GYRE_ASSIGN(const auto draft, blobs_->Write(body, summer, detail::kLargestBody));
    const Checksummer::Sums sums = summer.Finish();
    GYRE_TRY(detail::Verify(expected, sums));

    PartRow part;
    part.info = {number, draft->Size(), core::HexEncode(sums.md5), clock_.WallNow(),
                 detail::ToInfo(sums)};
    part.blob = draft->Id();
    std::vector<detail::BlobId> discarded;
    const Status committed = commits_->Run(
        [&](db::Transaction& transaction) -> Status {
            GYRE_TRY(ReplacePart(transaction, upload, part, discarded));
            GYRE_TRY(draft->Insert(transaction));
            return blobs_->TidyUp(transaction);
        },
        draft->Directory());
    draft->Committed(committed);
    GYRE_TRY(committed);
    CleanUp(discarded);
    return std::move(part.info);
}

Status LocalStore::ReplacePart(db::Transaction& transaction, const UploadId& upload,
                               const PartRow& part, std::vector<detail::BlobId>& discarded) {
    discarded.clear();
    GYRE_ASSIGN(const UploadRow row, detail::FindUpload(transaction, upload));
    GYRE_TRY(detail::ReleasePart(transaction, row.number, part.info.number, discarded));
    return detail::StorePart(transaction, row.number, part);
}

Status LocalStore::AbortUpload(const UploadId& upload) {
    std::vector<detail::BlobId> discarded;
    const Status done = RunRemoval([&](db::Transaction& transaction) -> Status {
        discarded.clear();
        GYRE_ASSIGN(const UploadRow row, detail::FindUpload(transaction, upload));
        GYRE_TRY(detail::ReleaseParts(transaction, row.number, discarded));
        GYRE_TRY(detail::RemoveUpload(transaction, upload));
        return blobs_->TidyUp(transaction);
    });
    GYRE_TRY(done);
    CleanUp(discarded);
    return {};
}

}  // namespace gyre::objects
