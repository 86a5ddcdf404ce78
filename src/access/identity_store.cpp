#include "access/identity_store.h"

#include <utility>

#include "access/detail/identity_rows.h"
#include "access/detail/identity_state.h"
#include "core/arn.h"

namespace gyre::access {
namespace {

using core::Code;

constexpr std::string_view kRootPolicy = "root";

std::string ArnOf(const std::string& account, const Principal& principal) {
    const char* kind = principal.kind == PrincipalKind::kUser ? "user" : "role";
    return "arn:aws:iam::" + account + ":" + kind + principal.path + principal.name;
}

}  // namespace

core::Result<IdentityStore::LivePointer> IdentityStore::Live::Make(Principal principal) {
    auto live = std::make_shared<Live>();
    for (const auto& [name, document] : principal.policies) {
        GYRE_ASSIGN(auto policy, Policy::Parse(name, document, PolicyKind::kIdentity));
        live->policies.push_back(std::move(policy));
    }
    for (const Policy& policy : live->policies) live->pointers.push_back(&policy);
    if (principal.kind == PrincipalKind::kRole) {
        GYRE_ASSIGN(live->trust, Policy::Parse("AssumeRolePolicyDocument", principal.trust_policy,
                                               PolicyKind::kTrust));
    }
    live->principal = std::move(principal);
    return live;
}

AccessRequest IdentityStore::Live::RequestOf(const std::string& account, const std::string& arn,
                                             const std::string& user_id, const std::string& action,
                                             const std::string& resource,
                                             ConditionContext context) const {
    const bool user = principal.kind == PrincipalKind::kUser;
    if (user) context.emplace_back("aws:username", principal.name);
    context.emplace_back("aws:userid", user_id);
    context.emplace_back("aws:PrincipalArn", principal.arn);
    context.emplace_back("aws:PrincipalAccount", account);
    context.emplace_back("aws:PrincipalType", user ? "User" : "AssumedRole");
    for (const auto& [name, value] : principal.tags) {
        context.emplace_back("aws:PrincipalTag/" + name, value);
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

void IdentityStore::State::Put(LivePointer live) {
    const Principal& principal = live->principal;
    by_name[{principal.kind, detail::NameKey(principal.name)}] = live;
    by_id[principal.id] = std::move(live);
}

IdentityStore::IdentityStore(db::Database& database, const core::Clock& clock,
                             IdentityOptions options)
    : database_(database),
      clock_(clock),
      options_(std::move(options)),
      state_(std::make_unique<core::Guarded<State>>()) {
}

IdentityStore::~IdentityStore() = default;

core::Result<std::unique_ptr<IdentityStore>> IdentityStore::Open(db::Database& database,
                                                                 const core::Clock& clock,
                                                                 IdentityOptions options) {
    GYRE_TRY(database.Migrate("access", detail::IdentityMigrations()));
    std::unique_ptr<IdentityStore> store(new IdentityStore(database, clock, std::move(options)));
    GYRE_TRY(store->Load());
    return store;
}

core::Status IdentityStore::Load() {
    auto state = state_->Lock();
    return database_.Read([&](db::Transaction& transaction) -> core::Status {
        GYRE_ASSIGN(auto principals, detail::ReadPrincipals(transaction));
        for (Principal& principal : principals) {
            principal.arn = ArnOf(options_.account, principal);
            GYRE_ASSIGN(auto live, Live::Make(std::move(principal)));
            state->Put(std::move(live));
        }
        GYRE_ASSIGN(auto keys, detail::ReadKeys(transaction));
        for (AccessKey& key : keys) {
            std::string id = key.id;
            state->keys.emplace(std::move(id), std::move(key));
        }
        GYRE_ASSIGN(auto sessions, detail::ReadSessions(transaction));
        for (Session& session : sessions) {
            GYRE_ASSIGN(auto policy, detail::ParseSessionPolicy(session.policy));
            std::string id = session.access_key_id;
            state->sessions.emplace(std::move(id),
                                    State::LiveSession{std::move(session), std::move(policy)});
        }
        return {};
    });
}

std::string IdentityStore::RootArn() const {
    return "arn:aws:iam::" + options_.account + ":root";
}

bool IdentityStore::IsRoot(const Credential& credential) const {
    return credential.caller.arn == RootArn();
}

core::Result<Credential> IdentityStore::Find(const std::string& access_key_id) const {
    Credential credential;
    credential.access_key_id = access_key_id;
    credential.caller.account = options_.account;
    credential.caller.access_key_id = access_key_id;
    if (access_key_id == options_.root_access_key_id && !access_key_id.empty()) {
        credential.secret = options_.root_secret;
        credential.caller.arn = RootArn();
        credential.caller.user_id = options_.account;
        return credential;
    }
    auto state = state_->Lock();
    if (const auto key = state->keys.find(access_key_id);
        key != state->keys.end() && key->second.active) {
        const auto user =
            state->by_name.find({PrincipalKind::kUser, detail::NameKey(key->second.user)});
        if (user != state->by_name.end()) {
            credential.secret = key->second.secret;
            credential.caller.arn = user->second->principal.arn;
            credential.caller.user_id = user->second->principal.id;
            return credential;
        }
    }
    if (const auto found = state->sessions.find(access_key_id); found != state->sessions.end()) {
        const Session& session = found->second.session;
        credential.secret = session.secret;
        credential.session_token = session.token;
        credential.session_policy = session.policy;
        credential.expires = session.expires;
        credential.caller.arn = session.arn;
        credential.caller.user_id = session.role_id + ":" + session.name;
        return credential;
    }
    return core::Fail(Code::kNotFound, "there is no such access key");
}

void IdentityStore::SetResourcePolicies(std::string service, const ResourcePolicies& policies) {
    resources_[std::move(service)] = &policies;
}

const ResourcePolicies* IdentityStore::ResourcesOf(std::string_view arn) const {
    constexpr std::string_view kPrefix = "arn:aws:";
    if (!arn.starts_with(kPrefix)) return nullptr;
    arn.remove_prefix(kPrefix.size());
    const auto found = resources_.find(arn.substr(0, arn.find(':')));
    return found == resources_.end() ? nullptr : found->second;
}

Decision IdentityStore::Authorise(const Credential& credential, const std::string& action,
                                  const std::string& resource, ConditionContext context) const {
    const ResourcePolicies* resources = ResourcesOf(resource);
    const auto resource_policy = resources ? resources->PolicyOf(resource) : nullptr;
    PolicySet set;
    set.resource = resource_policy.get();
    if (credential.access_key_id.empty()) {
        context.emplace_back("aws:PrincipalType", "Anonymous");
        AccessRequest request;
        request.action = action;
        request.resource = resource;
        request.context = std::move(context);
        return EvaluateAll(set, request);
    }
    if (IsRoot(credential)) {
        Decision decision;
        decision.effect = Decision::Effect::kAllow;
        decision.policy = kRootPolicy;
        return decision;
    }
    LivePointer live;
    std::shared_ptr<const Policy> session_policy;
    {
        const std::string& user_id = credential.caller.user_id;
        auto state = state_->Lock();
        const auto found = state->by_id.find(user_id.substr(0, user_id.find(':')));
        if (found == state->by_id.end()) return {};
        live = found->second;
        const auto session = state->sessions.find(credential.access_key_id);
        if (session != state->sessions.end()) session_policy = session->second.policy;
    }
    if (!session_policy && !credential.session_policy.empty()) {
        auto parsed = detail::ParseSessionPolicy(credential.session_policy);
        if (!parsed) return {};
        session_policy = std::move(*parsed);
    }
    const Policy* session = session_policy.get();
    set.identity = live->pointers;
    if (session) set.session = {&session, 1};
    set.has_session = session != nullptr;
    return EvaluateAll(
        set, live->RequestOf(options_.account, credential.caller.arn, credential.caller.user_id,
                             action, resource, std::move(context)));
}

Decision IdentityStore::Simulate(const Principal& principal, std::span<const Policy> further,
                                 const std::string& action, const std::string& resource,
                                 ConditionContext context) const {
    const auto live = FindLive(principal.kind, principal.name);
    if (!live) return {};
    std::vector<const Policy*> policies = (*live)->pointers;
    for (const Policy& policy : further) policies.push_back(&policy);
    return Evaluate(policies, (*live)->RequestOf(options_.account, principal.arn, principal.id,
                                                 action, resource, std::move(context)));
}

core::Result<IdentityStore::LivePointer> IdentityStore::FindLive(PrincipalKind kind,
                                                                 std::string_view name) const {
    auto state = state_->Lock();
    const auto found = state->by_name.find({kind, detail::NameKey(name)});
    if (found == state->by_name.end()) return core::Fail(detail::NoSuchEntity(kind, name));
    return found->second;
}

core::Result<Principal> IdentityStore::Get(PrincipalKind kind, std::string_view name) const {
    GYRE_ASSIGN(const auto live, FindLive(kind, name));
    return live->principal;
}

core::Result<Principal> IdentityStore::GetByArn(std::string_view arn) const {
    const auto none = [&] {
        return core::Fail(Code::kNotFound, "NoSuchEntity",
                          "There is no user or role with the ARN " + std::string(arn) + ".");
    };
    const auto parsed = core::Arn::Parse(arn);
    if (!parsed || parsed->service != "iam") return none();
    const std::string& resource = parsed->resource;
    const auto kind = resource.starts_with("user/") ? PrincipalKind::kUser : PrincipalKind::kRole;
    const auto live = FindLive(kind, resource.substr(resource.rfind('/') + 1));
    if (!live || (*live)->principal.arn != arn) return none();
    return (*live)->principal;
}

std::vector<Principal> IdentityStore::List(PrincipalKind kind, std::string_view path_prefix) const {
    std::vector<Principal> principals;
    auto state = state_->Lock();
    for (const auto& [name, live] : state->by_name) {
        if (name.first == kind && live->principal.path.starts_with(path_prefix)) {
            principals.push_back(live->principal);
        }
    }
    return principals;
}

}  // namespace gyre::access
