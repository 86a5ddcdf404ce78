#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "access/detail/iam_documents.h"
#include "access/detail/text.h"
#include "core/arn.h"
#include "core/ascii.h"

namespace gyre::access::detail {
namespace {

using core::Json;
using core::JsonObject;
using core::Result;

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

/// The policies that a request brings with it, parsed, with their texts for the places in them.
class GivenPolicies {
  public:
    core::Status Add(const std::vector<std::string>& documents, const char* name, PolicyKind kind,
                     PolicySource source) {
        for (size_t i = 0; i < documents.size(); ++i) {
            std::string title = name;
            if (kind == PolicyKind::kIdentity) title += "." + std::to_string(i + 1);
            GYRE_ASSIGN(auto policy, Policy::Parse(title, documents[i], kind));
            policy.source = source;
            texts_[title] = documents[i];
            policies_.push_back(std::make_unique<const Policy>(std::move(policy)));
            pointers_.push_back(policies_.back().get());
        }
        return {};
    }
    [[nodiscard]] const std::vector<const Policy*>& Pointers() const { return pointers_; }
    [[nodiscard]] const std::string* Text(const std::string& name) const {
        const auto found = texts_.find(name);
        return found == texts_.end() ? nullptr : &found->second;
    }

  private:
    std::vector<std::unique_ptr<const Policy>> policies_;
    std::vector<const Policy*> pointers_;
    std::map<std::string, std::string> texts_;
};

const char* SourceWord(PolicySource source) {
    switch (source) {
        case PolicySource::kUser:
            return "user";
        case PolicySource::kGroup:
            return "group";
        case PolicySource::kRole:
            return "role";
        case PolicySource::kAwsManaged:
            return "aws-managed";
        case PolicySource::kUserManaged:
            return "user-managed";
        case PolicySource::kResource:
            return "resource";
        case PolicySource::kNone:
            break;
    }
    return "none";
}

JsonObject PlaceOf(const std::string& text, size_t at) {
    const std::string_view before = std::string_view(text).substr(0, at);
    const size_t line = before.rfind('\n');
    return {{"Line", 1 + std::count(before.begin(), before.end(), '\n')},
            {"Column", 1 + before.size() - (line == before.npos ? 0 : line + 1)}};
}

/// One simulation: what the policies are, and what is asked of them.
class Simulation {
  public:
    Simulation(const IdentityStore& store, const Json& input) : store_(store), input_(input) {}

    /// `principal`: null for SimulateCustomPolicy.
    Result<Json> Run(const Principal* principal) {
        GYRE_TRY(Prepare(principal));
        std::vector<std::string> resources = Texts(input_, "ResourceArns");
        if (resources.empty()) resources.emplace_back("*");
        std::vector<std::string> keys;
        core::JsonArray results;
        for (const std::string& action : Texts(input_, "ActionNames")) {
            if (action.find(':') == action.npos) {
                return core::Fail(InvalidInput("Invalid Action: " + action +
                                               " is not of the form service:action."));
            }
            for (const std::string& resource : resources) {
                // The place in the order is the page's marker.
                keys.push_back(std::to_string(1'000'000 + keys.size()));
                results.push_back(Ask(action, resource));
            }
        }
        return Paged(input_, "EvaluationResults", keys, std::move(results));
    }

  private:
    core::Status Prepare(const Principal* principal) {
        GYRE_TRY(given_.Add(Texts(input_, "PolicyInputList"), "PolicyInputList",
                            PolicyKind::kIdentity, PolicySource::kNone));
        GYRE_TRY(boundary_.Add(Texts(input_, "PermissionsBoundaryPolicyInputList"),
                               "PermissionsBoundaryPolicyInputList", PolicyKind::kIdentity,
                               PolicySource::kNone));
        if (const std::string text = Member(input_, "ResourcePolicy"); !text.empty()) {
            GYRE_TRY(resource_.Add({text}, "ResourcePolicy", PolicyKind::kResource,
                                   PolicySource::kResource));
        }
        ConditionContext context = ContextOf(input_);
        if (principal) {
            GYRE_ASSIGN(simulated_, store_.Simulate(*principal, std::move(context)));
        } else {
            simulated_.request.account = store_.Account();
            simulated_.request.context = std::move(context);
        }
        if (const std::string caller = Member(input_, "CallerArn"); !caller.empty()) {
            simulated_.request.principal_arns = {caller};
        }
        const auto& own = simulated_.policies.identity;
        identity_.assign(own.begin(), own.end());
        identity_.insert(identity_.end(), given_.Pointers().begin(), given_.Pointers().end());
        PolicySet& set = simulated_.policies;
        set.identity = identity_;
        if (!boundary_.Pointers().empty()) {
            set.boundary = boundary_.Pointers().front();
            set.has_boundary = true;
        }
        if (!resource_.Pointers().empty()) set.resource = resource_.Pointers().front();
        return {};
    }

    Json Ask(const std::string& action, const std::string& resource) {
        simulated_.request.action = action;
        simulated_.request.resource = resource;
        const Decision decision = EvaluateAll(simulated_.policies, simulated_.request);
        core::JsonArray matched;
        if (decision.effect != Decision::Effect::kImplicitDeny) {
            matched.push_back(StatementDocument(decision));
        }
        JsonObject result{{"EvalActionName", action},
                          {"EvalResourceName", resource},
                          {"EvalDecision", std::string(EffectName(decision.effect))},
                          {"MatchedStatements", std::move(matched)},
                          {"MissingContextValues", Missing()}};
        if (simulated_.policies.has_boundary) {
            const bool within =
                simulated_.policies.boundary &&
                Evaluate({&simulated_.policies.boundary, 1}, simulated_.request).Allowed();
            result["PermissionsBoundaryDecisionDetail"] =
                JsonObject{{"AllowedByPermissionsBoundary", within}};
        }
        return result;
    }

    [[nodiscard]] JsonObject StatementDocument(const Decision& decision) const {
        std::string id = decision.policy;
        if (!decision.owner.empty()) {
            id = std::string(SourceWord(decision.source)) + "_" + decision.owner + "_" + id;
        }
        JsonObject document{{"SourcePolicyId", std::move(id)},
                            {"SourcePolicyType", SourceWord(decision.source)}};
        if (const auto text = TextOf(decision)) {
            document["StartPosition"] = PlaceOf(*text, decision.begin);
            document["EndPosition"] = PlaceOf(*text, decision.end);
        }
        return document;
    }

    /// The document that the decision's places are in.
    [[nodiscard]] std::optional<std::string> TextOf(const Decision& decision) const {
        for (const GivenPolicies* given : {&given_, &boundary_, &resource_}) {
            if (const std::string* text = given->Text(decision.policy)) return *text;
        }
        if (!decision.owner.empty()) {
            const auto kind = decision.source == PolicySource::kUser    ? PrincipalKind::kUser
                              : decision.source == PolicySource::kGroup ? PrincipalKind::kGroup
                                                                        : PrincipalKind::kRole;
            const auto owner = store_.Get(kind, decision.owner);
            if (!owner) return std::nullopt;
            const auto found = owner->policies.find(decision.policy);
            if (found == owner->policies.end()) return std::nullopt;
            return found->second;
        }
        for (const ManagedPolicy& policy : store_.ListManaged()) {
            if (policy.name == decision.policy &&
                policy.by_aws == (decision.source == PolicySource::kAwsManaged)) {
                return policy.Default().document;
            }
        }
        return std::nullopt;
    }

    /// The keys that some policy asks for, and that nobody gave.
    [[nodiscard]] core::JsonArray Missing() const {
        std::vector<const Policy*> all = identity_;
        if (simulated_.policies.boundary) all.push_back(simulated_.policies.boundary);
        if (simulated_.policies.resource) all.push_back(simulated_.policies.resource);
        std::map<std::string, std::string> missing;
        for (const Policy* policy : all) {
            for (const std::string& key : policy->context_keys) {
                if (!FindContext(simulated_.request.context, key))
                    missing[core::AsciiLower(key)] = key;
            }
        }
        core::JsonArray list;
        for (auto& [folded, key] : missing) list.push_back(core::Json(key));
        return list;
    }

    const IdentityStore& store_;
    const Json& input_;
    IdentityStore::Simulated simulated_;
    GivenPolicies given_;
    GivenPolicies boundary_;
    GivenPolicies resource_;
    std::vector<const Policy*> identity_;
};

Result<Principal> SourceOf(const IdentityStore& store, const Json& input) {
    const std::string source = Member(input, "PolicySourceArn");
    const auto arn = core::Arn::Parse(source);
    const bool entity =
        arn && (arn->resource.starts_with("user/") || arn->resource.starts_with("role/") ||
                arn->resource.starts_with("group/"));
    if (!entity) {
        return core::Fail(InvalidInput("Invalid Entity Arn: " + source +
                                       " does not clearly define entity type and name."));
    }
    return store.GetByArn(source);
}

core::Status AddKeys(const std::vector<std::string>& documents, std::set<std::string>& keys) {
    for (const std::string& document : documents) {
        GYRE_ASSIGN(const auto policy, Policy::Parse("", document, PolicyKind::kIdentity));
        keys.insert(policy.context_keys.begin(), policy.context_keys.end());
    }
    return {};
}

Json KeyDocument(const std::set<std::string>& keys) {
    core::JsonArray names;
    for (const std::string& key : keys) names.push_back(core::Json(key));
    return JsonObject{{"ContextKeyNames", std::move(names)}};
}

}  // namespace

void AddSimulateActions(wire::ActionTable& actions, IdentityStore& store) {
    const auto source = [](const wire::CallContext&, const Json& input) {
        return Member(input, "PolicySourceArn");
    };
    AddIam(actions, "SimulatePrincipalPolicy", source,
           [&store](const wire::CallContext&, const Json& input) -> Result<Json> {
               GYRE_ASSIGN(const auto principal, SourceOf(store, input));
               return Simulation(store, input).Run(&principal);
           });
    AddIam(actions, "SimulateCustomPolicy", {},
           [&store](const wire::CallContext&, const Json& input) {
               return Simulation(store, input).Run(nullptr);
           });
    AddIam(actions, "GetContextKeysForPrincipalPolicy", source,
           [&store](const wire::CallContext&, const Json& input) -> Result<Json> {
               GYRE_ASSIGN(const auto principal, SourceOf(store, input));
               GYRE_ASSIGN(const auto simulated, store.Simulate(principal, {}));
               std::set<std::string> keys;
               for (const Policy* policy : simulated.policies.identity) {
                   keys.insert(policy->context_keys.begin(), policy->context_keys.end());
               }
               GYRE_TRY(AddKeys(Texts(input, "PolicyInputList"), keys));
               return KeyDocument(keys);
           });
    AddIam(actions, "GetContextKeysForCustomPolicy", {},
           [](const wire::CallContext&, const Json& input) -> Result<Json> {
               std::set<std::string> keys;
               GYRE_TRY(AddKeys(Texts(input, "PolicyInputList"), keys));
               return KeyDocument(keys);
           });
}

}  // namespace gyre::access::detail
