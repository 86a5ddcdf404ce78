#include "objects/detail/group_commit.h"
#include "objects/detail/s3_errors.h"
#include "objects/detail/version_row.h"
#include "objects/local_store.h"
#include "objects/names.h"

namespace gyre::objects {

using core::Status;

core::Result<std::string> LocalStore::SetTags(const ObjectName& object, const Tags& tags,
                                              const RequestedBy& by) {
    GYRE_TRY(CheckKey(object.key));
    GYRE_TRY(detail::CheckVersionName(object.version));
    ObjectInfo tagged;
    const Status done = commits_->Run([&](db::Transaction& transaction) -> Status {
        GYRE_ASSIGN(const auto state, detail::RequireBucket(transaction, object.bucket));
        GYRE_ASSIGN(auto row, detail::FindVersion(transaction, object));
        if (!row) {
            return core::Fail(object.version.empty()
                                  ? detail::NoSuchKey(object.key)
                                  : detail::NoSuchVersion(object.key, object.version));
        }
        if (row->marker) {
            return core::Fail(
                detail::S3Error(core::Code::kFailedPrecondition, 405, "MethodNotAllowed",
                                "The specified method is not allowed against this resource."));
        }
        row->info.tags = tags;
        row->info.version = state.Shown(row->version);
        GYRE_TRY(detail::UpdateDetail(transaction, *row));
        tagged = std::move(row->info);
        return {};
    });
    GYRE_TRY(done);
    Tell(tags.empty() ? "ObjectTagging:Delete" : "ObjectTagging:Put", tagged, by);
    return std::move(tagged.version);
}

}  // namespace gyre::objects
