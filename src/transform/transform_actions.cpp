#include "transform/transform_actions.h"

#include "core/digest.h"
#include "serving/action_support.h"
#include "serving/deployment.h"
#include "serving/names.h"
#include "transform/job_state.h"
#include "transform/transform_spec.h"

namespace gyre::transform {
namespace {

using core::Json;
using core::JsonArray;
using core::JsonObject;
using core::Result;
using serving::NameIn;
using serving::SageMakerArn;
using wire::CallContext;

constexpr const char* kNameMember = "TransformJobName";

core::Error NotThere() {
    return {core::Code::kNotFound, "ValidationException", "Requested resource not found."};
}

Result<Json> Create(catalog::Catalog& catalog, const CallContext& context, Json input) {
    GYRE_ASSIGN(const TransformSpec spec, TransformSpec::Read(input));
    GYRE_ASSIGN(serving::DeployedVariant variant,
                serving::ReadModel(catalog, spec.model, context.region, context.caller.account));
    if (variant.multi_model) {
        return core::Fail(serving::NotBuilt("A transform job of a multi-model container",
                                            "give a model of the mode SingleModel"));
    }
    if (variant.direct) {
        return core::Fail(
            serving::NotBuilt("A transform job of containers that are asked one by one",
                              "give a model whose InferenceExecutionConfig is Serial"));
    }
    variant.name = "transform";
    variant.count = spec.instances;
    for (const auto& [name, value] : spec.BatchEnvironment()) {
        variant.environment[name] = value;
        for (serving::DeployedContainer& further : variant.further)
            further.environment[name] = value;
    }
    serving::Deployment deployment;
    deployment.id = core::RandomUuid().substr(0, 8);
    deployment.config = spec.name;
    deployment.variants.push_back(std::move(variant));
    GYRE_ASSIGN(catalog::Tags tags, serving::TagsIn(input));
    const std::string arn = SageMakerArn(context, "transform-job", spec.name);
    input.as_object().erase("Tags");
    const auto created = catalog.Create({.kind = kTransformKind,
                                         .name = spec.name,
                                         .arn = arn,
                                         .document = std::move(input),
                                         .status = NewJob(arn, deployment)},
                                        std::move(tags));
    if (!created && created.error().code == core::Code::kAlreadyExists) {
        return core::Fail(core::Code::kAlreadyExists, "ResourceInUse",
                          "Job name must be unique within an AWS account and region, and a job "
                          "with this name already exists (" +
                              arn + ")");
    }
    if (!created) return core::Fail(created.error());
    return JsonObject{{"TransformJobArn", arn}};
}

Result<Json> Describe(const catalog::Catalog& catalog, const Json& input,
                      const ProgressOf& progress) {
    const std::string name = NameIn(input, kNameMember);
    const auto job = catalog.Get(kTransformKind, name);
    if (!job) return core::Fail(serving::IfAbsent(job.error(), NotThere()));
    JsonObject described = serving::DescribeWithTimes(*job, false);
    if (const auto now = progress(name)) described["Progress"] = now->ToJson();
    return described;
}

Result<Json> List(const catalog::Catalog& catalog, const Json& input) {
    GYRE_ASSIGN(const catalog::ListPage page,
                catalog.List(serving::ListQueryOf(kTransformKind, input, kStatusMember)));
    JsonArray items;
    for (const catalog::Resource& job : page.resources) {
        JsonObject item{{kNameMember, job.name},
                        {"TransformJobArn", job.arn},
                        {"CreationTime", core::EpochSeconds(job.created)},
                        {"LastModifiedTime", core::EpochSeconds(job.modified)},
                        {kStatusMember, NameIn(job.status, kStatusMember)}};
        for (const char* member : {"TransformEndTime", "FailureReason"}) {
            if (const Json* value = core::JsonFind(job.status, member)) item[member] = *value;
        }
        items.push_back(std::move(item));
    }
    JsonObject output{{"TransformJobSummaries", std::move(items)}};
    if (!page.next_token.empty()) output["NextToken"] = page.next_token;
    return output;
}

Result<Json> Stop(catalog::Catalog& catalog, const Json& input) {
    const auto changed = catalog.Update(
        kTransformKind, NameIn(input, kNameMember), [](catalog::Resource& job) -> core::Status {
            const std::string status = NameIn(job.status, kStatusMember);
            if (status != "InProgress") {
                return core::Fail(
                    serving::Validation("The request was rejected because the transform job is in "
                                        "status " +
                                        status + "."));
            }
            job.status.as_object()[kStatusMember] = "Stopping";
            return {};
        });
    if (changed) return JsonObject();
    if (changed.error().code == core::Code::kNotFound) return core::Fail(NotThere());
    return core::Fail(changed.error());
}

}  // namespace

void AddTransformActions(wire::ActionTable& table, catalog::Catalog& catalog, ProgressOf progress) {
    const auto add = [&](const std::string& operation, const char* name,
                         wire::DocumentHandler handler) {
        serving::AddAction(table, operation, "transform-job", name, std::move(handler));
    };
    add("CreateTransformJob", kNameMember, [&catalog](const CallContext& context, Json input) {
        return Create(catalog, context, std::move(input));
    });
    add("DescribeTransformJob", kNameMember,
        [&catalog, progress = std::move(progress)](const CallContext&, const Json& input) {
            return Describe(catalog, input, progress);
        });
    add("StopTransformJob", kNameMember,
        [&catalog](const CallContext&, const Json& input) { return Stop(catalog, input); });
    add("ListTransformJobs", "",
        [&catalog](const CallContext&, const Json& input) { return List(catalog, input); });
}

}  // namespace gyre::transform
