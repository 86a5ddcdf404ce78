#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "access/condition.h"
#include "access/pattern.h"
#include "core/result.h"

namespace gyre::access {

/// The texts of a Principal element.
struct Principals {
    bool everyone = false;              ///< "*"
    std::vector<std::string> aws;       ///< account ids and ARNs
    std::vector<std::string> services;  ///< "sagemaker.amazonaws.com"
};

struct Statement {
    std::string sid;  ///< "" when it has none
    bool allow = false;
    bool not_actions = false;
    std::vector<Pattern> actions;
    bool not_resources = false;
    std::vector<ArnPattern> resources;
    bool not_principals = false;
    std::optional<Principals> principals;
    std::vector<Condition> conditions;
};

enum class PolicyKind {
    kIdentity,  ///< of a user, role or session: names resources, no principals
    kTrust,     ///< of a role: names principals, no resources
};

/// A parsed policy document; immutable, so shared freely between threads.
struct Policy {
    std::string name;  ///< for the audit: "S3ReadOnly"
    std::vector<Statement> statements;

    /// Errors: kInvalidArgument "MalformedPolicyDocument" with what is wrong.
    [[nodiscard]] static core::Result<Policy> Parse(std::string name, std::string_view json,
                                                    PolicyKind kind);
};

struct AccessRequest {
    /// The caller's ARN, and its role's where it is a session of one.
    std::vector<std::string> principal_arns;
    std::string account;
    std::string service_principal;  ///< "" unless a service calls
    std::string action;             ///< "s3:GetObject"
    std::string resource;           ///< an ARN, or "*"
    ConditionContext context;
};

struct Decision {
    enum class Effect { kAllow, kExplicitDeny, kImplicitDeny };
    Effect effect = Effect::kImplicitDeny;
    std::string policy;     ///< the policy that decided; "" for an implicit denial
    std::string statement;  ///< its Sid, or "#0" by its place
    /// Trust policies: allowed through naming the account, so that the caller's own policies have
    /// to allow it as well.
    bool through_account = false;

    [[nodiscard]] bool Allowed() const { return effect == Effect::kAllow; }
};

/// Deny wins over Allow, and what nobody allows is denied.
[[nodiscard]] Decision Evaluate(std::span<const Policy* const> policies,
                                const AccessRequest& request);

/// As Evaluate over `policies`; where there is a session policy it must allow too.
[[nodiscard]] Decision EvaluateSession(std::span<const Policy* const> policies,
                                       const Policy* session_policy, const AccessRequest& request);

/// "allowed", "explicitDeny", "implicitDeny": SimulatePrincipalPolicy's words.
[[nodiscard]] std::string_view EffectName(Decision::Effect effect);

}  // namespace gyre::access
