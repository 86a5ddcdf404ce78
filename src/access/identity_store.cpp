#include "access/identity_store.h"

#include <algorithm>
#include <utility>

#include "access/detail/identity_rows.h"
#include "access/detail/identity_state.h"
#include "access/detail/identity_uses.h"
#include "core/arn.h"

namespace gyre::access {
namespace {

using core::Code;

constexpr std::string_view kRootPolicy = "root";

/// GetSessionToken's sessions may call no IAM and little of STS, as AWS's that lack MFA.
bool UserSessionMay(std::string_view action) {
    if (action.starts_with("iam:")) return false;
    return !action.starts_with("sts:") || action == "sts:AssumeRole";
}

}  // namespace

IdentityStore::IdentityStore(db::Database& database, const core::Clock& clock,
                             IdentityOptions options)
    : database_(database),
      clock_(clock),
      options_(std::move(options)),
      state_(std::make_unique<core::Guarded<State>>()),
      uses_(std::make_unique<Uses>()) {
}

IdentityStore::~IdentityStore() {
    uses_->Stop();
}

core::Result<std::unique_ptr<IdentityStore>> IdentityStore::Open(db::Database& database,
                                                                 const core::Clock& clock,
                                                                 IdentityOptions options) {
    GYRE_TRY(database.Migrate("access", detail::IdentityMigrations()));
    std::unique_ptr<IdentityStore> store(new IdentityStore(database, clock, std::move(options)));
    store->Listen();  // before it reads: what changes in between is read twice, not never
    {
        auto turn = store->writing_.Lock();
        GYRE_TRY(store->Load());
    }
    store->uses_->Start([raw = store.get()] { raw->WriteUses(); });
    return store;
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
    const auto root = [&](const std::string& secret) {
        credential.secret = secret;
        credential.caller.arn = RootArn();
        credential.caller.user_id = options_.account;
        return credential;
    };
    if (access_key_id == options_.root_access_key_id && !access_key_id.empty()) {
        return root(options_.root_secret);
    }
    auto state = state_->Lock();
    if (const auto key = state->keys.find(access_key_id);
        key != state->keys.end() && key->second.active) {
        if (key->second.user.empty()) return root(key->second.secret);
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
        const Session& session = found->second->session;
        credential.secret = session.secret;
        credential.session_token = session.token;
        credential.session_policy = session.policy;
        credential.expires = session.expires;
        credential.caller.arn = session.arn;
        credential.caller.user_id = session.principal_id;
        if (!session.name.empty()) credential.caller.user_id += ":" + session.name;
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
    const auto decide = [&](const AccessRequest& request) {
        Decision decision = EvaluateAll(set, request);
        if (!resources || decision.effect != Decision::Effect::kImplicitDeny) return decision;
        const auto acl = resources->AclOf(request);
        if (!acl) return decision;
        set.resource = acl.get();
        Decision by_acl = EvaluateAll(set, request);
        return by_acl.Allowed() ? by_acl : decision;
    };
    if (credential.access_key_id.empty()) {
        context.emplace_back("aws:PrincipalType", "Anonymous");
        AccessRequest request;
        request.action = action;
        request.resource = resource;
        request.context = std::move(context);
        return decide(request);
    }
    if (IsRoot(credential)) {
        Decision decision;
        decision.effect = Decision::Effect::kAllow;
        decision.policy = kRootPolicy;
        return decision;
    }
    LivePointer live;
    std::shared_ptr<const State::LiveSession> session;
    {
        const std::string& user_id = credential.caller.user_id;
        auto state = state_->Lock();
        const auto found = state->by_id.find(user_id.substr(0, user_id.find(':')));
        if (found == state->by_id.end()) return {};
        live = found->second;
        const auto known = state->sessions.find(credential.access_key_id);
        if (known != state->sessions.end()) session = known->second;
    }
    // A session that ended a moment ago is known no more.
    if (!session && credential.expires) return {};
    if (session && session->session.name.empty() && !UserSessionMay(action)) {
        Decision decision;
        decision.part = Decision::Part::kSession;
        return decision;
    }
    const PolicySet own = live->Set();
    set.identity = own.identity;
    set.boundary = own.boundary;
    set.has_boundary = own.has_boundary;
    bool asks_tags = live->asks_resource_tags || (set.resource && set.resource->asks_resource_tags);
    if (session) {
        set.session = session->pointers;
        set.has_session = session->narrowed;
        for (const Policy* policy : session->pointers) asks_tags |= policy->asks_resource_tags;
    }
    if (asks_tags) AddResourceTags(resource, context);
    return decide(live->RequestOf(options_.account, credential.caller.arn,
                                  credential.caller.user_id, session ? &session->session : nullptr,
                                  action, resource, std::move(context)));
}

bool IdentityStore::MayWait(const Credential& credential) const {
    if (credential.access_key_id.empty() || IsRoot(credential)) return false;
    const std::string& user_id = credential.caller.user_id;
    auto state = state_->Lock();
    const auto found = state->by_id.find(user_id.substr(0, user_id.find(':')));
    if (found == state->by_id.end()) return false;
    if (found->second->asks_resource_tags) return true;
    const auto session = state->sessions.find(credential.access_key_id);
    return session != state->sessions.end() &&
           std::ranges::any_of(session->second->pointers,
                               [](const Policy* policy) { return policy->asks_resource_tags; });
}

void IdentityStore::AddResourceTags(const std::string& resource, ConditionContext& context) const {
    Tags tags;
    if (const ResourcePolicies* resources = ResourcesOf(resource)) {
        tags = resources->TagsOf(resource);
    } else if (const auto principal = GetByArn(resource)) {
        tags = principal->tags;
    } else if (const auto policy = GetManaged(resource)) {
        tags = policy->tags;
    }
    const auto parsed = core::Arn::Parse(resource);
    for (auto& [name, value] : tags) {
        if (parsed) context.emplace_back(parsed->service + ":ResourceTag/" + name, value);
        // What S3 calls its objects' tags.
        if (parsed && parsed->service == "s3") {
            context.emplace_back("s3:ExistingObjectTag/" + name, value);
        }
        context.emplace_back("aws:ResourceTag/" + name, std::move(value));
    }
}

core::Result<IdentityStore::Simulated> IdentityStore::Simulate(const Principal& principal,
                                                               ConditionContext context) const {
    GYRE_ASSIGN(auto live, FindLive(principal.kind, principal.name));
    Simulated simulated;
    simulated.policies = live->Set();
    simulated.request = live->RequestOf(options_.account, principal.arn, principal.id, nullptr, "",
                                        "", std::move(context));
    simulated.keeps = std::move(live);
    return simulated;
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
                          "There is no user, group or role with the ARN " + std::string(arn) + ".");
    };
    const auto parsed = core::Arn::Parse(arn);
    if (!parsed || parsed->service != "iam") return none();
    const std::string& resource = parsed->resource;
    const auto kind = resource.starts_with("user/")    ? PrincipalKind::kUser
                      : resource.starts_with("group/") ? PrincipalKind::kGroup
                                                       : PrincipalKind::kRole;
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
