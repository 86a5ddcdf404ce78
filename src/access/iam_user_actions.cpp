#include <utility>

#include "access/detail/iam_documents.h"
#include "access/detail/identity_rows.h"

namespace gyre::access::detail {
namespace {

using core::Json;
using core::JsonObject;
using core::Result;
using wire::CallContext;

constexpr const char* kRootName = "root";  // as GetUser answers

std::string ShownName(const std::string& user) {
    return user.empty() ? kRootName : user;
}

/// Whose keys a request is about: the caller's own where it names no user; "" for the root user.
Result<std::string> KeyOwnerOf(const IdentityStore& store, const CallContext& context,
                               const Json& input) {
    if (Member(input, "UserName").empty() && context.caller.arn == store.RootArn()) return "";
    return UserNameOf(store, context, input);
}

JsonObject KeyDocument(const AccessKey& key) {
    return {{"UserName", ShownName(key.user)},
            {"AccessKeyId", key.id},
            {"Status", key.active ? "Active" : "Inactive"},
            {"CreateDate", core::EpochSeconds(key.created)}};
}

Result<Json> CreateUser(IdentityStore& store, const Json& input) {
    Principal user;
    user.kind = PrincipalKind::kUser;
    user.name = Member(input, "UserName");
    if (auto path = core::JsonString(input, "Path")) user.path = *path;
    user.boundary = Member(input, "PermissionsBoundary");
    GYRE_ASSIGN(user.tags, TagsOf(input));
    GYRE_ASSIGN(const auto made, store.Create(std::move(user)));
    return JsonObject{{"User", UserDocument(made, true)}};
}

Result<Json> GetUser(const IdentityStore& store, const CallContext& context, const Json& input) {
    if (Member(input, "UserName").empty() && context.caller.arn == store.RootArn()) {
        return JsonObject{{"User", JsonObject{{"Path", "/"},
                                              {"UserName", kRootName},
                                              {"UserId", store.Account()},
                                              {"Arn", store.RootArn()},
                                              {"CreateDate", 0}}}};
    }
    GYRE_ASSIGN(const auto name, UserNameOf(store, context, input));
    GYRE_ASSIGN(const auto user, store.Get(PrincipalKind::kUser, name));
    return JsonObject{{"User", UserDocument(user, true)}};
}

Result<Json> ListUsers(const IdentityStore& store, const Json& input) {
    std::vector<std::string> keys;
    core::JsonArray items;
    for (const Principal& user : store.List(PrincipalKind::kUser, Member(input, "PathPrefix"))) {
        keys.push_back(NameKey(user.name));
        items.push_back(UserDocument(user, false));
    }
    return Paged(input, "Users", keys, std::move(items));
}

Result<Json> CreateAccessKey(IdentityStore& store, const CallContext& context, const Json& input) {
    GYRE_ASSIGN(const auto user, KeyOwnerOf(store, context, input));
    GYRE_ASSIGN(const auto key, store.CreateKey(user));
    JsonObject document = KeyDocument(key);
    document["SecretAccessKey"] = key.secret;
    return JsonObject{{"AccessKey", std::move(document)}};
}

Result<Json> ListAccessKeys(const IdentityStore& store, const CallContext& context,
                            const Json& input) {
    GYRE_ASSIGN(const auto user, KeyOwnerOf(store, context, input));
    GYRE_ASSIGN(const auto keys, store.ListKeys(user));
    core::JsonArray items;
    for (const AccessKey& key : keys) items.push_back(KeyDocument(key));
    return JsonObject{{"AccessKeyMetadata", std::move(items)}, {"IsTruncated", false}};
}

Result<Json> LastUsed(const IdentityStore& store, const Json& input) {
    const std::string key = Member(input, "AccessKeyId");
    GYRE_ASSIGN(const auto user, store.UserOfKey(key));
    JsonObject used{{"ServiceName", "N/A"}, {"Region", "N/A"}};
    if (const auto use = store.LastUseOf(key)) {
        used = {{"LastUsedDate", core::EpochSeconds(use->at)},
                {"ServiceName", use->service},
                {"Region", use->region}};
    }
    return JsonObject{{"UserName", ShownName(user)}, {"AccessKeyLastUsed", std::move(used)}};
}

}  // namespace

void AddUserActions(wire::ActionTable& actions, IdentityStore& store) {
    const wire::ResourceOf resource = PrincipalResource(store, PrincipalKind::kUser);
    AddIam(actions, "CreateUser", resource,
           [&store](const CallContext&, const Json& input) { return CreateUser(store, input); });
    AddIam(actions, "GetUser", resource, [&store](const CallContext& context, const Json& input) {
        return GetUser(store, context, input);
    });
    AddIam(actions, "ListUsers", PathResource(store, PrincipalKind::kUser),
           [&store](const CallContext&, const Json& input) { return ListUsers(store, input); });
    AddIam(actions, "DeleteUser", resource, [&store](const CallContext&, const Json& input) {
        return Done(store.Delete(PrincipalKind::kUser, Member(input, "UserName")));
    });
    AddIam(actions, "UpdateUser", resource, [&store](const CallContext&, const Json& input) {
        return Done(store.Rename(PrincipalKind::kUser, Member(input, "UserName"),
                                 Member(input, "NewUserName"), Member(input, "NewPath")));
    });
    AddIam(actions, "GetAccessKeyLastUsed", {},
           [&store](const CallContext&, const Json& input) { return LastUsed(store, input); });
    AddIam(actions, "CreateAccessKey", resource,
           [&store](const CallContext& context, const Json& input) {
               return CreateAccessKey(store, context, input);
           });
    AddIam(actions, "ListAccessKeys", resource,
           [&store](const CallContext& context, const Json& input) {
               return ListAccessKeys(store, context, input);
           });
    AddIam(actions, "UpdateAccessKey", resource,
           [&store](const CallContext& context, const Json& input) -> Result<Json> {
               GYRE_ASSIGN(const auto user, KeyOwnerOf(store, context, input));
               return Done(store.SetKeyActive(user, Member(input, "AccessKeyId"),
                                              Member(input, "Status") == "Active"));
           });
    AddIam(actions, "DeleteAccessKey", resource,
           [&store](const CallContext& context, const Json& input) -> Result<Json> {
               GYRE_ASSIGN(const auto user, KeyOwnerOf(store, context, input));
               return Done(store.DeleteKey(user, Member(input, "AccessKeyId")));
           });
}

}  // namespace gyre::access::detail
