#include <algorithm>

#include "access/policy.h"

namespace gyre::access {
namespace {

/// By what the caller is named, the weakest first.
enum class PrincipalMatch { kNone, kAccount, kRole, kExact };

PrincipalMatch MatchPrincipals(const Principals& principals, const AccessRequest& request) {
    const auto& arns = request.principal_arns;
    if (principals.everyone) {
        if (principals.no_strangers && arns.empty() && request.service_principal.empty()) {
            return PrincipalMatch::kNone;
        }
        return arns.size() > 1 ? PrincipalMatch::kRole : PrincipalMatch::kExact;
    }
    if (!request.service_principal.empty()) {
        const auto& names = principals.services;
        const bool found =
            std::find(names.begin(), names.end(), request.service_principal) != names.end();
        return found ? PrincipalMatch::kExact : PrincipalMatch::kNone;
    }
    if (arns.empty()) return PrincipalMatch::kNone;
    const std::string root = "arn:aws:iam::" + request.account + ":root";
    PrincipalMatch best = PrincipalMatch::kNone;
    for (const std::string& name : principals.aws) {
        if (name == arns.front()) return PrincipalMatch::kExact;
        if (arns.size() > 1 && name == arns[1]) best = PrincipalMatch::kRole;
        if (best == PrincipalMatch::kNone && (name == request.account || name == root)) {
            best = PrincipalMatch::kAccount;
        }
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
        }
        // A trust policy has none: it stands for its own role.
        if (!statement.resources.empty() && !AnyUnless(statement.resources, statement.not_resources,
                                                       [&](const ArnPattern& resource) {
                                                           return resource.Matches(
                                                               request_.resource, lookup_);
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
    decision.source = policy.source;
    decision.owner = policy.owner;
    decision.begin = statement.begin;
    decision.end = statement.end;
    return decision;
}

struct Verdict {
    Decision decision;
    PrincipalMatch match = PrincipalMatch::kNone;  ///< of an Allow
};

Verdict EvaluateKind(std::span<const Policy* const> policies, const Evaluation& evaluation,
                     Decision::Part part) {
    Verdict verdict;
    const Policy* allowing = nullptr;
    size_t index = 0;
    for (const Policy* policy : policies) {
        for (size_t i = 0; i < policy->statements.size(); ++i) {
            const Statement& statement = policy->statements[i];
            // A second Allow adds nothing, unless it names the caller more closely.
            if (statement.allow && verdict.match == PrincipalMatch::kExact) continue;
            const PrincipalMatch match = evaluation.Applies(statement);
            if (match == PrincipalMatch::kNone) continue;
            if (!statement.allow) {
                verdict.decision = Decide(Decision::Effect::kExplicitDeny, *policy, i);
                verdict.decision.part = part;
                return verdict;
            }
            if (match <= verdict.match) continue;
            verdict.match = match;
            allowing = policy;
            index = i;
        }
    }
    if (allowing) verdict.decision = Decide(Decision::Effect::kAllow, *allowing, index);
    verdict.decision.part = part;
    verdict.decision.through_account = verdict.match == PrincipalMatch::kAccount;
    return verdict;
}

bool Denies(const Decision& decision) {
    return decision.effect == Decision::Effect::kExplicitDeny;
}

Decision ImplicitDenial(Decision::Part part) {
    Decision decision;
    decision.part = part;
    return decision;
}

}  // namespace

Decision Evaluate(std::span<const Policy* const> policies, const AccessRequest& request) {
    return EvaluateKind(policies, Evaluation(request), Decision::Part::kIdentity).decision;
}

Decision EvaluateAll(const PolicySet& set, const AccessRequest& request) {
    using Part = Decision::Part;
    const Evaluation evaluation(request);
    Decision identity = EvaluateKind(set.identity, evaluation, Part::kIdentity).decision;
    if (Denies(identity)) return identity;
    Decision boundary;
    if (set.boundary) {
        boundary = EvaluateKind({&set.boundary, 1}, evaluation, Part::kBoundary).decision;
        if (Denies(boundary)) return boundary;
    }
    Decision session = EvaluateKind(set.session, evaluation, Part::kSession).decision;
    if (Denies(session)) return session;
    Verdict resource;
    if (set.resource) {
        resource = EvaluateKind({&set.resource, 1}, evaluation, Part::kResource);
        if (Denies(resource.decision)) return resource.decision;
        if (resource.match == PrincipalMatch::kExact) return resource.decision;
    }
    const bool by_resource = resource.match == PrincipalMatch::kRole;
    if (!identity.Allowed() && !by_resource) return ImplicitDenial(Part::kIdentity);
    if (set.has_boundary && !boundary.Allowed()) return ImplicitDenial(Part::kBoundary);
    if (set.has_session && !session.Allowed()) return ImplicitDenial(Part::kSession);
    return identity.Allowed() ? identity : resource.decision;
}

std::string_view PartName(Decision::Part part) {
    switch (part) {
        case Decision::Part::kIdentity:
            return "identity";
        case Decision::Part::kResource:
            return "resource";
        case Decision::Part::kBoundary:
            return "boundary";
        case Decision::Part::kSession:
            break;
    }
    return "session";
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
