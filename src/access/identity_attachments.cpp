#include <algorithm>
#include <utility>

#include "access/detail/identity_rows.h"
#include "access/detail/identity_state.h"
#include "access/detail/text.h"
#include "access/identity_store.h"
#include "core/ascii.h"

namespace gyre::access {
namespace {

using core::Code;
using core::Status;

constexpr size_t kMaxAttached = 10;
constexpr size_t kMaxGroups = 10;
constexpr size_t kMaxTags = 50;

core::Error LimitExceeded(std::string message) {
    return detail::IamError(Code::kResourceExhausted, "LimitExceeded", 409, std::move(message));
}

Status MergeTags(Tags& into, const Tags& given) {
    for (const auto& [key, value] : given) {
        const auto same = std::find_if(into.begin(), into.end(), [&](const auto& tag) {
            return core::AsciiLower(tag.first) == core::AsciiLower(key);
        });
        if (same == into.end()) {
            into.emplace_back(key, value);
        } else {
            *same = {key, value};
        }
    }
    if (into.size() <= kMaxTags) return {};
    return core::Fail(LimitExceeded("The number of tags has reached the maximum limit."));
}

void DropTags(Tags& from, const std::vector<std::string>& keys) {
    std::erase_if(from, [&](const auto& tag) {
        return std::any_of(keys.begin(), keys.end(), [&](const std::string& key) {
            return core::AsciiLower(key) == core::AsciiLower(tag.first);
        });
    });
}

}  // namespace

Status IdentityStore::SetTags(PrincipalKind kind, std::string_view name, const Tags& tags) {
    return Change(kind, name, [&](Principal& changed) { return MergeTags(changed.tags, tags); });
}

Status IdentityStore::RemoveTags(PrincipalKind kind, std::string_view name,
                                 const std::vector<std::string>& keys) {
    return Change(kind, name, [&](Principal& changed) -> Status {
        DropTags(changed.tags, keys);
        return {};
    });
}

Status IdentityStore::SetManagedTags(const std::string& arn, const Tags& set,
                                     const std::vector<std::string>& remove) {
    return ChangeManaged(arn, [&](ManagedPolicy& changed) {
        DropTags(changed.tags, remove);
        return MergeTags(changed.tags, set);
    });
}

Status IdentityStore::AddToGroup(std::string_view user, std::string_view group) {
    GYRE_ASSIGN(const auto found, Get(PrincipalKind::kGroup, group));
    return Change(PrincipalKind::kUser, user, [&](Principal& changed) -> Status {
        changed.groups.insert(found.id);
        if (changed.groups.size() <= kMaxGroups) return {};
        return core::Fail(LimitExceeded("Cannot exceed quota for GroupsPerUser: 10"));
    });
}

Status IdentityStore::RemoveFromGroup(std::string_view user, std::string_view group) {
    GYRE_ASSIGN(const auto found, Get(PrincipalKind::kGroup, group));
    return Change(PrincipalKind::kUser, user, [&](Principal& changed) -> Status {
        if (changed.groups.erase(found.id) > 0) return {};
        return core::Fail(
            detail::IamError(Code::kNotFound, "NoSuchEntity", 404,
                             "User " + changed.name + " is not in group " + found.name));
    });
}

core::Result<std::vector<Principal>> IdentityStore::GroupsOf(std::string_view user) const {
    GYRE_ASSIGN(const auto live, FindLive(PrincipalKind::kUser, user));
    std::vector<Principal> groups;
    auto state = state_->Lock();
    for (const auto& [name, other] : state->by_name) {
        if (live->principal.groups.contains(other->principal.id)) {
            groups.push_back(other->principal);
        }
    }
    return groups;
}

core::Result<std::vector<Principal>> IdentityStore::UsersIn(std::string_view group) const {
    GYRE_ASSIGN(const auto live, FindLive(PrincipalKind::kGroup, group));
    std::vector<Principal> users;
    auto state = state_->Lock();
    for (const auto& [name, other] : state->by_name) {
        if (other->principal.groups.contains(live->principal.id)) users.push_back(other->principal);
    }
    return users;
}

Status IdentityStore::Attach(PrincipalKind kind, std::string_view owner,
                             const std::string& policy_arn) {
    return Change(kind, owner, [&](Principal& changed) -> Status {
        GYRE_TRY(GetManaged(policy_arn));
        changed.attached.insert(policy_arn);
        if (changed.attached.size() <= kMaxAttached) return {};
        return core::Fail(LimitExceeded("Cannot exceed quota for PoliciesPer" +
                                        std::string(detail::KindWord(kind)) + ": 10"));
    });
}

Status IdentityStore::Detach(PrincipalKind kind, std::string_view owner,
                             const std::string& policy_arn) {
    return Change(kind, owner, [&](Principal& changed) -> Status {
        if (changed.attached.erase(policy_arn) > 0) return {};
        return core::Fail(detail::IamError(Code::kNotFound, "NoSuchEntity", 404,
                                           "Policy " + policy_arn + " was not found."));
    });
}

Status IdentityStore::SetBoundary(PrincipalKind kind, std::string_view owner,
                                  std::string policy_arn) {
    return Change(kind, owner, [&](Principal& changed) -> Status {
        if (policy_arn.empty() && changed.boundary.empty()) {
            return core::Fail(detail::IamError(Code::kNotFound, "NoSuchEntity", 404,
                                               std::string(detail::KindWord(kind)) + " " +
                                                   changed.name +
                                                   " does not have a permissions boundary."));
        }
        if (!policy_arn.empty()) GYRE_TRY(GetManaged(policy_arn));
        changed.boundary = std::move(policy_arn);
        return {};
    });
}

std::vector<Principal> IdentityStore::HoldersOf(std::string_view arn, bool as_boundary) const {
    std::vector<Principal> holders;
    auto state = state_->Lock();
    for (const auto& [name, live] : state->by_name) {
        const Principal& principal = live->principal;
        const bool holds =
            as_boundary ? principal.boundary == arn : principal.attached.contains(std::string(arn));
        if (holds) holders.push_back(principal);
    }
    return holders;
}

}  // namespace gyre::access
