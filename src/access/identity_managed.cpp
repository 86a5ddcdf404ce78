#include <algorithm>
#include <utility>

#include "access/detail/identity_rows.h"
#include "access/detail/identity_state.h"
#include "access/detail/text.h"
#include "access/identity_store.h"

namespace gyre::access {
namespace {

using core::Code;
using core::Status;

constexpr size_t kMaxVersions = 5;
constexpr size_t kMaxDocument = 6144;

Status CheckSize(std::string_view document) {
    if (detail::PolicySize(document) <= kMaxDocument) return {};
    return core::Fail(detail::IamError(Code::kResourceExhausted, "LimitExceeded", 409,
                                       "Cannot exceed quota for PolicySize: 6144"));
}

core::Error NoSuchVersion(const ManagedPolicy& policy, std::string_view version) {
    return detail::IamError(Code::kNotFound, "NoSuchEntity", 404,
                            "Policy " + policy.arn + " version " + std::string(version) +
                                " does not exist or is not attachable.");
}

}  // namespace

core::Result<ManagedPolicy> IdentityStore::CreateManaged(ManagedPolicy policy,
                                                         std::string document) {
    GYRE_TRY(CheckSize(document));
    policy.id = detail::RandomId("ANPA", 17);
    policy.arn = "arn:aws:iam::" + options_.account + ":policy" + policy.path + policy.name;
    policy.created = policy.updated = clock_.WallNow();
    policy.versions = {{"v1", std::move(document), policy.created}};
    GYRE_ASSIGN(const auto live, LivePolicy::Make(std::move(policy)));
    const ManagedPolicy& made = live->managed;
    auto turn = writing_.Lock();
    GYRE_TRY(CatchUp());
    const auto all = ListManaged();
    const bool taken = std::any_of(all.begin(), all.end(), [&](const ManagedPolicy& other) {
        return !other.by_aws && detail::NameKey(other.name) == detail::NameKey(made.name);
    });
    if (taken) {
        return core::Fail(detail::IamError(Code::kAlreadyExists, "EntityAlreadyExists", 409,
                                           "A policy called " + made.name +
                                               " already exists. Duplicate names are not "
                                               "allowed."));
    }
    GYRE_TRY(Commit(
        [&](db::Transaction& transaction) { return detail::PutManagedPolicy(transaction, made); }));
    state_->Lock()->managed.insert_or_assign(made.arn, live);
    return made;
}

core::Result<ManagedPolicy> IdentityStore::GetManaged(std::string_view arn) const {
    auto state = state_->Lock();
    const auto found = state->managed.find(arn);
    if (found == state->managed.end()) return core::Fail(detail::NoSuchPolicy(arn));
    return found->second->managed;
}

std::vector<ManagedPolicy> IdentityStore::ListManaged() const {
    std::vector<ManagedPolicy> policies;
    auto state = state_->Lock();
    for (const auto& [arn, live] : state->managed) policies.push_back(live->managed);
    return policies;
}

Status IdentityStore::ChangeManaged(const std::string& arn,
                                    const std::function<Status(ManagedPolicy&)>& change) {
    auto turn = writing_.Lock();
    GYRE_TRY(CatchUp());
    GYRE_ASSIGN(auto changed, GetManaged(arn));
    if (changed.by_aws) {
        return core::Fail(detail::IamError(
            Code::kPermissionDenied, "AccessDenied", 403,
            "AWS's own policy " + arn + " cannot be changed; make one of your own from it."));
    }
    GYRE_TRY(change(changed));
    GYRE_ASSIGN(auto live, LivePolicy::Make(std::move(changed)));
    GYRE_TRY(Commit([&](db::Transaction& transaction) {
        return detail::PutManagedPolicy(transaction, live->managed);
    }));
    auto state = state_->Lock();
    state->managed.insert_or_assign(arn, std::move(live));
    state->LinkAll();
    return {};
}

Status IdentityStore::DeleteManaged(const std::string& arn) {
    auto turn = writing_.Lock();
    GYRE_TRY(CatchUp());
    GYRE_ASSIGN(const auto policy, GetManaged(arn));
    if (policy.by_aws) {
        return core::Fail(detail::IamError(Code::kPermissionDenied, "AccessDenied", 403,
                                           "AWS's own policy " + arn + " cannot be deleted."));
    }
    const auto conflict = [](const char* message) {
        return core::Fail(
            detail::IamError(Code::kFailedPrecondition, "DeleteConflict", 409, message));
    };
    if (!HoldersOf(arn, false).empty() || !HoldersOf(arn, true).empty()) {
        return conflict("Cannot delete a policy attached to entities.");
    }
    if (policy.versions.size() > 1) {
        return conflict(
            "This policy has more than one version. Before you delete a policy, you must delete "
            "the policy's versions. The default version is deleted with the policy.");
    }
    GYRE_TRY(Commit([&](db::Transaction& transaction) {
        return detail::DeleteManagedPolicy(transaction, arn);
    }));
    state_->Lock()->managed.erase(arn);
    return {};
}

core::Result<PolicyVersion> IdentityStore::CreateVersion(const std::string& arn,
                                                         std::string document, bool as_default) {
    GYRE_TRY(CheckSize(document));
    GYRE_TRY(Policy::Parse("", document, PolicyKind::kIdentity));
    PolicyVersion made;
    GYRE_TRY(ChangeManaged(arn, [&](ManagedPolicy& changed) -> Status {
        if (changed.versions.size() >= kMaxVersions) {
            return core::Fail(detail::IamError(
                Code::kResourceExhausted, "LimitExceeded", 409,
                "A managed policy can have up to 5 versions. Before you create a new version, you "
                "must delete an existing version."));
        }
        made = {"v" + std::to_string(changed.next_version++), std::move(document),
                clock_.WallNow()};
        changed.versions.push_back(made);
        changed.updated = made.created;
        if (as_default) changed.default_version = made.id;
        return {};
    }));
    return made;
}

Status IdentityStore::SetDefaultVersion(const std::string& arn, std::string version) {
    return ChangeManaged(arn, [&](ManagedPolicy& changed) -> Status {
        if (!changed.Find(version)) return core::Fail(NoSuchVersion(changed, version));
        changed.default_version = std::move(version);
        changed.updated = clock_.WallNow();
        return {};
    });
}

Status IdentityStore::DeleteVersion(const std::string& arn, std::string_view version) {
    return ChangeManaged(arn, [&](ManagedPolicy& changed) -> Status {
        if (!changed.Find(version)) return core::Fail(NoSuchVersion(changed, version));
        if (changed.default_version == version) {
            return core::Fail(detail::IamError(Code::kFailedPrecondition, "DeleteConflict", 409,
                                               "Cannot delete the default version of a policy."));
        }
        std::erase_if(changed.versions,
                      [&](const PolicyVersion& other) { return other.id == version; });
        return {};
    });
}

}  // namespace gyre::access
