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
    bool no_strangers = false;          ///< of everyone, only who has an account or is a service
    std::vector<std::string> aws;       ///< account ids (canonical ones, too) and ARNs
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
    /// Where it stands in the document, as bytes [begin, end).
    size_t begin = 0;
    size_t end = 0;
};

enum class PolicyKind {
    kIdentity,  ///< of a user, group, role or session: names resources, no principals
    kTrust,     ///< of a role: names principals, no resources
    kResource,  ///< of a bucket: names both
};

/// Where a policy is kept, in SimulatePrincipalPolicy's order of words.
enum class PolicySource { kNone, kUser, kGroup, kRole, kAwsManaged, kUserManaged, kResource };

/// A parsed policy document; immutable, so shared freely between threads.
struct Policy {
    std::string name;  ///< for the audit: "S3ReadOnly"
    std::vector<Statement> statements;
    PolicySource source = PolicySource::kNone;
    std::string owner;  ///< of an inline policy: the user, group or role
    /// The condition keys and variables that it asks for, each once, as written.
    std::vector<std::string> context_keys;
    /// Asks for the tags of the resource, which are looked up for such policies only.
    bool asks_resource_tags = false;

    /// Errors: kInvalidArgument "MalformedPolicyDocument" with what is wrong.
    [[nodiscard]] static core::Result<Policy> Parse(std::string name, std::string_view json,
                                                    PolicyKind kind);
};

struct AccessRequest {
    /// The caller's ARN, and its role's where it is a session of one; none for an anonymous one.
    std::vector<std::string> principal_arns;
    std::string account;            ///< "" for an anonymous caller
    std::string service_principal;  ///< "" unless a service calls
    std::string action;             ///< "s3:GetObject"
    std::string resource;           ///< an ARN, or "*"
    ConditionContext context;
};

struct Decision {
    enum class Effect { kAllow, kExplicitDeny, kImplicitDeny };
    /// The kind of policy that decided: of an implicit denial, the one that would have had to
    /// allow.
    enum class Part { kIdentity, kResource, kBoundary, kSession };
    Effect effect = Effect::kImplicitDeny;
    std::string policy;     ///< the policy that decided; "" for an implicit denial
    std::string statement;  ///< its Sid, or "#0" by its place
    /// Allowed through naming the account, so that the caller's own policies have to allow it as
    /// well. Only of policies of one kind.
    bool through_account = false;
    Part part = Part::kIdentity;
    PolicySource source = PolicySource::kNone;
    std::string owner;  ///< of an inline policy
    size_t begin = 0;   ///< of the statement, as bytes of its document
    size_t end = 0;

    [[nodiscard]] bool Allowed() const { return effect == Effect::kAllow; }
};

/// All that is said about one request.
struct PolicySet {
    std::span<const Policy* const> identity;
    const Policy* boundary = nullptr;
    bool has_boundary = false;  ///< with a null `boundary` (it was lost) nothing is allowed
    std::span<const Policy* const> session;
    bool has_session = false;
    const Policy* resource = nullptr;
};

/// IAM's order within one account. A Deny anywhere wins. A resource's policy that names the user or
/// the session allows by itself; one that names the session's role allows within the boundary and
/// the session's policies; one that names the account leaves it to the identity's policies. Else
/// the identity's policies must allow, and the boundary and the session's policies with them.
[[nodiscard]] Decision EvaluateAll(const PolicySet& set, const AccessRequest& request);

/// Policies of one kind: Deny wins over Allow, and what nobody allows is denied.
[[nodiscard]] Decision Evaluate(std::span<const Policy* const> policies,
                                const AccessRequest& request);

/// "allowed", "explicitDeny", "implicitDeny": SimulatePrincipalPolicy's words.
[[nodiscard]] std::string_view EffectName(Decision::Effect effect);

/// "identity", "resource", "boundary", "session".
[[nodiscard]] std::string_view PartName(Decision::Part part);

}  // namespace gyre::access
