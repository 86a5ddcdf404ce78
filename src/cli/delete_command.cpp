#include <memory>
#include <ostream>
#include <set>

#include "cli/detail/command.h"
#include "cli/detail/deploy.h"
#include "cli/detail/upload.h"

namespace gyre::cli::detail {
namespace {

using core::Json;
using core::JsonObject;
using core::Result;

constexpr core::milliseconds kPause{100};

struct DeleteOptions {
    ConnectionOptions connection;
    std::string name;
    bool keep_models = false;
    bool no_wait = false;
};

/// What `gyre deploy` made for an endpoint.
struct Deployed {
    std::vector<std::string> configs;
    std::vector<std::string> models;
    std::set<std::string> data;  ///< s3:// URLs
};

Result<bool> IsTaggedFor(const Platform& platform, const std::string& arn,
                         const std::string& endpoint) {
    auto tags = platform.Call("sagemaker", "ListTags", JsonObject{{"ResourceArn", arn}});
    if (!tags && IsNotThere(tags.error())) return false;
    if (!tags) return core::Fail(tags.error());
    const Json* list = core::JsonFind(*tags, "Tags");
    if (list == nullptr) return false;
    for (const Json& tag : list->as_array()) {
        if (core::JsonStringOr(tag, "Key") == kDeployedForTag &&
            core::JsonStringOr(tag, "Value") == endpoint)
            return true;
    }
    return false;
}

// Names of what `operation` lists that is tagged for the endpoint.
Result<std::vector<std::string>> TaggedFor(const Platform& platform, const std::string& endpoint,
                                           const std::string& operation, const std::string& list,
                                           const std::string& kind) {
    GYRE_ASSIGN(const core::JsonArray items, platform.List(operation, list));
    std::vector<std::string> names;
    for (const Json& item : items) {
        GYRE_ASSIGN(const bool tagged,
                    IsTaggedFor(platform, core::JsonStringOr(item, kind + "Arn"), endpoint));
        if (tagged) names.push_back(core::JsonStringOr(item, kind + "Name"));
    }
    return names;
}

Result<Deployed> FindDeployed(const Platform& platform, const std::string& endpoint) {
    Deployed found;
    GYRE_ASSIGN(found.configs, TaggedFor(platform, endpoint, "ListEndpointConfigs",
                                         "EndpointConfigs", "EndpointConfig"));
    GYRE_ASSIGN(found.models, TaggedFor(platform, endpoint, "ListModels", "Models", "Model"));
    for (const std::string& model : found.models) {
        GYRE_ASSIGN(const Json described,
                    platform.Call("sagemaker", "DescribeModel", JsonObject{{"ModelName", model}}));
        const Json* container = core::JsonFind(described, "PrimaryContainer");
        const std::string url =
            container == nullptr ? "" : core::JsonStringOr(*container, "ModelDataUrl");
        // Only what was uploaded for it: another's s3:// URL may have been deployed.
        if (url.find("/" + endpoint + "/") != std::string::npos) found.data.insert(url);
    }
    return found;
}

core::Status RemoveDeployed(const Platform& platform, const Deployed& deployed) {
    for (const std::string& config : deployed.configs) {
        GYRE_TRY(platform.Call("sagemaker", "DeleteEndpointConfig",
                               JsonObject{{"EndpointConfigName", config}}));
    }
    for (const std::string& model : deployed.models) {
        GYRE_TRY(platform.Call("sagemaker", "DeleteModel", JsonObject{{"ModelName", model}}));
    }
    for (const std::string& url : deployed.data) {
        constexpr size_t kScheme = 5;  // "s3://"
        const size_t slash = url.find('/', kScheme);
        GYRE_TRY(platform.SendS3(
            {.method = "DELETE",
             .target = ObjectTarget(url.substr(kScheme, slash - kScheme), url.substr(slash + 1))}));
    }
    return {};
}

core::Status WaitUntilGone(const Platform& platform, Session& session, const std::string& name) {
    while (true) {
        const auto endpoint = platform.DescribeEndpoint(name);
        if (!endpoint) {
            return IsNotThere(endpoint.error()) ? core::Status() : core::Fail(endpoint.error());
        }
        session.pause(kPause);
    }
}

std::string Counted(size_t count, const std::string& noun) {
    return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

core::Status Delete(Session& session, const DeleteOptions& options) {
    GYRE_ASSIGN(const Platform platform, Platform::Find(session, options.connection));
    Deployed deployed;
    if (!options.keep_models) {
        GYRE_ASSIGN(deployed, FindDeployed(platform, options.name));
    }
    const auto gone =
        platform.Call("sagemaker", "DeleteEndpoint", JsonObject{{"EndpointName", options.name}});
    const bool was_there = gone.has_value();
    if (!gone && !IsNotThere(gone.error())) return core::Fail(gone.error());
    if (!was_there && deployed.models.empty() && deployed.configs.empty()) {
        return core::Fail(core::Code::kNotFound,
                          "there is no endpoint " + options.name + "; `gyre endpoints` lists them");
    }
    Progress progress(session);
    if (was_there && !options.no_wait) {
        progress.Update("stopping " + options.name);
        GYRE_TRY(WaitUntilGone(platform, session, options.name));
    }
    GYRE_TRY(RemoveDeployed(platform, deployed));
    if (options.connection.json) {
        PrintJson(
            session,
            JsonObject{
                {"endpoint", was_there},
                {"configs", core::JsonArray(deployed.configs.begin(), deployed.configs.end())},
                {"models", core::JsonArray(deployed.models.begin(), deployed.models.end())},
                {"data", core::JsonArray(deployed.data.begin(), deployed.data.end())}});
        return {};
    }
    std::string line = "deleted " + options.name;
    if (!deployed.models.empty() || !deployed.configs.empty()) {
        line += ", and what was made for it: " + Counted(deployed.models.size(), "model") + ", " +
                Counted(deployed.configs.size(), "configuration") + ", " +
                Counted(deployed.data.size(), "uploaded file");
    }
    progress.Done(line);
    return {};
}

}  // namespace

void AddDelete(Commands& commands) {
    CLI::App& command = commands.Add(
        "delete", "Delete an endpoint, and what `gyre deploy` made for it",
        "Models, configurations and files that something else made are left as they are.\n\n"
        "Examples:\n"
        "  gyre delete my-model\n"
        "  gyre delete my-model --keep-models    the endpoint alone");
    const auto options = std::make_shared<DeleteOptions>();
    command.add_option("ENDPOINT", options->name, "The endpoint's name")->required();
    command.add_flag("--keep-models", options->keep_models,
                     "Keep its models, configurations and uploaded files");
    command.add_flag("--no-wait", options->no_wait, "Do not wait until it has stopped");
    commands.AddConnection(command, options->connection);
    commands.Does(command,
                  [&session = commands.session, options] { return Delete(session, *options); });
}

}  // namespace gyre::cli::detail
