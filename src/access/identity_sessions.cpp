#include <algorithm>
#include <utility>

#include "access/auth_errors.h"
#include "access/detail/identity_rows.h"
#include "access/detail/identity_state.h"
#include "access/detail/text.h"
#include "access/identity_store.h"
#include "core/ascii.h"
#include "core/digest.h"

namespace gyre::access {
namespace {

/// An ended session is still known for this long, so that its holder is told that it has ended.
constexpr core::seconds kRemembered{24 * 3600};
const std::string kAssumeRole = "sts:AssumeRole";

}  // namespace

core::Result<std::shared_ptr<const Policy>> detail::ParseSessionPolicy(
    const std::string& document) {
    if (document.empty()) return std::shared_ptr<const Policy>();
    GYRE_ASSIGN(auto policy, Policy::Parse("session", document, PolicyKind::kIdentity));
    return std::make_shared<const Policy>(std::move(policy));
}

Decision IdentityStore::MayAssume(const Credential& caller, const Principal& role,
                                  const SessionWish& wish, const ConditionContext& facts) const {
    const auto live = FindLive(PrincipalKind::kRole, role.name);
    if (!live) return {};
    ConditionContext context = facts;
    context.emplace_back("sts:RoleSessionName", wish.name);
    if (!wish.external_id.empty()) context.emplace_back("sts:ExternalId", wish.external_id);
    if (!wish.source_identity.empty()) {
        context.emplace_back("sts:SourceIdentity", wish.source_identity);
    }
    for (const auto& [key, value] : wish.tags) {
        context.emplace_back("aws:RequestTag/" + key, value);
        context.emplace_back("aws:TagKeys", key);
    }
    for (const std::string& key : wish.transitive) {
        context.emplace_back("sts:TransitiveTagKeys", key);
    }
    AccessRequest request;
    const std::string& user_id = caller.caller.user_id;
    {
        auto state = state_->Lock();
        const auto found = state->by_id.find(user_id.substr(0, user_id.find(':')));
        const auto session = state->sessions.find(caller.access_key_id);
        const Session* own = session == state->sessions.end() ? nullptr : &session->second->session;
        if (found != state->by_id.end()) {
            request = found->second->RequestOf(options_.account, caller.caller.arn, user_id, own,
                                               kAssumeRole, role.arn, context);
        } else if (IsRoot(caller)) {
            request.principal_arns = {RootArn()};
            request.account = options_.account;
            request.resource = role.arn;
            request.context = context;
            request.context.emplace_back("aws:PrincipalArn", RootArn());
            request.context.emplace_back("aws:PrincipalAccount", options_.account);
        } else {
            return {};
        }
    }
    for (const auto& [name, value] : role.tags) {
        request.context.emplace_back("aws:ResourceTag/" + name, value);
    }
    std::vector<std::string> actions{kAssumeRole};
    if (!wish.tags.empty()) actions.emplace_back("sts:TagSession");
    if (!wish.source_identity.empty()) actions.emplace_back("sts:SetSourceIdentity");
    Decision first;
    for (const std::string& action : actions) {
        request.action = action;
        const Policy* trust = (*live)->trust.get();
        Decision decision = Evaluate({&trust, 1}, request);
        decision.part = Decision::Part::kResource;
        if (!decision.Allowed()) return decision;
        Decision own = Authorise(caller, action, role.arn, context);
        if (own.effect == Decision::Effect::kExplicitDeny) return own;
        if (decision.through_account) {
            if (!own.Allowed()) return own;
            decision = std::move(own);
        }
        if (action == kAssumeRole) first = std::move(decision);
    }
    return first;
}

core::Result<Session> IdentityStore::Begin(Session session, core::seconds duration) {
    const core::WallTime now = clock_.WallNow();
    session.access_key_id = detail::RandomId("ASIA", 16);
    session.secret = detail::RandomSecret();
    session.token = core::Base64Encode(core::RandomBytes(96));
    session.issued = now;
    session.expires = now + duration;
    auto turn = writing_.Lock();
    GYRE_ASSIGN(auto live, state_->Lock()->MakeSession(session));
    GYRE_TRY(CommitSession(session, now - kRemembered));
    auto state = state_->Lock();
    std::erase_if(state->sessions, [&](const auto& entry) {
        return entry.second->session.expires < now - kRemembered;
    });
    state->sessions.emplace(session.access_key_id, std::move(live));
    return session;
}

core::Result<Session> IdentityStore::StartSession(const Principal& role, SessionWish wish,
                                                  const Credential* caller) {
    for (const std::string& arn : wish.policy_arns) GYRE_TRY(GetManaged(arn));
    Session session;
    session.principal_id = role.id;
    session.principal_arn = role.arn;
    session.arn =
        "arn:aws:sts::" + options_.account + ":assumed-role/" + role.name + "/" + wish.name;
    session.name = std::move(wish.name);
    session.policy = std::move(wish.policy);
    session.policy_arns = std::move(wish.policy_arns);
    session.tags = std::move(wish.tags);
    session.transitive = std::move(wish.transitive);
    session.source_identity = std::move(wish.source_identity);
    if (caller) {
        auto state = state_->Lock();
        const auto found = state->sessions.find(caller->access_key_id);
        if (found != state->sessions.end()) {
            const Session& before = found->second->session;
            // What a chain hands on cannot be changed on the way.
            for (const auto& [key, value] : before.tags) {
                if (!before.transitive.contains(key)) continue;
                std::erase_if(session.tags, [&, name = key](const auto& tag) {
                    return core::AsciiLower(tag.first) == core::AsciiLower(name);
                });
                session.tags.emplace_back(key, value);
                session.transitive.insert(key);
            }
            if (!before.source_identity.empty()) session.source_identity = before.source_identity;
        }
    }
    return Begin(std::move(session), wish.duration);
}

core::Result<Session> IdentityStore::StartUserSession(const Credential& caller,
                                                      core::seconds duration) {
    if (!caller.session_token.empty()) {
        return core::Fail(RefusalError(ErrorStyle::kQuery, Refusal::kDenied,
                                       "Cannot call GetSessionToken with session credentials"));
    }
    Session session;
    session.principal_id = caller.caller.user_id;
    session.principal_arn = caller.caller.arn;
    session.arn = caller.caller.arn;
    return Begin(std::move(session), duration);
}

}  // namespace gyre::access
