#include "serving/actions.h"
#include "serving/detail/action_support.h"
#include "serving/names.h"

namespace gyre::serving {
namespace {

using core::Json;
using core::JsonArray;
using core::JsonObject;
using core::Result;

JsonArray AsList(const catalog::Tags& tags) {
    JsonArray list;
    for (const auto& [key, value] : tags)
        list.push_back(JsonObject{{"Key", key}, {"Value", value}});
    return list;
}

tl::unexpected<core::Error> NotThere(const core::Error& said, const std::string& arn) {
    return core::Fail(
        detail::IfAbsent(said, Validation("Could not find resource \"" + arn + "\".")));
}

Result<Json> ListTags(const catalog::Catalog& catalog, const Json& input) {
    const std::string arn = detail::NameIn(input, "ResourceArn");
    const auto tags = catalog.GetTags(arn);
    if (!tags) return NotThere(tags.error(), arn);
    // A resource has at most 50 tags, which is one page.
    return JsonObject{{"Tags", AsList(*tags)}};
}

Result<Json> AddTags(catalog::Catalog& catalog, const Json& input) {
    constexpr size_t kMostTags = 50;
    const std::string arn = detail::NameIn(input, "ResourceArn");
    GYRE_ASSIGN(const catalog::Tags added, detail::TagsIn(input));
    auto tags = catalog.GetTags(arn);
    if (!tags) return NotThere(tags.error(), arn);
    for (const auto& [key, value] : added) tags->insert_or_assign(key, value);
    if (tags->size() > kMostTags) {
        return core::Fail(Validation("A resource has at most 50 tags."));
    }
    GYRE_TRY(catalog.ChangeTags(arn, added, {}));
    return JsonObject{{"Tags", AsList(*tags)}};
}

Result<Json> DeleteTags(catalog::Catalog& catalog, const Json& input) {
    const std::string arn = detail::NameIn(input, "ResourceArn");
    std::vector<std::string> keys;
    for (const Json& key : core::JsonFind(input, "TagKeys")->as_array()) {
        keys.emplace_back(key.as_string());
    }
    const auto changed = catalog.ChangeTags(arn, {}, keys);
    if (!changed) return NotThere(changed.error(), arn);
    return JsonObject();
}

}  // namespace

void AddTagActions(wire::ActionTable& table, catalog::Catalog& catalog) {
    const auto add = [&](const std::string& operation, wire::DocumentHandler handler) {
        table.Add(
            {.service = "sagemaker",
             .operation = operation,
             .permission = "sagemaker:" + operation,
             .resource = [](const wire::CallContext&,
                            const Json& input) { return detail::NameIn(input, "ResourceArn"); },
             .document = std::move(handler)});
    };
    add("ListTags", [&catalog](const wire::CallContext&, const Json& input) {
        return ListTags(catalog, input);
    });
    add("AddTags", [&catalog](const wire::CallContext&, const Json& input) {
        return AddTags(catalog, input);
    });
    add("DeleteTags", [&catalog](const wire::CallContext&, const Json& input) {
        return DeleteTags(catalog, input);
    });
}

}  // namespace gyre::serving
