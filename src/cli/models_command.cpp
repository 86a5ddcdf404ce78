#include <memory>
#include <ostream>

#include "cli/detail/command.h"
#include "cli/detail/platform.h"
#include "cli/detail/table.h"

namespace gyre::cli::detail {
namespace {

using core::Json;
using core::JsonObject;

std::string DataOf(const Json& container) {
    if (const auto url = core::JsonString(container, "ModelDataUrl")) return std::string(*url);
    const Json* source = core::JsonFind(container, "ModelDataSource");
    const Json* s3 = source == nullptr ? nullptr : core::JsonFind(*source, "S3DataSource");
    return s3 == nullptr ? "" : core::JsonStringOr(*s3, "S3Uri");
}

core::Result<core::JsonArray> Describe(const Platform& platform) {
    GYRE_ASSIGN(const core::JsonArray listed, platform.List("ListModels", "Models"));
    core::JsonArray described;
    for (const Json& model : listed) {
        const std::string name(core::JsonString(model, "ModelName").value_or(""));
        auto one = platform.Call("sagemaker", "DescribeModel", JsonObject{{"ModelName", name}});
        if (one) {
            described.push_back(std::move(*one));
        } else if (!IsNotThere(one.error())) {
            return core::Fail(one.error());
        }
    }
    return described;
}

core::Status PrintModels(Session& session, const ConnectionOptions& options) {
    GYRE_ASSIGN(const Platform platform, Platform::Find(session, options));
    GYRE_ASSIGN(const core::JsonArray models, Describe(platform));
    if (options.json) {
        PrintJson(session, models);
        return {};
    }
    if (models.empty()) {
        session.err << "no models yet; `gyre deploy NAME PATH` makes one\n";
        return {};
    }
    Table table({"NAME", "CREATED", "DATA", "IMAGE"});
    for (const Json& model : models) {
        const Json* container = core::JsonFind(model, "PrimaryContainer");
        const Json empty = JsonObject();
        if (container == nullptr) container = &empty;
        table.Add({{core::JsonStringOr(model, "ModelName")},
                   {Age(core::JsonDouble(model, "CreationTime"), session.clock.WallNow())},
                   {DataOf(*container)},
                   {core::JsonStringOr(*container, "Image"), Colour::kDim}});
    }
    session.out << table.Text(session);
    return {};
}

}  // namespace

void AddModels(Commands& commands) {
    CLI::App& command = commands.Add(
        "models", "List models with their data and image",
        "Off a terminal each model is a line, with a tab between name, time since its creation,\n"
        "data and image.\n\n"
        "Examples:\n"
        "  gyre models\n"
        "  gyre models --json | jq -r '.[].PrimaryContainer.ModelDataUrl'");
    const auto options = std::make_shared<ConnectionOptions>();
    commands.AddConnection(command, *options);
    commands.Does(
        command, [&session = commands.session, options] { return PrintModels(session, *options); });
}

}  // namespace gyre::cli::detail
