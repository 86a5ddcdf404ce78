#include "access/detail/iam_documents.h"

#include <algorithm>
#include <utility>

#include "access/detail/identity_state.h"
#include "access/detail/text.h"
#include "core/ascii.h"
#include "net/http_message.h"

namespace gyre::access::detail {
namespace {

constexpr int64_t kDefaultPage = 100;

core::JsonObject BaseDocument(const Principal& principal, const char* name_member,
                              const char* id_member, bool full) {
    core::JsonObject document;
    document["Path"] = principal.path;
    document[name_member] = principal.name;
    document[id_member] = principal.id;
    document["Arn"] = principal.arn;
    document["CreateDate"] = core::EpochSeconds(principal.created);
    if (full && !principal.tags.empty()) document["Tags"] = TagsDocument(principal.tags);
    if (full && !principal.boundary.empty()) {
        document["PermissionsBoundary"] = BoundaryDocument(principal.boundary);
    }
    return document;
}

}  // namespace

void AddIam(wire::ActionTable& actions, std::string operation, wire::ResourceOf resource,
            wire::DocumentHandler handler) {
    wire::Action action;
    action.service = "iam";
    action.permission = "iam:" + operation;
    action.operation = std::move(operation);
    action.resource = std::move(resource);
    action.document = std::move(handler);
    actions.Add(std::move(action));
}

std::string Member(const core::Json& input, std::string_view name) {
    return core::JsonStringOr(input, name);
}

wire::ResourceOf PrincipalResource(const IdentityStore& store, PrincipalKind kind) {
    return [&store, kind](const wire::CallContext& context, const core::Json& input) {
        Principal principal;
        principal.kind = kind;
        principal.name = Member(input, std::string(KindWord(kind)) + "Name");
        if (principal.name.empty()) return context.caller.arn;
        if (const auto found = store.Get(kind, principal.name)) return found->arn;
        if (auto path = Member(input, "Path"); !path.empty()) principal.path = std::move(path);
        return PrincipalArn(store.Account(), principal);
    };
}

wire::ResourceOf PathResource(const IdentityStore& store, PrincipalKind kind) {
    return [&store, kind](const wire::CallContext&, const core::Json& input) {
        Principal principal;
        principal.kind = kind;
        principal.path = core::JsonStringOr(input, "PathPrefix", "/");
        return PrincipalArn(store.Account(), principal);
    };
}

std::string PolicyArnResource(const wire::CallContext&, const core::Json& input) {
    return Member(input, "PolicyArn");
}

std::vector<std::string> Texts(const core::Json& input, std::string_view member) {
    std::vector<std::string> texts;
    const core::Json* list = core::JsonFind(input, member);
    if (!list || !list->is_array()) return texts;
    for (const core::Json& item : list->as_array()) {
        if (item.is_string()) texts.emplace_back(item.as_string());
    }
    return texts;
}

core::Result<std::string> UserNameOf(const IdentityStore& store, const wire::CallContext& context,
                                     const core::Json& input) {
    std::string name = Member(input, "UserName");
    if (!name.empty()) return name;
    const auto caller = store.GetByArn(context.caller.arn);
    if (!caller || caller->kind != PrincipalKind::kUser) {
        return core::Fail(InvalidInput("UserName is required here: the caller is no user."));
    }
    return caller->name;
}

core::Result<Tags> TagsOf(const core::Json& input) {
    Tags tags;
    const core::Json* list = core::JsonFind(input, "Tags");
    if (!list || !list->is_array()) return tags;
    for (const core::Json& tag : list->as_array()) {
        std::string key = Member(tag, "Key");
        const bool twice = std::any_of(tags.begin(), tags.end(), [&](const auto& other) {
            return core::AsciiLower(other.first) == core::AsciiLower(key);
        });
        if (twice) {
            return core::Fail(
                InvalidInput("Duplicate tag keys found. Please note that Tag keys "
                             "are case insensitive."));
        }
        tags.emplace_back(std::move(key), Member(tag, "Value"));
    }
    return tags;
}

core::JsonArray TagsDocument(const Tags& tags) {
    core::JsonArray list;
    for (const auto& [key, value] : tags) {
        list.push_back(core::JsonObject{{"Key", key}, {"Value", value}});
    }
    return list;
}

core::Status RefuseMembers(const core::Json& input, std::initializer_list<const char*> members) {
    for (const char* member : members) {
        if (!core::JsonFind(input, member)) continue;
        core::Error error(core::Code::kUnimplemented,
                          std::string(member) + " is not implemented by Gyre.");
        error.http_status = 501;
        return core::Fail(std::move(error));
    }
    return {};
}

core::Result<core::Json> Done(core::Status status) {
    if (!status) return core::Fail(std::move(status.error()));
    return core::JsonObject{};
}

core::Error InvalidInput(std::string message) {
    core::Error error(core::Code::kInvalidArgument, "InvalidInput", std::move(message));
    error.http_status = 400;
    return error;
}

core::Json Paged(const core::Json& input, const char* list_member,
                 const std::vector<std::string>& keys, core::JsonArray items) {
    const std::string marker = Member(input, "Marker");
    const auto after = std::upper_bound(keys.begin(), keys.end(), marker);
    const size_t begin = marker.empty() ? 0 : static_cast<size_t>(after - keys.begin());
    const auto page = static_cast<size_t>(
        std::max<int64_t>(1, core::JsonInt(input, "MaxItems").value_or(kDefaultPage)));
    const size_t end = std::min(items.size(), begin + page);
    core::JsonArray shown;
    for (size_t i = begin; i < end; ++i) shown.push_back(std::move(items[i]));
    core::JsonObject output;
    output[list_member] = std::move(shown);
    output["IsTruncated"] = end < items.size();
    if (end < items.size()) output["Marker"] = keys[end - 1];
    return output;
}

core::JsonObject UserDocument(const Principal& user, bool full) {
    return BaseDocument(user, "UserName", "UserId", full);
}

core::JsonObject RoleDocument(const Principal& role, bool full) {
    core::JsonObject document = BaseDocument(role, "RoleName", "RoleId", full);
    document["AssumeRolePolicyDocument"] = net::PercentEncode(role.trust_policy);
    if (!role.description.empty()) document["Description"] = role.description;
    document["MaxSessionDuration"] = role.max_session.count();
    return document;
}

core::JsonObject GroupDocument(const Principal& group) {
    return BaseDocument(group, "GroupName", "GroupId", false);
}

core::JsonObject BoundaryDocument(const std::string& arn) {
    return {{"PermissionsBoundaryType", "Policy"}, {"PermissionsBoundaryArn", arn}};
}

}  // namespace gyre::access::detail
