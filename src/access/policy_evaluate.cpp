#include <algorithm>

#include "access/policy.h"

namespace gyre::access {
namespace {

enum class PrincipalMatch { kNone, kAccount, kExact };

PrincipalMatch MatchPrincipals(const Principals& principals, const AccessRequest& request) {
    if (principals.everyone) return PrincipalMatch::kExact;
    if (!request.service_principal.empty()) {
        const auto& names = principals.services;
        const bool found =
            std::find(names.begin(), names.end(), request.service_principal) != names.end();
        return found ? PrincipalMatch::kExact : PrincipalMatch::kNone;
    }
    const std::string root = "arn:aws:iam::" + request.account + ":root";
    PrincipalMatch best = PrincipalMatch::kNone;
    for (const std::string& name : principals.aws) {
        const auto& arns = request.principal_arns;
        if (std::find(arns.begin(), arns.end(), name) != arns.end()) return PrincipalMatch::kExact;
        if (name == request.account || name == root) best = PrincipalMatch::kAccount;
    }
    return best;
}

/// Does any of the patterns match; turned around for the Not… elements.
template <typename Patterns, typename Matches>
bool AnyUnless(const Patterns& patterns, bool negated, Matches matches) {
    return std::any_of(patterns.begin(), patterns.end(), matches) != negated;
}

class Evaluation {
  public:
    explicit Evaluation(const AccessRequest& request)
        : request_(request),
          lookup_([&request](std::string_view key) { return FindContext(request.context, key); }) {}

    [[nodiscard]] PrincipalMatch Applies(const Statement& statement) const {
        if (!AnyUnless(statement.actions, statement.not_actions, [&](const Pattern& action) {
                return action.Matches(request_.action, {}, true);
            })) {
            return PrincipalMatch::kNone;
        }
        PrincipalMatch principal = PrincipalMatch::kExact;
        if (statement.principals) {
            principal = MatchPrincipals(*statement.principals, request_);
            if (statement.not_principals) {
                principal = principal == PrincipalMatch::kNone ? PrincipalMatch::kExact
                                                               : PrincipalMatch::kNone;
            }
            if (principal == PrincipalMatch::kNone) return principal;
        } else if (!AnyUnless(statement.resources, statement.not_resources,
                              [&](const ArnPattern& resource) {
                                  return resource.Matches(request_.resource, lookup_);
                              })) {
            return PrincipalMatch::kNone;
        }
        const bool holds =
            std::all_of(statement.conditions.begin(), statement.conditions.end(),
                        [&](const Condition& c) { return c.Holds(request_.context, lookup_); });
        return holds ? principal : PrincipalMatch::kNone;
    }

  private:
    const AccessRequest& request_;
    VariableLookup lookup_;
};

Decision Decide(Decision::Effect effect, const Policy& policy, size_t index) {
    const Statement& statement = policy.statements[index];
    Decision decision;
    decision.effect = effect;
    decision.policy = policy.name;
    decision.statement = statement.sid.empty() ? "#" + std::to_string(index) : statement.sid;
    return decision;
}

}  // namespace

Decision Evaluate(std::span<const Policy* const> policies, const AccessRequest& request) {
    const Evaluation evaluation(request);
    Decision allowed;
    for (const Policy* policy : policies) {
        for (size_t i = 0; i < policy->statements.size(); ++i) {
            const Statement& statement = policy->statements[i];
            // A second Allow adds nothing, unless the first holds for the account only.
            if (statement.allow && allowed.Allowed() && !allowed.through_account) continue;
            const PrincipalMatch match = evaluation.Applies(statement);
            if (match == PrincipalMatch::kNone) continue;
            if (!statement.allow) return Decide(Decision::Effect::kExplicitDeny, *policy, i);
            allowed = Decide(Decision::Effect::kAllow, *policy, i);
            allowed.through_account = match == PrincipalMatch::kAccount;
        }
    }
    return allowed;
}

Decision EvaluateSession(std::span<const Policy* const> policies, const Policy* session_policy,
                         const AccessRequest& request) {
    Decision decision = Evaluate(policies, request);
    if (!session_policy || !decision.Allowed()) {
        // The session's own denial is the more telling answer, where both refuse.
        if (session_policy && decision.effect == Decision::Effect::kImplicitDeny) {
            Decision session = Evaluate({&session_policy, 1}, request);
            if (session.effect == Decision::Effect::kExplicitDeny) return session;
        }
        return decision;
    }
    Decision session = Evaluate({&session_policy, 1}, request);
    return session.Allowed() ? decision : session;
}

std::string_view EffectName(Decision::Effect effect) {
    switch (effect) {
        case Decision::Effect::kAllow:
            return "allowed";
        case Decision::Effect::kExplicitDeny:
            return "explicitDeny";
        case Decision::Effect::kImplicitDeny:
            break;
    }
    return "implicitDeny";
}

}  // namespace gyre::access
