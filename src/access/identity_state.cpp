#include "access/detail/identity_state.h"

#include <algorithm>
#include <utility>

#include "access/detail/identity_rows.h"
#include "access/detail/text.h"
#include "core/ascii.h"
#include "core/digest.h"

namespace gyre::access {

core::Result<IdentityStore::LivePointer> IdentityStore::Live::Make(Principal principal) {
    auto live = std::make_shared<Live>();
    for (const auto& [name, document] : principal.policies) {
        GYRE_ASSIGN(auto policy, Policy::Parse(name, document, PolicyKind::kIdentity));
        policy.source = principal.kind == PrincipalKind::kUser    ? PolicySource::kUser
                        : principal.kind == PrincipalKind::kGroup ? PolicySource::kGroup
                                                                  : PolicySource::kRole;
        policy.owner = principal.name;
        live->inline_policies.push_back(std::make_shared<const Policy>(std::move(policy)));
    }
    if (principal.kind == PrincipalKind::kRole) {
        GYRE_ASSIGN(auto trust, Policy::Parse("AssumeRolePolicyDocument", principal.trust_policy,
                                              PolicyKind::kTrust));
        trust.source = PolicySource::kResource;
        live->trust = std::make_shared<const Policy>(std::move(trust));
    }
    live->principal = std::move(principal);
    return live;
}

AccessRequest IdentityStore::Live::RequestOf(const std::string& account, const std::string& arn,
                                             const std::string& user_id, const Session* session,
                                             const std::string& action, const std::string& resource,
                                             ConditionContext context) const {
    const bool user = principal.kind == PrincipalKind::kUser;
    if (user) context.emplace_back("aws:username", principal.name);
    context.emplace_back("aws:userid", user_id);
    context.emplace_back("aws:PrincipalArn", principal.arn);
    context.emplace_back("aws:PrincipalAccount", account);
    context.emplace_back("aws:PrincipalType", user ? "User" : "AssumedRole");
    context.emplace_back("aws:PrincipalIsAWSService", "false");
    context.emplace_back("aws:ViaAWSService", "false");
    const auto given = [&](const std::string& name) {
        return session && std::any_of(session->tags.begin(), session->tags.end(), [&](auto& tag) {
                   return core::AsciiLower(tag.first) == core::AsciiLower(name);
               });
    };
    for (const auto& [name, value] : principal.tags) {
        if (!given(name)) context.emplace_back("aws:PrincipalTag/" + name, value);
    }
    if (session) {
        for (const auto& [name, value] : session->tags) {
            context.emplace_back("aws:PrincipalTag/" + name, value);
        }
        context.emplace_back("aws:TokenIssueTime", core::Iso8601(session->issued));
        context.emplace_back("aws:MultiFactorAuthPresent", "false");
        if (!session->source_identity.empty()) {
            context.emplace_back("aws:SourceIdentity", session->source_identity);
        }
    }
    AccessRequest request;
    request.principal_arns.push_back(arn);
    if (arn != principal.arn) request.principal_arns.push_back(principal.arn);
    request.account = account;
    request.action = action;
    request.resource = resource;
    request.context = std::move(context);
    return request;
}

PolicySet IdentityStore::Live::Set() const {
    PolicySet set;
    set.identity = pointers;
    set.boundary = boundary.get();
    set.has_boundary = !principal.boundary.empty();
    return set;
}

std::shared_ptr<const Policy> IdentityStore::State::FindPolicy(std::string_view arn) const {
    const auto found = managed.find(arn);
    return found == managed.end() ? nullptr : found->second->parsed;
}

IdentityStore::LivePointer IdentityStore::State::Link(const Live& live) const {
    auto linked = std::make_shared<Live>(live);
    linked->held = live.inline_policies;
    const auto attach = [&](const Principal& principal) {
        for (const std::string& arn : principal.attached) {
            if (auto policy = FindPolicy(arn)) linked->held.push_back(std::move(policy));
        }
    };
    attach(live.principal);
    for (const std::string& id : live.principal.groups) {
        const auto group = by_id.find(id);
        if (group == by_id.end()) continue;
        const auto& policies = group->second->inline_policies;
        linked->held.insert(linked->held.end(), policies.begin(), policies.end());
        attach(group->second->principal);
    }
    linked->boundary = FindPolicy(live.principal.boundary);
    linked->pointers.clear();
    for (const auto& policy : linked->held) linked->pointers.push_back(policy.get());
    linked->asks_resource_tags =
        (linked->boundary && linked->boundary->asks_resource_tags) ||
        std::any_of(linked->held.begin(), linked->held.end(),
                    [](const auto& policy) { return policy->asks_resource_tags; });
    return linked;
}

core::Result<std::shared_ptr<const IdentityStore::State::LiveSession>>
IdentityStore::State::MakeSession(Session session) const {
    auto live = std::make_shared<LiveSession>();
    GYRE_ASSIGN(auto own, detail::ParseSessionPolicy(session.policy));
    if (own) live->policies.push_back(std::move(own));
    for (const std::string& arn : session.policy_arns) {
        if (auto policy = FindPolicy(arn)) live->policies.push_back(std::move(policy));
    }
    for (const auto& policy : live->policies) live->pointers.push_back(policy.get());
    live->narrowed = !session.policy.empty() || !session.policy_arns.empty();
    live->session = std::move(session);
    return live;
}

void IdentityStore::State::PutLinked(LivePointer live) {
    const Principal& principal = live->principal;
    by_name[{principal.kind, detail::NameKey(principal.name)}] = live;
    by_id[principal.id] = std::move(live);
}

void IdentityStore::State::Put(const LivePointer& live) {
    const Principal& principal = live->principal;
    PutLinked(Link(*live));
    if (principal.kind != PrincipalKind::kGroup) return;
    std::vector<LivePointer> users;
    for (const auto& [name, other] : by_name) {
        if (other->principal.groups.contains(principal.id)) users.push_back(other);
    }
    for (const LivePointer& user : users) PutLinked(Link(*user));
}

void IdentityStore::State::Remove(const Principal& principal) {
    by_name.erase({principal.kind, detail::NameKey(principal.name)});
    by_id.erase(principal.id);
}

void IdentityStore::State::LinkAll() {
    std::vector<LivePointer> all;
    for (const auto& [name, live] : by_name) all.push_back(live);
    for (const LivePointer& live : all) PutLinked(Link(*live));
}

namespace detail {

core::Error IamError(core::Code code, const char* name, int status, std::string message) {
    core::Error error(code, name, std::move(message));
    error.http_status = status;
    return error;
}

const char* KindWord(PrincipalKind kind) {
    return kind == PrincipalKind::kUser ? "User" : kind == PrincipalKind::kRole ? "Role" : "Group";
}

core::Error NoSuchEntity(PrincipalKind kind, std::string_view name) {
    return IamError(core::Code::kNotFound, "NoSuchEntity", 404,
                    "The " + core::AsciiLower(KindWord(kind)) + " with name " + std::string(name) +
                        " cannot be found.");
}

core::Error NoSuchPolicy(std::string_view arn) {
    return IamError(core::Code::kNotFound, "NoSuchEntity", 404,
                    "Policy " + std::string(arn) + " does not exist or is not attachable.");
}

std::string PrincipalArn(const std::string& account, const Principal& principal) {
    return "arn:aws:iam::" + account + ":" + core::AsciiLower(KindWord(principal.kind)) +
           principal.path + principal.name;
}

size_t PolicySize(std::string_view document) {
    return static_cast<size_t>(std::count_if(document.begin(), document.end(), [](char c) {
        return c != ' ' && c != '\n' && c != '\t' && c != '\r';
    }));
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
}  // namespace gyre::access
