#include <utility>

#include "access/detail/iam_documents.h"
#include "access/detail/identity_rows.h"

namespace gyre::access::detail {
namespace {

using core::Json;
using core::JsonObject;
using core::Result;
using wire::CallContext;

Result<Json> CreateGroup(IdentityStore& store, const Json& input) {
    Principal group;
    group.kind = PrincipalKind::kGroup;
    group.name = Member(input, "GroupName");
    if (const auto path = core::JsonString(input, "Path")) group.path = *path;
    GYRE_ASSIGN(const auto made, store.Create(std::move(group)));
    return JsonObject{{"Group", GroupDocument(made)}};
}

Json PageOf(const Json& input, const std::vector<Principal>& principals, const char* member) {
    std::vector<std::string> keys;
    core::JsonArray items;
    for (const Principal& principal : principals) {
        keys.push_back(NameKey(principal.name));
        items.push_back(principal.kind == PrincipalKind::kGroup ? GroupDocument(principal)
                                                                : UserDocument(principal, false));
    }
    return Paged(input, member, keys, std::move(items));
}

Result<Json> GetGroup(const IdentityStore& store, const Json& input) {
    GYRE_ASSIGN(const auto group, store.Get(PrincipalKind::kGroup, Member(input, "GroupName")));
    GYRE_ASSIGN(const auto users, store.UsersIn(group.name));
    Json document = PageOf(input, users, "Users");
    document.as_object()["Group"] = GroupDocument(group);
    return document;
}

}  // namespace

void AddGroupActions(wire::ActionTable& actions, IdentityStore& store) {
    const wire::ResourceOf resource = PrincipalResource(store, PrincipalKind::kGroup);
    AddIam(actions, "CreateGroup", resource,
           [&store](const CallContext&, const Json& input) { return CreateGroup(store, input); });
    AddIam(actions, "GetGroup", resource,
           [&store](const CallContext&, const Json& input) { return GetGroup(store, input); });
    AddIam(actions, "ListGroups", PathResource(store, PrincipalKind::kGroup),
           [&store](const CallContext&, const Json& input) -> Result<Json> {
               return PageOf(input, store.List(PrincipalKind::kGroup, Member(input, "PathPrefix")),
                             "Groups");
           });
    AddIam(actions, "UpdateGroup", resource, [&store](const CallContext&, const Json& input) {
        return Done(store.Rename(PrincipalKind::kGroup, Member(input, "GroupName"),
                                 Member(input, "NewGroupName"), Member(input, "NewPath")));
    });
    AddIam(actions, "DeleteGroup", resource, [&store](const CallContext&, const Json& input) {
        return Done(store.Delete(PrincipalKind::kGroup, Member(input, "GroupName")));
    });
    AddIam(actions, "AddUserToGroup", resource, [&store](const CallContext&, const Json& input) {
        return Done(store.AddToGroup(Member(input, "UserName"), Member(input, "GroupName")));
    });
    AddIam(actions, "RemoveUserFromGroup", resource,
           [&store](const CallContext&, const Json& input) {
               return Done(
                   store.RemoveFromGroup(Member(input, "UserName"), Member(input, "GroupName")));
           });
    AddIam(actions, "ListGroupsForUser", PrincipalResource(store, PrincipalKind::kUser),
           [&store](const CallContext&, const Json& input) -> Result<Json> {
               GYRE_ASSIGN(const auto groups, store.GroupsOf(Member(input, "UserName")));
               return PageOf(input, groups, "Groups");
           });
}

}  // namespace gyre::access::detail
