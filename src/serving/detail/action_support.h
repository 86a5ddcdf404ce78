#pragma once

#include <string>
#include <string_view>

#include "catalog/catalog.h"
#include "core/json.h"
#include "core/result.h"
#include "wire/action.h"

namespace gyre::serving::detail {

/// Adds a document action of SageMaker whose resource is the ARN of `type` with the name in the
/// input's `name_member` ("" for actions on no single resource).
void AddAction(wire::ActionTable& table, const std::string& operation, const std::string& type,
               const std::string& name_member, wire::DocumentHandler handler);

[[nodiscard]] std::string NameIn(const core::Json& input, std::string_view member);

/// The Tags member. Errors: the same key twice.
[[nodiscard]] core::Result<catalog::Tags> TagsIn(const core::Json& input);

/// A listing's query out of the members that all List* operations of SageMaker share.
/// `status_member` is what StatusEquals and SortBy Status look at, where the operation has them.
[[nodiscard]] catalog::ListQuery ListQueryOf(const catalog::Kind& kind, const core::Json& input,
                                             std::string_view status_member = {});

/// The document with status and, as "CreationTime" and "LastModifiedTime", the times.
[[nodiscard]] core::JsonObject DescribeWithTimes(const catalog::Resource& resource,
                                                 bool last_modified);

/// `absent` where the catalog says that nothing is there, else what it does say: that it is away,
/// which nobody may take for a deleted resource.
[[nodiscard]] core::Error IfAbsent(const core::Error& said, core::Error absent);

/// What is known to the API and not built here. 501, "WHAT is not implemented here; HINT".
[[nodiscard]] core::Error NotBuilt(std::string_view what, std::string_view hint);

/// Refuses a member that would change what happens and is not built. kUnimplemented, 501.
[[nodiscard]] core::Status RefuseMembers(const core::Json& json,
                                         std::initializer_list<std::string_view> members,
                                         std::string_view where);

}  // namespace gyre::serving::detail
