#include <utility>

#include "access/detail/iam_documents.h"
#include "access/detail/identity_rows.h"

namespace gyre::access::detail {
namespace {

using core::Json;
using core::JsonObject;
using core::Result;
using wire::CallContext;

Result<Json> CreateRole(IdentityStore& store, const Json& input) {
    Principal role;
    role.kind = PrincipalKind::kRole;
    role.name = Member(input, "RoleName");
    role.description = Member(input, "Description");
    role.trust_policy = Member(input, "AssumeRolePolicyDocument");
    if (const auto path = core::JsonString(input, "Path")) role.path = *path;
    if (const auto seconds = core::JsonInt(input, "MaxSessionDuration")) {
        role.max_session = core::seconds(*seconds);
    }
    role.boundary = Member(input, "PermissionsBoundary");
    GYRE_ASSIGN(role.tags, TagsOf(input));
    GYRE_ASSIGN(const auto made, store.Create(std::move(role)));
    return JsonObject{{"Role", RoleDocument(made, true)}};
}

Result<Json> GetRole(const IdentityStore& store, const Json& input) {
    GYRE_ASSIGN(const auto role, store.Get(PrincipalKind::kRole, Member(input, "RoleName")));
    JsonObject document = RoleDocument(role, true);
    JsonObject used;
    if (const auto use = store.LastUseOf(role.id)) {
        used = {{"LastUsedDate", core::EpochSeconds(use->at)}, {"Region", use->region}};
    }
    document["RoleLastUsed"] = std::move(used);
    return JsonObject{{"Role", std::move(document)}};
}

Result<Json> ListRoles(const IdentityStore& store, const Json& input) {
    std::vector<std::string> keys;
    core::JsonArray items;
    for (const Principal& role : store.List(PrincipalKind::kRole, Member(input, "PathPrefix"))) {
        keys.push_back(NameKey(role.name));
        items.push_back(RoleDocument(role, false));
    }
    return Paged(input, "Roles", keys, std::move(items));
}

Result<Json> UpdateRole(IdentityStore& store, const Json& input) {
    std::optional<std::string> description;
    if (const auto text = core::JsonString(input, "Description")) description.emplace(*text);
    std::optional<core::seconds> max_session;
    if (const auto seconds = core::JsonInt(input, "MaxSessionDuration")) {
        max_session = core::seconds(*seconds);
    }
    return Done(store.UpdateRole(Member(input, "RoleName"), std::move(description), max_session));
}

}  // namespace

void AddRoleActions(wire::ActionTable& actions, IdentityStore& store) {
    const wire::ResourceOf resource = PrincipalResource(store, PrincipalKind::kRole);
    AddIam(actions, "CreateRole", resource,
           [&store](const CallContext&, const Json& input) { return CreateRole(store, input); });
    AddIam(actions, "GetRole", resource,
           [&store](const CallContext&, const Json& input) { return GetRole(store, input); });
    AddIam(actions, "ListRoles", PathResource(store, PrincipalKind::kRole),
           [&store](const CallContext&, const Json& input) { return ListRoles(store, input); });
    AddIam(actions, "DeleteRole", resource, [&store](const CallContext&, const Json& input) {
        return Done(store.Delete(PrincipalKind::kRole, Member(input, "RoleName")));
    });
    AddIam(actions, "UpdateRole", resource,
           [&store](const CallContext&, const Json& input) { return UpdateRole(store, input); });
    AddIam(actions, "UpdateRoleDescription", resource,
           [&store](const CallContext&, const Json& input) -> Result<Json> {
               GYRE_TRY(UpdateRole(store, input));
               GYRE_ASSIGN(const auto role,
                           store.Get(PrincipalKind::kRole, Member(input, "RoleName")));
               return JsonObject{{"Role", RoleDocument(role, true)}};
           });
    AddIam(actions, "UpdateAssumeRolePolicy", resource,
           [&store](const CallContext&, const Json& input) {
               return Done(store.SetTrustPolicy(Member(input, "RoleName"),
                                                Member(input, "PolicyDocument")));
           });
}

}  // namespace gyre::access::detail
