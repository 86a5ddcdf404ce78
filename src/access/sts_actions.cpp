#include <algorithm>
#include <utility>

#include "access/auth_errors.h"
#include "access/detail/iam_documents.h"

namespace gyre::access::detail {
namespace {

constexpr int64_t kDefaultDuration = 3600;
constexpr int64_t kTokenDuration = 12 * 3600;
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

core::JsonObject CredentialsDocument(const Session& session) {
    return {{"AccessKeyId", session.access_key_id},
            {"SecretAccessKey", session.secret},
            {"SessionToken", session.token},
            {"Expiration", core::EpochSeconds(session.expires)}};
}

core::Result<core::Json> GetSessionToken(IdentityStore& store, const wire::CallContext& context,
                                         const core::Json& input) {
    GYRE_TRY(RefuseMembers(input, {"SerialNumber", "TokenCode"}));
    GYRE_ASSIGN(const auto caller, store.Find(context.caller.access_key_id));
    core::seconds duration(core::JsonInt(input, "DurationSeconds").value_or(kTokenDuration));
    // The root user's are shortened, as AWS does.
    if (context.caller.arn == store.RootArn()) {
        duration = std::min(duration, core::seconds(kDefaultDuration));
    }
    GYRE_ASSIGN(const auto session, store.StartUserSession(caller, duration));
    return core::JsonObject{{"Credentials", CredentialsDocument(session)}};
}

class AssumeRole {
  public:
    AssumeRole(IdentityStore& store, AuditLog* audit) : store_(store), audit_(audit) {}

    core::Result<core::Json> operator()(const wire::CallContext& context,
                                        const core::Json& input) const {
        GYRE_TRY(RefuseMembers(input, {"SerialNumber", "TokenCode", "ProvidedContexts"}));
        const std::string arn = Member(input, "RoleArn");
        GYRE_ASSIGN(auto wish, WishOf(input));
        const auto role = store_.GetByArn(arn);
        Decision decision;
        GYRE_ASSIGN(const auto caller, store_.Find(context.caller.access_key_id));
        if (role && role->kind == PrincipalKind::kRole) {
            decision = store_.MayAssume(caller, *role, wish, context.facts);
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
        GYRE_TRY(CheckDuration(caller, *role, wish.duration));
        return Start(*role, std::move(wish), caller);
    }

  private:
    static core::Result<IdentityStore::SessionWish> WishOf(const core::Json& input) {
        IdentityStore::SessionWish wish;
        wish.name = Member(input, "RoleSessionName");
        wish.policy = Member(input, "Policy");
        wish.external_id = Member(input, "ExternalId");
        wish.source_identity = Member(input, "SourceIdentity");
        wish.duration =
            core::seconds(core::JsonInt(input, "DurationSeconds").value_or(kDefaultDuration));
        if (const core::Json* arns = core::JsonFind(input, "PolicyArns")) {
            for (const core::Json& item : arns->as_array()) {
                wish.policy_arns.push_back(Member(item, "arn"));
            }
        }
        GYRE_ASSIGN(wish.tags, TagsOf(input));
        for (std::string& key : Texts(input, "TransitiveTagKeys")) {
            const bool tagged = std::any_of(wish.tags.begin(), wish.tags.end(),
                                            [&](const auto& tag) { return tag.first == key; });
            if (!tagged) {
                return core::Fail(Validation("The specified transitive tag key " + key +
                                             " must be included in the requested tags."));
            }
            wish.transitive.insert(std::move(key));
        }
        if (wish.policy.size() > kMaxPolicy) {
            core::Error error(core::Code::kInvalidArgument, "PackedPolicyTooLarge",
                              "Policy may hold at most 2048 characters.");
            error.http_status = 400;
            return core::Fail(std::move(error));
        }
        return wish;
    }

    static core::Status CheckDuration(const Credential& caller, const Principal& role,
                                      core::seconds duration) {
        if (duration > role.max_session) {
            return core::Fail(
                Validation("The requested DurationSeconds exceeds the "
                           "MaxSessionDuration set for this role."));
        }
        const bool chained = caller.caller.arn.find(":assumed-role/") != std::string::npos;
        if (chained && duration > core::seconds(kDefaultDuration)) {
            return core::Fail(
                Validation("The requested DurationSeconds exceeds the 1 hour session "
                           "limit for roles assumed by role chaining."));
        }
        return {};
    }

    core::Result<core::Json> Start(const Principal& role, IdentityStore::SessionWish wish,
                                   const Credential& caller) const {
        const size_t packed = (wish.policy.size() * 100 + kMaxPolicy - 1) / kMaxPolicy;
        GYRE_ASSIGN(const auto session, store_.StartSession(role, std::move(wish), &caller));
        core::JsonObject output{{"Credentials", CredentialsDocument(session)}};
        output["AssumedRoleUser"] =
            core::JsonObject{{"AssumedRoleId", role.id + ":" + session.name}, {"Arn", session.arn}};
        if (packed > 0) output["PackedPolicySize"] = packed;
        if (!session.source_identity.empty()) output["SourceIdentity"] = session.source_identity;
        return output;
    }

    void Record(const wire::CallContext& context, const std::string& role,
                const Decision& decision) const {
        if (!audit_) return;
        const auto source = FindContext(context.facts, "aws:SourceIp");
        audit_->Record({.request_id = context.request_id,
                        .source = source ? std::string_view(*source) : std::string_view(),
                        .access_key_id = context.caller.access_key_id,
                        .caller = context.caller.arn,
                        .action = "sts:AssumeRole",
                        .resource = role,
                        .outcome = EffectName(decision.effect),
                        .policy = decision.policy,
                        .statement = decision.statement,
                        .kind = PartName(decision.part),
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

    wire::Action token;
    token.service = "sts";
    token.operation = "GetSessionToken";
    token.document = [&store](const wire::CallContext& context, const core::Json& input) {
        return GetSessionToken(store, context, input);
    };
    actions.Add(std::move(token));

    wire::Action info;
    info.service = "sts";
    info.operation = "GetAccessKeyInfo";
    info.permission = "sts:GetAccessKeyInfo";
    info.document = [&store](const wire::CallContext&,
                             const core::Json& input) -> core::Result<core::Json> {
        const std::string key = Member(input, "AccessKeyId");
        if (!store.Find(key) && !store.UserOfKey(key)) {
            return core::Fail(Validation("There is no access key " + key + " in this account."));
        }
        return core::JsonObject{{"Account", store.Account()}};
    };
    actions.Add(std::move(info));
}

}  // namespace gyre::access::detail
