#include <utility>

#include "access/auth_errors.h"
#include "access/detail/iam_documents.h"

namespace gyre::access::detail {
namespace {

constexpr int64_t kDefaultDuration = 3600;
constexpr size_t kMaxPolicy = 2048;

core::Result<core::Json> CallerIdentity(const wire::CallContext& context) {
    return core::JsonObject{{"UserId", context.caller.user_id},
                            {"Account", context.caller.account},
                            {"Arn", context.caller.arn}};
}

core::Error Validation(std::string message) {
    core::Error error(core::Code::kInvalidArgument, "ValidationError", std::move(message));
    error.http_status = 400;
    return error;
}

class AssumeRole {
  public:
    AssumeRole(IdentityStore& store, AuditLog* audit) : store_(store), audit_(audit) {}

    core::Result<core::Json> operator()(const wire::CallContext& context,
                                        const core::Json& input) const {
        GYRE_TRY(RefuseMembers(input, {"PolicyArns", "Tags", "TransitiveTagKeys", "SerialNumber",
                                       "TokenCode", "SourceIdentity", "ProvidedContexts"}));
        const std::string arn = Member(input, "RoleArn");
        const std::string name = Member(input, "RoleSessionName");
        const auto role = store_.GetByArn(arn);
        Decision decision;
        if (role && role->kind == PrincipalKind::kRole) {
            GYRE_ASSIGN(const auto caller, store_.Find(context.caller.access_key_id));
            ConditionContext keys{{"sts:RoleSessionName", name}};
            if (const auto external = core::JsonString(input, "ExternalId")) {
                keys.emplace_back("sts:ExternalId", *external);
            }
            decision = store_.MayAssume(caller, *role, std::move(keys));
        }
        Record(context, arn, decision);
        if (!decision.Allowed()) {
            // The same for a role that is not there: nobody may find out which are.
            return core::Fail(RefusalError(ErrorStyle::kQuery, Refusal::kDenied,
                                           "User: " + context.caller.arn +
                                               " is not authorized to perform: sts:AssumeRole on "
                                               "resource: " +
                                               arn));
        }
        return Start(context, *role, name, input);
    }

  private:
    core::Result<core::Json> Start(const wire::CallContext& context, const Principal& role,
                                   const std::string& name, const core::Json& input) const {
        const core::seconds duration(
            core::JsonInt(input, "DurationSeconds").value_or(kDefaultDuration));
        if (duration > role.max_session) {
            return core::Fail(
                Validation("The requested DurationSeconds exceeds the "
                           "MaxSessionDuration set for this role."));
        }
        const bool chained = context.caller.arn.find(":assumed-role/") != std::string::npos;
        if (chained && duration > core::seconds(kDefaultDuration)) {
            return core::Fail(
                Validation("The requested DurationSeconds exceeds the 1 hour session "
                           "limit for roles assumed by role chaining."));
        }
        std::string policy = Member(input, "Policy");
        if (policy.size() > kMaxPolicy) {
            core::Error error(core::Code::kInvalidArgument, "PackedPolicyTooLarge",
                              "Policy may hold at most 2048 characters.");
            error.http_status = 400;
            return core::Fail(std::move(error));
        }
        const size_t packed = (policy.size() * 100 + kMaxPolicy - 1) / kMaxPolicy;
        GYRE_ASSIGN(const auto session,
                    store_.StartSession(role, name, std::move(policy), duration));
        core::JsonObject output;
        output["Credentials"] =
            core::JsonObject{{"AccessKeyId", session.access_key_id},
                             {"SecretAccessKey", session.secret},
                             {"SessionToken", session.token},
                             {"Expiration", core::EpochSeconds(session.expires)}};
        output["AssumedRoleUser"] =
            core::JsonObject{{"AssumedRoleId", role.id + ":" + session.name}, {"Arn", session.arn}};
        if (packed > 0) output["PackedPolicySize"] = packed;
        return output;
    }

    void Record(const wire::CallContext& context, const std::string& role,
                const Decision& decision) const {
        if (!audit_) return;
        audit_->Record({.request_id = context.request_id,
                        .source = {},
                        .access_key_id = context.caller.access_key_id,
                        .caller = context.caller.arn,
                        .action = "sts:AssumeRole",
                        .resource = role,
                        .outcome = EffectName(decision.effect),
                        .policy = decision.policy,
                        .statement = decision.statement,
                        .reason = {}});
    }

    IdentityStore& store_;
    AuditLog* audit_;
};

}  // namespace

void AddStsActions(wire::ActionTable& actions, IdentityStore& store, AuditLog* audit) {
    wire::Action identity;
    identity.service = "sts";
    identity.operation = "GetCallerIdentity";
    identity.document = [](const wire::CallContext& context, const core::Json&) {
        return CallerIdentity(context);
    };
    actions.Add(std::move(identity));

    wire::Action assume;
    assume.service = "sts";
    assume.operation = "AssumeRole";
    assume.resource = [](const wire::CallContext&, const core::Json& input) {
        return Member(input, "RoleArn");
    };
    assume.document = AssumeRole(store, audit);
    actions.Add(std::move(assume));
}

}  // namespace gyre::access::detail
