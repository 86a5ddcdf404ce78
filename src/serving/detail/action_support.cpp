#include "serving/detail/action_support.h"

#include <cmath>

#include "serving/names.h"

namespace gyre::serving::detail {
namespace {

using core::Json;

std::optional<core::WallTime> TimeIn(const Json& input, std::string_view member) {
    const auto seconds = core::JsonDouble(input, member);
    if (!seconds) return std::nullopt;
    return core::WallTime(core::milliseconds(std::llround(*seconds * 1000)));
}

}  // namespace

void AddAction(wire::ActionTable& table, const std::string& operation, const std::string& type,
               const std::string& name_member, wire::DocumentHandler handler) {
    wire::ResourceOf resource;
    if (!name_member.empty()) {
        resource = [type, name_member](const wire::CallContext& context, const Json& input) {
            return SageMakerArn(context, type, NameIn(input, name_member));
        };
    }
    table.Add({.service = "sagemaker",
               .operation = operation,
               .permission = "sagemaker:" + operation,
               .resource = std::move(resource),
               .document = std::move(handler),
               .max_body = 4 << 20});
}

std::string NameIn(const Json& input, std::string_view member) {
    return core::JsonStringOr(input, member);
}

core::Result<catalog::Tags> TagsIn(const Json& input) {
    catalog::Tags tags;
    const Json* list = core::JsonFind(input, "Tags");
    if (list == nullptr) return tags;
    for (const Json& tag : list->as_array()) {
        if (!tags.emplace(NameIn(tag, "Key"), NameIn(tag, "Value")).second) {
            return core::Fail(Validation("Duplicate tag key: " + NameIn(tag, "Key")));
        }
    }
    return tags;
}

catalog::ListQuery ListQueryOf(const catalog::Kind& kind, const Json& input,
                               std::string_view status_member) {
    using SortBy = catalog::ListQuery::SortBy;
    catalog::ListQuery query;
    query.kind = kind;
    query.name_contains = NameIn(input, "NameContains");
    query.created_after = TimeIn(input, "CreationTimeAfter");
    query.created_before = TimeIn(input, "CreationTimeBefore");
    query.modified_after = TimeIn(input, "LastModifiedTimeAfter");
    query.modified_before = TimeIn(input, "LastModifiedTimeBefore");
    const std::string sort = NameIn(input, "SortBy");
    query.sort_by = sort == "Name"     ? SortBy::kName
                    : sort == "Status" ? SortBy::kStatus
                                       : SortBy::kCreated;
    query.descending = NameIn(input, "SortOrder") != "Ascending";
    query.limit = static_cast<int>(core::JsonInt(input, "MaxResults").value_or(10));
    query.page_token = NameIn(input, "NextToken");
    query.status_member = status_member;
    if (const auto status = core::JsonString(input, "StatusEquals")) query.status_equals = *status;
    return query;
}

core::JsonObject DescribeWithTimes(const catalog::Resource& resource, bool last_modified) {
    core::JsonObject described = catalog::Describe(resource).as_object();
    described.erase("Tags");
    described["CreationTime"] = core::EpochSeconds(resource.created);
    if (last_modified) described["LastModifiedTime"] = core::EpochSeconds(resource.modified);
    return described;
}

core::Error IfAbsent(const core::Error& said, core::Error absent) {
    if (said.code == core::Code::kNotFound) return absent;
    return said;
}

core::Error NotBuilt(std::string_view what, std::string_view hint) {
    core::Error error(core::Code::kUnimplemented,
                      std::string(what) + " is not implemented here; " + std::string(hint));
    error.http_status = 501;
    return error;
}

core::Status RefuseMembers(const Json& json, std::initializer_list<std::string_view> members,
                           std::string_view where) {
    for (const std::string_view member : members) {
        if (core::JsonFind(json, member) == nullptr) continue;
        return core::Fail(
            NotBuilt(std::string(member) + " of " + std::string(where), "leave it out"));
    }
    return {};
}

}  // namespace gyre::serving::detail
