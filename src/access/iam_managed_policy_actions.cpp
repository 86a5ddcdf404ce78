#include <algorithm>
#include <utility>

#include "access/detail/iam_documents.h"
#include "net/http_message.h"

namespace gyre::access::detail {
namespace {

using core::Json;
using core::JsonObject;
using core::Result;
using wire::CallContext;

/// Descriptions and tags are told of one only, not in lists.
JsonObject PolicyDocument(const IdentityStore& store, const ManagedPolicy& policy, bool full) {
    JsonObject document{{"PolicyName", policy.name},
                        {"PolicyId", policy.id},
                        {"Arn", policy.arn},
                        {"Path", policy.path},
                        {"DefaultVersionId", policy.default_version},
                        {"AttachmentCount", store.HoldersOf(policy.arn, false).size()},
                        {"PermissionsBoundaryUsageCount", store.HoldersOf(policy.arn, true).size()},
                        {"IsAttachable", true},
                        {"CreateDate", core::EpochSeconds(policy.created)},
                        {"UpdateDate", core::EpochSeconds(policy.updated)}};
    if (full && !policy.description.empty()) document["Description"] = policy.description;
    if (full && !policy.tags.empty()) document["Tags"] = TagsDocument(policy.tags);
    return document;
}

JsonObject VersionDocument(const ManagedPolicy& policy, const PolicyVersion& version,
                           bool with_text) {
    JsonObject document{{"VersionId", version.id},
                        {"IsDefaultVersion", version.id == policy.default_version},
                        {"CreateDate", core::EpochSeconds(version.created)}};
    if (with_text) document["Document"] = net::PercentEncode(version.document);
    return document;
}

Result<Json> CreatePolicy(IdentityStore& store, const Json& input) {
    ManagedPolicy policy;
    policy.name = Member(input, "PolicyName");
    policy.description = Member(input, "Description");
    if (const auto path = core::JsonString(input, "Path")) policy.path = *path;
    GYRE_ASSIGN(policy.tags, TagsOf(input));
    GYRE_ASSIGN(const auto made,
                store.CreateManaged(std::move(policy), Member(input, "PolicyDocument")));
    return JsonObject{{"Policy", PolicyDocument(store, made, true)}};
}

Result<Json> GetPolicy(const IdentityStore& store, const Json& input) {
    GYRE_ASSIGN(const auto policy, store.GetManaged(Member(input, "PolicyArn")));
    return JsonObject{{"Policy", PolicyDocument(store, policy, true)}};
}

Result<Json> ListPolicies(const IdentityStore& store, const Json& input) {
    const std::string scope = Member(input, "Scope");
    const std::string prefix = Member(input, "PathPrefix");
    const bool attached = core::JsonBool(input, "OnlyAttached").value_or(false);
    const std::string usage = Member(input, "PolicyUsageFilter");
    std::vector<std::string> keys;
    core::JsonArray items;
    for (const ManagedPolicy& policy : store.ListManaged()) {
        if (!policy.path.starts_with(prefix)) continue;
        if (scope == (policy.by_aws ? "Local" : "AWS")) continue;
        const bool held = !store.HoldersOf(policy.arn, false).empty();
        const bool limits = !store.HoldersOf(policy.arn, true).empty();
        if (attached && !held && !limits) continue;
        if (usage == "PermissionsPolicy" && attached && !held) continue;
        if (usage == "PermissionsBoundary" && !limits) continue;
        keys.push_back(policy.arn);
        items.push_back(PolicyDocument(store, policy, false));
    }
    return Paged(input, "Policies", keys, std::move(items));
}

Result<Json> GetVersion(const IdentityStore& store, const Json& input) {
    GYRE_ASSIGN(const auto policy, store.GetManaged(Member(input, "PolicyArn")));
    const std::string id = Member(input, "VersionId");
    const PolicyVersion* version = policy.Find(id);
    if (!version) {
        core::Error error(core::Code::kNotFound, "NoSuchEntity",
                          "Policy " + policy.arn + " version " + id + " does not exist.");
        error.http_status = 404;
        return core::Fail(std::move(error));
    }
    return JsonObject{{"PolicyVersion", VersionDocument(policy, *version, true)}};
}

Result<Json> ListVersions(const IdentityStore& store, const Json& input) {
    GYRE_ASSIGN(const auto policy, store.GetManaged(Member(input, "PolicyArn")));
    // Five at most, the newest first: always one page.
    core::JsonArray items;
    for (auto version = policy.versions.rbegin(); version != policy.versions.rend(); ++version) {
        items.push_back(VersionDocument(policy, *version, false));
    }
    return JsonObject{{"Versions", std::move(items)}, {"IsTruncated", false}};
}

Result<Json> CreateVersion(IdentityStore& store, const Json& input) {
    const std::string arn = Member(input, "PolicyArn");
    const bool as_default = core::JsonBool(input, "SetAsDefault").value_or(false);
    GYRE_ASSIGN(const auto made,
                store.CreateVersion(arn, Member(input, "PolicyDocument"), as_default));
    return JsonObject{
        {"PolicyVersion", JsonObject{{"VersionId", made.id},
                                     {"IsDefaultVersion", as_default},
                                     {"CreateDate", core::EpochSeconds(made.created)}}}};
}

}  // namespace

void AddManagedPolicyActions(wire::ActionTable& actions, IdentityStore& store) {
    AddIam(
        actions, "CreatePolicy",
        [&store](const CallContext&, const Json& input) {
            const std::string path = Member(input, "Path");
            return "arn:aws:iam::" + store.Account() + ":policy" + (path.empty() ? "/" : path) +
                   Member(input, "PolicyName");
        },
        [&store](const CallContext&, const Json& input) { return CreatePolicy(store, input); });
    AddIam(actions, "ListPolicies", {},
           [&store](const CallContext&, const Json& input) { return ListPolicies(store, input); });
    const auto add = [&](const char* operation, auto handler) {
        AddIam(actions, operation, PolicyArnResource,
               [&store, handler](const CallContext&, const Json& input) {
                   return handler(store, input);
               });
    };
    add("GetPolicy", GetPolicy);
    add("GetPolicyVersion", GetVersion);
    add("ListPolicyVersions", ListVersions);
    add("CreatePolicyVersion", CreateVersion);
    add("DeletePolicy", [](IdentityStore& identities, const Json& input) {
        return Done(identities.DeleteManaged(Member(input, "PolicyArn")));
    });
    add("SetDefaultPolicyVersion", [](IdentityStore& identities, const Json& input) {
        return Done(
            identities.SetDefaultVersion(Member(input, "PolicyArn"), Member(input, "VersionId")));
    });
    add("DeletePolicyVersion", [](IdentityStore& identities, const Json& input) {
        return Done(
            identities.DeleteVersion(Member(input, "PolicyArn"), Member(input, "VersionId")));
    });
}

}  // namespace gyre::access::detail
