#include <algorithm>
#include <tuple>
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

constexpr size_t kMaxKeys = 2;

size_t PolicyLimit(PrincipalKind kind) {
    switch (kind) {
        case PrincipalKind::kUser:
            return 2048;
        case PrincipalKind::kGroup:
            return 5120;
        case PrincipalKind::kRole:
            break;
    }
    return 10'240;
}

const char* IdPrefix(PrincipalKind kind) {
    return kind == PrincipalKind::kUser ? "AIDA" : kind == PrincipalKind::kRole ? "AROA" : "AGPA";
}

core::Error Exists(PrincipalKind kind, const std::string& name) {
    return detail::IamError(
        Code::kAlreadyExists, "EntityAlreadyExists", 409,
        std::string(detail::KindWord(kind)) + " with name " + name + " already exists.");
}

core::Error Conflict(const char* first) {
    return detail::IamError(Code::kFailedPrecondition, "DeleteConflict", 409,
                            std::string("Cannot delete entity, must ") + first + " first.");
}

}  // namespace

core::Result<Principal> IdentityStore::Create(Principal principal) {
    principal.id = detail::RandomId(IdPrefix(principal.kind), 17);
    principal.arn = detail::PrincipalArn(options_.account, principal);
    principal.created = clock_.WallNow();
    GYRE_ASSIGN(const auto live, Live::Make(principal));
    auto turn = writing_.Lock();
    GYRE_TRY(CatchUp());
    if (FindLive(principal.kind, principal.name)) {
        return core::Fail(Exists(principal.kind, principal.name));
    }
    if (!principal.boundary.empty()) GYRE_TRY(GetManaged(principal.boundary));
    GYRE_TRY(Commit([&](db::Transaction& transaction) {
        return detail::InsertPrincipal(transaction, principal);
    }));
    state_->Lock()->Put(live);
    return principal;
}

Status IdentityStore::Replace(Principal changed) {
    GYRE_ASSIGN(const auto live, Live::Make(std::move(changed)));
    GYRE_TRY(Commit([&](db::Transaction& transaction) {
        return detail::UpdatePrincipal(transaction, live->principal);
    }));
    state_->Lock()->Put(live);
    return {};
}

Status IdentityStore::Change(PrincipalKind kind, std::string_view name,
                             const std::function<Status(Principal&)>& change) {
    auto turn = writing_.Lock();
    GYRE_TRY(CatchUp());
    GYRE_ASSIGN(auto changed, Get(kind, name));
    GYRE_TRY(change(changed));
    return Replace(std::move(changed));
}

Status IdentityStore::Delete(PrincipalKind kind, std::string_view name) {
    auto turn = writing_.Lock();
    GYRE_TRY(CatchUp());
    GYRE_ASSIGN(const auto live, FindLive(kind, name));
    const Principal& principal = live->principal;
    if (!principal.policies.empty()) return core::Fail(Conflict("delete policies"));
    if (!principal.attached.empty()) return core::Fail(Conflict("detach all policies"));
    if (!principal.groups.empty()) return core::Fail(Conflict("remove users from group"));
    if (kind == PrincipalKind::kUser) {
        GYRE_ASSIGN(const auto keys, ListKeys(name));
        if (!keys.empty()) return core::Fail(Conflict("delete access keys"));
    }
    if (kind == PrincipalKind::kGroup) {
        GYRE_ASSIGN(const auto users, UsersIn(name));
        if (!users.empty()) return core::Fail(Conflict("remove users in group"));
    }
    GYRE_TRY(Commit([&](db::Transaction& transaction) {
        return detail::DeletePrincipal(transaction, principal);
    }));
    state_->Lock()->Remove(principal);
    return {};
}

Status IdentityStore::Rename(PrincipalKind kind, std::string_view name, std::string new_name,
                             std::string new_path) {
    auto turn = writing_.Lock();
    GYRE_TRY(CatchUp());
    GYRE_ASSIGN(const auto before, Get(kind, name));
    Principal after = before;
    if (!new_name.empty()) after.name = std::move(new_name);
    if (!new_path.empty()) after.path = std::move(new_path);
    after.arn = detail::PrincipalArn(options_.account, after);
    const bool same_key = detail::NameKey(after.name) == detail::NameKey(before.name);
    if (!same_key && FindLive(kind, after.name)) return core::Fail(Exists(kind, after.name));
    GYRE_ASSIGN(const auto live, Live::Make(after));
    GYRE_TRY(Commit([&](db::Transaction& transaction) {
        return detail::RenamePrincipal(transaction, before, after);
    }));
    auto state = state_->Lock();
    state->Remove(before);
    if (kind == PrincipalKind::kUser) {
        for (auto& [id, key] : state->keys) {
            if (key.user == before.name) key.user = after.name;
        }
    }
    state->Put(live);
    return {};
}

Status IdentityStore::SetTrustPolicy(std::string_view role, std::string document) {
    return Change(PrincipalKind::kRole, role, [&](Principal& changed) -> Status {
        changed.trust_policy = std::move(document);
        return {};
    });
}

Status IdentityStore::UpdateRole(std::string_view role, std::optional<std::string> description,
                                 std::optional<core::seconds> max_session) {
    return Change(PrincipalKind::kRole, role, [&](Principal& changed) -> Status {
        if (description) changed.description = std::move(*description);
        if (max_session) changed.max_session = *max_session;
        return {};
    });
}

Status IdentityStore::PutPolicy(PrincipalKind kind, std::string_view owner, std::string policy,
                                std::string document) {
    return Change(kind, owner, [&](Principal& changed) -> Status {
        changed.policies.insert_or_assign(std::move(policy), std::move(document));
        size_t size = 0;
        for (const auto& [name, text] : changed.policies) size += detail::PolicySize(text);
        if (size <= PolicyLimit(kind)) return {};
        return core::Fail(detail::IamError(
            Code::kResourceExhausted, "LimitExceeded", 409,
            "Maximum policy size of " + std::to_string(PolicyLimit(kind)) + " bytes exceeded for " +
                core::AsciiLower(detail::KindWord(kind)) + " " + changed.name));
    });
}

Status IdentityStore::DeletePolicy(PrincipalKind kind, std::string_view owner,
                                   std::string_view policy) {
    return Change(kind, owner, [&](Principal& changed) -> Status {
        if (changed.policies.erase(std::string(policy)) > 0) return {};
        return core::Fail(detail::IamError(Code::kNotFound, "NoSuchEntity", 404,
                                           "The " + core::AsciiLower(detail::KindWord(kind)) +
                                               " policy with name " + std::string(policy) +
                                               " cannot be found."));
    });
}

core::Result<AccessKey> IdentityStore::CreateKey(std::string_view user) {
    auto turn = writing_.Lock();
    GYRE_TRY(CatchUp());
    GYRE_ASSIGN(const auto keys, ListKeys(user));
    if (keys.size() >= kMaxKeys) {
        return core::Fail(detail::IamError(Code::kResourceExhausted, "LimitExceeded", 409,
                                           "Cannot exceed quota for AccessKeysPerUser: 2"));
    }
    GYRE_ASSIGN(const auto owner, KeyOwner(user));
    AccessKey key{detail::RandomId("AKIA", 16), detail::RandomSecret(), owner, true,
                  clock_.WallNow()};
    GYRE_TRY(
        Commit([&](db::Transaction& transaction) { return detail::PutKey(transaction, key); }));
    state_->Lock()->keys.emplace(key.id, key);
    return key;
}

core::Result<std::string> IdentityStore::KeyOwner(std::string_view user) const {
    if (user.empty()) return std::string();
    GYRE_ASSIGN(const auto live, FindLive(PrincipalKind::kUser, user));
    return live->principal.name;
}

core::Result<std::vector<AccessKey>> IdentityStore::ListKeys(std::string_view user) const {
    GYRE_ASSIGN(const auto owner, KeyOwner(user));
    std::vector<AccessKey> keys;
    if (owner.empty() && !options_.root_access_key_id.empty()) {
        keys.push_back({options_.root_access_key_id, "", owner, true, {}});
    }
    {
        auto state = state_->Lock();
        for (const auto& [id, key] : state->keys) {
            if (key.user == owner) keys.push_back(key);
        }
    }
    std::sort(keys.begin(), keys.end(), [](const AccessKey& a, const AccessKey& b) {
        return std::tie(a.created, a.id) < std::tie(b.created, b.id);
    });
    return keys;
}

core::Result<AccessKey> IdentityStore::FindKey(std::string_view user, std::string_view key) const {
    if (user.empty() && key == options_.root_access_key_id) {
        return core::Fail(detail::IamError(
            Code::kFailedPrecondition, "UnmodifiableEntity", 400,
            "The platform was started with this key: change it in its credentials file."));
    }
    GYRE_ASSIGN(auto keys, ListKeys(user));
    for (AccessKey& candidate : keys) {
        if (candidate.id == key) return std::move(candidate);
    }
    return core::Fail(
        detail::IamError(Code::kNotFound, "NoSuchEntity", 404,
                         "The Access Key with id " + std::string(key) + " cannot be found."));
}

Status IdentityStore::SetKeyActive(std::string_view user, std::string_view key, bool active) {
    auto turn = writing_.Lock();
    GYRE_TRY(CatchUp());
    GYRE_ASSIGN(auto changed, FindKey(user, key));
    changed.active = active;
    GYRE_TRY(
        Commit([&](db::Transaction& transaction) { return detail::PutKey(transaction, changed); }));
    std::string id = changed.id;
    state_->Lock()->keys.insert_or_assign(std::move(id), std::move(changed));
    return {};
}

Status IdentityStore::DeleteKey(std::string_view user, std::string_view key) {
    auto turn = writing_.Lock();
    GYRE_TRY(CatchUp());
    GYRE_ASSIGN(const auto found, FindKey(user, key));
    GYRE_TRY(Commit(
        [&](db::Transaction& transaction) { return detail::DeleteKey(transaction, found.id); }));
    state_->Lock()->keys.erase(found.id);
    return {};
}

core::Result<std::string> IdentityStore::UserOfKey(const std::string& key) const {
    auto state = state_->Lock();
    const auto found = state->keys.find(key);
    if (found != state->keys.end()) return found->second.user;
    return core::Fail(detail::IamError(Code::kNotFound, "NoSuchEntity", 404,
                                       "The Access Key with id " + key + " cannot be found."));
}

}  // namespace gyre::access
