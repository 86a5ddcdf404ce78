#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "access/identity_store.h"
#include "core/json.h"
#include "core/result.h"
#include "wire/action.h"

namespace gyre::access::detail {

/// The parts of identity_actions.h, each in its file.
void AddStsActions(wire::ActionTable& actions, IdentityStore& store, AuditLog* audit);
void AddUserActions(wire::ActionTable& actions, IdentityStore& store);
void AddRoleActions(wire::ActionTable& actions, IdentityStore& store);
void AddGroupActions(wire::ActionTable& actions, IdentityStore& store);
/// The inline policies of users, roles and groups.
void AddPolicyActions(wire::ActionTable& actions, IdentityStore& store);
/// Managed policies and their versions.
void AddManagedPolicyActions(wire::ActionTable& actions, IdentityStore& store);
/// Who holds which managed policy, and boundaries.
void AddAttachmentActions(wire::ActionTable& actions, IdentityStore& store);
void AddTagActions(wire::ActionTable& actions, IdentityStore& store);
/// What is asked of the account as a whole, and of what it has none of.
void AddAccountActions(wire::ActionTable& actions, IdentityStore& store);
void AddSimulateActions(wire::ActionTable& actions, IdentityStore& store);

/// An IAM action with its permission.
void AddIam(wire::ActionTable& actions, std::string operation, wire::ResourceOf resource,
            wire::DocumentHandler handler);

/// The member's text; "" where it is absent.
[[nodiscard]] std::string Member(const core::Json& input, std::string_view name);
/// The ARN of the user or role that `name_member` names, with the path that it has, or (in
/// creating) will have; of the caller where it names none.
[[nodiscard]] wire::ResourceOf PrincipalResource(const IdentityStore& store, PrincipalKind kind);
/// What a list of users, roles or groups is asked for: "arn:aws:iam::ACCOUNT:user/", and its
/// PathPrefix where it has one.
[[nodiscard]] wire::ResourceOf PathResource(const IdentityStore& store, PrincipalKind kind);
/// The input's PolicyArn.
[[nodiscard]] std::string PolicyArnResource(const wire::CallContext& context,
                                            const core::Json& input);
/// The texts of a list member.
[[nodiscard]] std::vector<std::string> Texts(const core::Json& input, std::string_view member);
/// The user that the input names, or else the caller. Errors: InvalidInput for callers that are no
/// users.
[[nodiscard]] core::Result<std::string> UserNameOf(const IdentityStore& store,
                                                   const wire::CallContext& context,
                                                   const core::Json& input);
/// The input's Tags. Errors: InvalidInput for a key that stands twice.
[[nodiscard]] core::Result<Tags> TagsOf(const core::Json& input);
[[nodiscard]] core::JsonArray TagsDocument(const Tags& tags);
/// Errors: kUnimplemented naming the first of `members` that the input has.
[[nodiscard]] core::Status RefuseMembers(const core::Json& input,
                                         std::initializer_list<const char*> members);
/// An answer without members.
[[nodiscard]] core::Result<core::Json> Done(core::Status status);
[[nodiscard]] core::Error InvalidInput(std::string message);

/// The document's items after its Marker, at most MaxItems of them, as `list_member`, with
/// IsTruncated and Marker. `keys` stand for the items, in the same, rising order.
[[nodiscard]] core::Json Paged(const core::Json& input, const char* list_member,
                               const std::vector<std::string>& keys, core::JsonArray items);

/// What Get and List say of one. `full` adds the tags (Get, Create).
[[nodiscard]] core::JsonObject UserDocument(const Principal& user, bool full);
/// A role's trust policy comes percent-encoded, as AWS writes it.
[[nodiscard]] core::JsonObject RoleDocument(const Principal& role, bool full);
[[nodiscard]] core::JsonObject GroupDocument(const Principal& group);
/// {"PermissionsBoundaryType", "PermissionsBoundaryArn"}.
[[nodiscard]] core::JsonObject BoundaryDocument(const std::string& arn);

}  // namespace gyre::access::detail
