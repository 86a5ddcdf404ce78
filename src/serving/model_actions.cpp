#include <boost/json.hpp>

#include <set>

#include "objects/object_store.h"
#include "serving/actions.h"
#include "serving/detail/action_support.h"
#include "serving/names.h"

namespace gyre::serving {
namespace {

using core::Json;
using core::JsonArray;
using core::JsonObject;
using core::Result;
using wire::CallContext;

core::Status CheckContainer(const Json& container) {
    GYRE_TRY(detail::RefuseMembers(container, {"ModelPackageName", "AdditionalModelDataSources"},
                                   "a container"));
    const bool multi_model = detail::NameIn(container, "Mode") == "MultiModel";
    if (multi_model && core::JsonFind(container, "ModelDataUrl") == nullptr) {
        return core::Fail(
            Validation("A container of the mode MultiModel needs a ModelDataUrl, "
                       "below which its models are."));
    }
    if (core::JsonFind(container, "Image") == nullptr) {
        return core::Fail(Validation("A container needs an Image."));
    }
    const Json* url = core::JsonFind(container, "ModelDataUrl");
    const Json* source = core::JsonFind(container, "ModelDataSource");
    if (url != nullptr && source != nullptr) {
        return core::Fail(
            Validation("You can't specify both ModelDataUrl and ModelDataSource for a container."));
    }
    if (source != nullptr) url = &source->at("S3DataSource").at("S3Uri");
    if (url == nullptr) return {};
    if (auto uri = objects::S3Uri::Parse(std::string_view(url->as_string())); !uri) {
        return core::Fail(Validation("The model data must be an S3 URI: " + uri.error().message));
    }
    return {};
}

core::Status CheckContainers(const Json& input) {
    const Json* primary = core::JsonFind(input, "PrimaryContainer");
    const Json* list = core::JsonFind(input, "Containers");
    const size_t listed = list == nullptr ? 0 : list->as_array().size();
    if (primary != nullptr && listed > 0) {
        return core::Fail(Validation(
            "You can't specify both PrimaryContainer and Containers in the same request."));
    }
    if (primary == nullptr && listed == 0) {
        return core::Fail(Validation("You must specify either PrimaryContainer or Containers."));
    }
    if (primary != nullptr) return CheckContainer(*primary);
    std::set<std::string> hostnames;
    for (const Json& container : list->as_array()) {
        GYRE_TRY(CheckContainer(container));
        if (listed > 1 && detail::NameIn(container, "Mode") == "MultiModel") {
            return core::Fail(
                detail::NotBuilt("The container mode MultiModel in a pipeline", "use SingleModel"));
        }
        const std::string hostname = detail::NameIn(container, "ContainerHostname");
        if (!hostname.empty() && !hostnames.insert(hostname).second) {
            return core::Fail(Validation("ContainerHostnames must be unique; \"" + hostname +
                                         "\" stands twice."));
        }
    }
    const Json* execution = core::JsonFind(input, "InferenceExecutionConfig");
    const bool direct = execution != nullptr && detail::NameIn(*execution, "Mode") == "Direct";
    if (direct && hostnames.size() != listed) {
        return core::Fail(
            Validation("With the inference execution mode Direct each container needs a "
                       "ContainerHostname."));
    }
    return {};
}

Result<Json> CreateModel(catalog::Catalog& catalog, const CallContext& context, Json input) {
    GYRE_TRY(CheckContainers(input));
    GYRE_ASSIGN(catalog::Tags tags, detail::TagsIn(input));
    const std::string name = detail::NameIn(input, "ModelName");
    const std::string arn = SageMakerArn(context, "model", name);
    input.as_object().erase("Tags");
    // Members that SageMaker always answers.
    if (core::JsonFind(input, "EnableNetworkIsolation") == nullptr) {
        input.as_object()["EnableNetworkIsolation"] = false;
    }
    const auto created = catalog.Create({.kind = kModelKind,
                                         .name = name,
                                         .arn = arn,
                                         .document = std::move(input),
                                         .status = JsonObject{{"ModelArn", arn}}},
                                        std::move(tags));
    if (!created && created.error().code == core::Code::kAlreadyExists) {
        return core::Fail(AlreadyThere("model", arn));
    }
    if (!created) return core::Fail(created.error());
    return JsonObject{{"ModelArn", arn}};
}

Result<Json> DescribeModel(const catalog::Catalog& catalog, const CallContext& context,
                           const Json& input) {
    const std::string name = detail::NameIn(input, "ModelName");
    const auto model = catalog.Get(kModelKind, name);
    if (!model) {
        return core::Fail(detail::IfAbsent(
            model.error(), CouldNotFind("model", SageMakerArn(context, "model", name))));
    }
    return detail::DescribeWithTimes(*model, false);
}

Result<Json> ListModels(const catalog::Catalog& catalog, const Json& input) {
    GYRE_ASSIGN(const catalog::ListPage page, catalog.List(detail::ListQueryOf(kModelKind, input)));
    JsonArray items;
    for (const catalog::Resource& model : page.resources) {
        items.push_back(JsonObject{{"ModelName", model.name},
                                   {"ModelArn", model.arn},
                                   {"CreationTime", core::EpochSeconds(model.created)}});
    }
    JsonObject output{{"Models", std::move(items)}};
    if (!page.next_token.empty()) output["NextToken"] = page.next_token;
    return output;
}

Result<Json> DeleteModel(catalog::Catalog& catalog, const CallContext& context, const Json& input) {
    const std::string name = detail::NameIn(input, "ModelName");
    const auto deleted = catalog.Delete(kModelKind, name);
    if (!deleted && deleted.error().code == core::Code::kNotFound) {
        return core::Fail(CouldNotFind("model", SageMakerArn(context, "model", name)));
    }
    if (!deleted) return core::Fail(deleted.error());
    return JsonObject();
}

}  // namespace

void AddModelActions(wire::ActionTable& table, catalog::Catalog& catalog) {
    detail::AddAction(table, "CreateModel", "model", "ModelName",
                      [&catalog](const CallContext& context, Json input) {
                          return CreateModel(catalog, context, std::move(input));
                      });
    detail::AddAction(table, "DescribeModel", "model", "ModelName",
                      [&catalog](const CallContext& context, const Json& input) {
                          return DescribeModel(catalog, context, input);
                      });
    detail::AddAction(
        table, "ListModels", "model", "",
        [&catalog](const CallContext&, const Json& input) { return ListModels(catalog, input); });
    detail::AddAction(table, "DeleteModel", "model", "ModelName",
                      [&catalog](const CallContext& context, const Json& input) {
                          return DeleteModel(catalog, context, input);
                      });
}

}  // namespace gyre::serving
