#include <utility>

#include "access/detail/identity_rows.h"
#include "access/detail/identity_state.h"
#include "access/identity_store.h"
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
                                  ConditionContext context) const {
    const auto live = FindLive(PrincipalKind::kRole, role.name);
    if (!live) return {};
    AccessRequest request;
    const std::string& user_id = caller.caller.user_id;
    {
        auto state = state_->Lock();
        const auto found = state->by_id.find(user_id.substr(0, user_id.find(':')));
        if (found != state->by_id.end()) {
            request = found->second->RequestOf(options_.account, caller.caller.arn, user_id,
                                               kAssumeRole, role.arn, context);
        } else if (IsRoot(caller)) {
            request.principal_arns = {RootArn()};
            request.account = options_.account;
            request.action = kAssumeRole;
            request.resource = role.arn;
            request.context = context;
            request.context.emplace_back("aws:PrincipalArn", RootArn());
            request.context.emplace_back("aws:PrincipalAccount", options_.account);
        } else {
            return {};
        }
    }
    const Policy* trust = &*(*live)->trust;
    Decision decision = Evaluate({&trust, 1}, request);
    if (!decision.Allowed()) return decision;
    Decision own = Authorise(caller, kAssumeRole, role.arn, std::move(context));
    if (own.effect == Decision::Effect::kExplicitDeny) return own;
    return decision.through_account ? own : decision;
}

core::Result<Session> IdentityStore::StartSession(const Principal& role, std::string name,
                                                  std::string policy, core::seconds duration) {
    GYRE_ASSIGN(auto parsed, detail::ParseSessionPolicy(policy));
    const core::WallTime now = clock_.WallNow();
    Session session;
    session.access_key_id = detail::RandomId("ASIA", 16);
    session.secret = detail::RandomSecret();
    session.token = core::Base64Encode(core::RandomBytes(96));
    session.role_id = role.id;
    session.role_arn = role.arn;
    session.arn = "arn:aws:sts::" + options_.account + ":assumed-role/" + role.name + "/" + name;
    session.name = std::move(name);
    session.policy = std::move(policy);
    session.expires = now + duration;
    auto turn = writing_.Lock();
    const auto write = [&](db::Transaction& transaction) -> core::Status {
        GYRE_TRY(detail::DeleteSessionsBefore(transaction, now - kRemembered));
        return detail::InsertSession(transaction, session);
    };
    GYRE_TRY(database_.Write(write));
    auto state = state_->Lock();
    std::erase_if(state->sessions, [&](const auto& entry) {
        return entry.second.session.expires < now - kRemembered;
    });
    state->sessions.emplace(session.access_key_id, State::LiveSession{session, std::move(parsed)});
    return session;
}

}  // namespace gyre::access
