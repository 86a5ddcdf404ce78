#include "objects/detail/group_commit.h"
#include "objects/detail/s3_errors.h"
#include "objects/detail/version_row.h"
#include "objects/local_store.h"
#include "objects/names.h"

namespace gyre::objects {

using core::Status;

core::Result<ObjectInfo> LocalStore::ChangeInfo(const ObjectName& object,
                                                const std::function<void(ObjectInfo&)>& change) {
    GYRE_TRY(CheckKey(object.key));
    GYRE_TRY(detail::CheckVersionName(object.version));
    ObjectInfo changed;
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
        change(row->info);
        row->info.sequence = NextSequence();
        row->info.version = state.Shown(row->version);
        GYRE_TRY(detail::UpdateDetail(transaction, *row));
        changed = std::move(row->info);
        return {};
    });
    GYRE_TRY(done);
    return changed;
}

core::Result<std::string> LocalStore::SetTags(const ObjectName& object, const Tags& tags,
                                              const RequestedBy& by) {
    GYRE_ASSIGN(ObjectInfo tagged, ChangeInfo(object, [&](ObjectInfo& info) { info.tags = tags; }));
    Tell(tags.empty() ? "ObjectTagging:Delete" : "ObjectTagging:Put", tagged, by);
    return std::move(tagged.version);
}

Status LocalStore::SetAcl(const ObjectName& object, Acl acl, const RequestedBy& by) {
    GYRE_ASSIGN(const ObjectInfo changed,
                ChangeInfo(object, [&](ObjectInfo& info) { info.acl = acl; }));
    Tell("ObjectAcl:Put", changed, by);
    return {};
}

}  // namespace gyre::objects
