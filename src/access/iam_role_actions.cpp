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
    GYRE_TRY(RefuseMembers(input, {"PermissionsBoundary"}));
    Principal role;
    role.kind = PrincipalKind::kRole;
    role.name = Member(input, "RoleName");
    role.description = Member(input, "Description");
    role.trust_policy = Member(input, "AssumeRolePolicyDocument");
    if (const auto path = core::JsonString(input, "Path")) role.path = *path;
    if (const auto seconds = core::JsonInt(input, "MaxSessionDuration")) {
        role.max_session = core::seconds(*seconds);
    }
    GYRE_ASSIGN(role.tags, TagsOf(input));
    GYRE_ASSIGN(const auto made, store.Create(std::move(role)));
    return JsonObject{{"Role", RoleDocument(made, true)}};
}

Result<Json> GetRole(const IdentityStore& store, const Json& input) {
    GYRE_ASSIGN(const auto role, store.Get(PrincipalKind::kRole, Member(input, "RoleName")));
    JsonObject document = RoleDocument(role, true);
    document["RoleLastUsed"] = JsonObject{};
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

}  // namespace

void AddRoleActions(wire::ActionTable& actions, IdentityStore& store) {
    const wire::ResourceOf resource = PrincipalResource(store, PrincipalKind::kRole);
    AddIam(actions, "CreateRole", resource,
           [&store](const CallContext&, const Json& input) { return CreateRole(store, input); });
    AddIam(actions, "GetRole", resource,
           [&store](const CallContext&, const Json& input) { return GetRole(store, input); });
    AddIam(actions, "ListRoles", {},
           [&store](const CallContext&, const Json& input) { return ListRoles(store, input); });
    AddIam(actions, "DeleteRole", resource, [&store](const CallContext&, const Json& input) {
        return Done(store.Delete(PrincipalKind::kRole, Member(input, "RoleName")));
    });
    AddIam(actions, "UpdateAssumeRolePolicy", resource,
           [&store](const CallContext&, const Json& input) {
               return Done(store.SetTrustPolicy(Member(input, "RoleName"),
                                                Member(input, "PolicyDocument")));
           });
}

}  // namespace gyre::access::detail
