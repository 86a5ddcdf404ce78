#include <utility>

#include "access/detail/iam_documents.h"

namespace gyre::access::detail {
namespace {

using core::Json;
using core::JsonObject;
using core::Result;

std::vector<std::string> Texts(const Json& input, std::string_view member) {
    std::vector<std::string> texts;
    const Json* list = core::JsonFind(input, member);
    if (!list || !list->is_array()) return texts;
    for (const Json& item : list->as_array()) {
        if (item.is_string()) texts.emplace_back(item.as_string());
    }
    return texts;
}

ConditionContext ContextOf(const Json& input) {
    ConditionContext context;
    const Json* entries = core::JsonFind(input, "ContextEntries");
    if (!entries || !entries->is_array()) return context;
    for (const Json& entry : entries->as_array()) {
        for (std::string& value : Texts(entry, "ContextKeyValues")) {
            context.emplace_back(Member(entry, "ContextKeyName"), std::move(value));
        }
    }
    return context;
}

Json ResultOf(const Decision& decision, const Principal& principal, const std::string& action,
              const std::string& resource) {
    core::JsonArray matched;
    if (decision.effect != Decision::Effect::kImplicitDeny) {
        const bool own = principal.policies.contains(decision.policy);
        const bool user = principal.kind == PrincipalKind::kUser;
        matched.push_back(JsonObject{
            {"SourcePolicyId",
             (own ? (user ? "user_" : "role_") + principal.name + "_" : "") + decision.policy},
            {"SourcePolicyType", own ? (user ? "user" : "role") : "none"}});
    }
    return JsonObject{{"EvalActionName", action},
                      {"EvalResourceName", resource},
                      {"EvalDecision", std::string(EffectName(decision.effect))},
                      {"MatchedStatements", std::move(matched)},
                      {"MissingContextValues", core::JsonArray{}}};
}

Result<Json> Simulate(const IdentityStore& store, const Json& input) {
    GYRE_TRY(RefuseMembers(input, {"PermissionsBoundaryPolicyInputList", "ResourcePolicy"}));
    const std::string source = Member(input, "PolicySourceArn");
    if (source.find(":user/") == source.npos && source.find(":role/") == source.npos) {
        return core::Fail(InvalidInput("Invalid Entity Arn: " + source +
                                       " does not clearly define entity type and name."));
    }
    GYRE_ASSIGN(const auto principal, store.GetByArn(source));
    std::vector<Policy> further;
    for (const std::string& document : Texts(input, "PolicyInputList")) {
        GYRE_ASSIGN(auto policy,
                    Policy::Parse("PolicyInputList." + std::to_string(further.size() + 1), document,
                                  PolicyKind::kIdentity));
        further.push_back(std::move(policy));
    }
    std::vector<std::string> resources = Texts(input, "ResourceArns");
    if (resources.empty()) resources.emplace_back("*");
    const ConditionContext context = ContextOf(input);
    core::JsonArray results;
    for (const std::string& action : Texts(input, "ActionNames")) {
        for (const std::string& resource : resources) {
            const Decision decision = store.Simulate(principal, further, action, resource, context);
            results.push_back(ResultOf(decision, principal, action, resource));
        }
    }
    // All at once: a page less for a list that its own request bounds.
    return JsonObject{{"EvaluationResults", std::move(results)}, {"IsTruncated", false}};
}

}  // namespace

void AddSimulateActions(wire::ActionTable& actions, IdentityStore& store) {
    AddIam(
        actions, "SimulatePrincipalPolicy",
        [](const wire::CallContext&, const Json& input) {
            return Member(input, "PolicySourceArn");
        },
        [&store](const wire::CallContext&, const Json& input) { return Simulate(store, input); });
}

}  // namespace gyre::access::detail
