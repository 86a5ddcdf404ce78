#include <algorithm>
#include <tuple>
#include <utility>

#include "access/detail/identity_rows.h"
#include "access/detail/identity_state.h"
#include "access/detail/text.h"
#include "access/identity_store.h"
#include "core/digest.h"

namespace gyre::access {
namespace {

using core::Code;
using core::Status;

constexpr size_t kMaxKeys = 2;
constexpr size_t kMaxUserPolicies = 2048;
constexpr size_t kMaxRolePolicies = 10'240;

core::Error Named(Code code, const char* name, int status, std::string message) {
    core::Error error(code, name, std::move(message));
    error.http_status = status;
    return error;
}

const char* KindWord(PrincipalKind kind) {
    return kind == PrincipalKind::kUser ? "User" : "Role";
}

/// IAM's quota counts no white space.
size_t PolicySize(const Principal& principal) {
    size_t size = 0;
    for (const auto& [name, document] : principal.policies) {
        size += static_cast<size_t>(std::count_if(document.begin(), document.end(), [](char c) {
            return c != ' ' && c != '\n' && c != '\t' && c != '\r';
        }));
    }
    return size;
}

}  // namespace

namespace detail {

core::Error NoSuchEntity(PrincipalKind kind, std::string_view name) {
    return Named(
        Code::kNotFound, "NoSuchEntity", 404,
        "The " + Lower(KindWord(kind)) + " with name " + std::string(name) + " cannot be found.");
}

std::string RandomId(std::string_view prefix, size_t count) {
    constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    std::string id(prefix);
    for (const char byte : core::RandomBytes(count)) {
        id += kAlphabet[static_cast<unsigned char>(byte) % kAlphabet.size()];
    }
    return id;
}

std::string RandomSecret() {
    return core::Base64Encode(core::RandomBytes(30));
}

}  // namespace detail

core::Result<Principal> IdentityStore::Create(Principal principal) {
    const bool user = principal.kind == PrincipalKind::kUser;
    principal.id = detail::RandomId(user ? "AIDA" : "AROA", 17);
    principal.arn = "arn:aws:iam::" + options_.account + (user ? ":user" : ":role") +
                    principal.path + principal.name;
    principal.created = clock_.WallNow();
    GYRE_ASSIGN(auto live, Live::Make(principal));
    auto turn = writing_.Lock();
    if (FindLive(principal.kind, principal.name)) {
        return core::Fail(Named(Code::kAlreadyExists, "EntityAlreadyExists", 409,
                                std::string(KindWord(principal.kind)) + " with name " +
                                    principal.name + " already exists."));
    }
    GYRE_TRY(database_.Write([&](db::Transaction& transaction) {
        return detail::InsertPrincipal(transaction, principal);
    }));
    state_->Lock()->Put(std::move(live));
    return principal;
}

Status IdentityStore::Replace(Principal changed) {
    GYRE_ASSIGN(auto live, Live::Make(std::move(changed)));
    GYRE_TRY(database_.Write([&](db::Transaction& transaction) {
        return detail::UpdatePrincipal(transaction, live->principal);
    }));
    state_->Lock()->Put(std::move(live));
    return {};
}

Status IdentityStore::Delete(PrincipalKind kind, std::string_view name) {
    auto turn = writing_.Lock();
    GYRE_ASSIGN(const auto live, FindLive(kind, name));
    const auto conflict = [](const char* what) {
        return core::Fail(
            Named(Code::kFailedPrecondition, "DeleteConflict", 409,
                  std::string("Cannot delete entity, must delete ") + what + " first."));
    };
    if (!live->principal.policies.empty()) return conflict("policies");
    if (kind == PrincipalKind::kUser) {
        GYRE_ASSIGN(const auto keys, ListKeys(name));
        if (!keys.empty()) return conflict("access keys");
    }
    GYRE_TRY(database_.Write([&](db::Transaction& transaction) {
        return detail::DeletePrincipal(transaction, live->principal);
    }));
    auto state = state_->Lock();
    state->by_name.erase({kind, detail::NameKey(name)});
    state->by_id.erase(live->principal.id);
    return {};
}

Status IdentityStore::SetTrustPolicy(std::string_view role, std::string document) {
    auto turn = writing_.Lock();
    GYRE_ASSIGN(auto changed, Get(PrincipalKind::kRole, role));
    changed.trust_policy = std::move(document);
    return Replace(std::move(changed));
}

Status IdentityStore::PutPolicy(PrincipalKind kind, std::string_view owner, std::string policy,
                                std::string document) {
    auto turn = writing_.Lock();
    GYRE_ASSIGN(auto changed, Get(kind, owner));
    changed.policies.insert_or_assign(std::move(policy), std::move(document));
    const size_t limit = kind == PrincipalKind::kUser ? kMaxUserPolicies : kMaxRolePolicies;
    if (PolicySize(changed) > limit) {
        return core::Fail(Named(Code::kResourceExhausted, "LimitExceeded", 409,
                                "Maximum policy size of " + std::to_string(limit) +
                                    " bytes exceeded for " + detail::Lower(KindWord(kind)) + " " +
                                    changed.name));
    }
    return Replace(std::move(changed));
}

Status IdentityStore::DeletePolicy(PrincipalKind kind, std::string_view owner,
                                   std::string_view policy) {
    auto turn = writing_.Lock();
    GYRE_ASSIGN(auto changed, Get(kind, owner));
    if (changed.policies.erase(std::string(policy)) == 0) {
        return core::Fail(Named(Code::kNotFound, "NoSuchEntity", 404,
                                "The " + detail::Lower(KindWord(kind)) + " policy with name " +
                                    std::string(policy) + " cannot be found."));
    }
    return Replace(std::move(changed));
}

core::Result<AccessKey> IdentityStore::CreateKey(std::string_view user) {
    auto turn = writing_.Lock();
    GYRE_ASSIGN(const auto keys, ListKeys(user));
    if (keys.size() >= kMaxKeys) {
        return core::Fail(Named(Code::kResourceExhausted, "LimitExceeded", 409,
                                "Cannot exceed quota for AccessKeysPerUser: 2"));
    }
    GYRE_ASSIGN(const auto live, FindLive(PrincipalKind::kUser, user));
    AccessKey key{detail::RandomId("AKIA", 16), detail::RandomSecret(), live->principal.name, true,
                  clock_.WallNow()};
    GYRE_TRY(database_.Write(
        [&](db::Transaction& transaction) { return detail::PutKey(transaction, key); }));
    state_->Lock()->keys.emplace(key.id, key);
    return key;
}

core::Result<std::vector<AccessKey>> IdentityStore::ListKeys(std::string_view user) const {
    GYRE_ASSIGN(const auto live, FindLive(PrincipalKind::kUser, user));
    std::vector<AccessKey> keys;
    {
        auto state = state_->Lock();
        for (const auto& [id, key] : state->keys) {
            if (key.user == live->principal.name) keys.push_back(key);
        }
    }
    std::sort(keys.begin(), keys.end(), [](const AccessKey& a, const AccessKey& b) {
        return std::tie(a.created, a.id) < std::tie(b.created, b.id);
    });
    return keys;
}

core::Result<AccessKey> IdentityStore::FindKey(std::string_view user, std::string_view key) const {
    GYRE_ASSIGN(auto keys, ListKeys(user));
    for (AccessKey& candidate : keys) {
        if (candidate.id == key) return std::move(candidate);
    }
    return core::Fail(Named(Code::kNotFound, "NoSuchEntity", 404,
                            "The Access Key with id " + std::string(key) + " cannot be found."));
}

Status IdentityStore::SetKeyActive(std::string_view user, std::string_view key, bool active) {
    auto turn = writing_.Lock();
    GYRE_ASSIGN(auto changed, FindKey(user, key));
    changed.active = active;
    GYRE_TRY(database_.Write(
        [&](db::Transaction& transaction) { return detail::PutKey(transaction, changed); }));
    std::string id = changed.id;
    state_->Lock()->keys.insert_or_assign(std::move(id), std::move(changed));
    return {};
}

Status IdentityStore::DeleteKey(std::string_view user, std::string_view key) {
    auto turn = writing_.Lock();
    GYRE_ASSIGN(const auto found, FindKey(user, key));
    GYRE_TRY(database_.Write(
        [&](db::Transaction& transaction) { return detail::DeleteKey(transaction, found.id); }));
    state_->Lock()->keys.erase(found.id);
    return {};
}

}  // namespace gyre::access
