#include "server/torchserve_arguments.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <filesystem>

#include "core/ascii.h"
#include "core/file_system.h"
#include "serving/torchserve/property_keys.h"
#include "serving/torchserve/snapshot.h"

namespace gyre::server {
namespace {

using core::Result;
using serving::torchserve::Environment;
using serving::torchserve::Properties;
using serving::torchserve::Settings;

/// Where TorchServe keeps its own.
std::filesystem::path SnapshotFolder(const Environment& environment) {
    return std::filesystem::path(environment("LOG_LOCATION").value_or("logs")) / "config";
}

Result<Properties> ReadFile(const TorchServeArguments& arguments, const Environment& environment) {
    std::string file = arguments.config;
    if (const auto named = environment("TS_CONFIG_FILE")) file = *named;
    if (file.empty() && arguments.snapshots) {
        if (const auto last = serving::torchserve::LastSnapshot(SnapshotFolder(environment))) {
            file = last->string();
        }
    }
    std::error_code ignored;
    if (file.empty() && std::filesystem::exists("config.properties", ignored)) {
        file = "config.properties";
    }
    if (file.empty()) return Properties{};
    GYRE_ASSIGN(const std::string text, core::ReadFile(core::RealFileSystem(), file));
    auto properties = serving::torchserve::ParseProperties(text, environment);
    if (!properties) return core::Fail(std::move(properties.error()).In(file));
    return properties;
}

}  // namespace

Result<TorchServeArguments> TorchServeArguments::Parse(std::vector<std::string> words,
                                                       std::string& help) {
    TorchServeArguments arguments;
    CLI::App app("Serve TorchServe's model archives, with its APIs: docs/api/torchserve.md",
                 "torchserve");
    bool start = false;
    bool no_snapshots = false;
    bool no_tokens = false;
    bool model_api = false;
    std::string store;
    std::string unused;
    std::vector<std::string> models;
    app.add_flag("--start", start, "Start in the background (what is done without --stop, too)");
    app.add_flag("--stop", arguments.stop, "Stop the one that was started in the background");
    app.add_flag("--foreground", arguments.foreground, "Stay in the foreground until Ctrl-C");
    app.add_flag("--version,-v", arguments.version, "Print the version");
    app.add_option("--model-store", store, "Folder of the archives");
    app.add_option("--models", models, "all, or NAME=FILE.mar …");
    app.add_option("--ts-config", arguments.config, "config.properties");
    app.add_flag("--ncs,--no-config-snapshots", no_snapshots,
                 "Neither begin with the last snapshot nor write new ones");
    app.add_flag("--disable-token-auth,--dt", no_tokens, "No tokens, whatever the addresses");
    app.add_flag("--enable-model-api,--model-api-enabled", model_api,
                 "Let models be registered and unregistered, whatever the addresses");
    for (const char* name :
         {"--workflow-store", "--log-config", "--cpp-log-config", "--plugins-path,--ppath"}) {
        app.add_option(name, unused, "Taken and not used");
    }
    std::ranges::reverse(words);  // as CLI11 wants them
    try {
        app.parse(std::move(words));
    } catch (const CLI::CallForHelp&) {
        help = app.help();
    } catch (const CLI::ParseError& error) {
        return core::Fail(core::Code::kInvalidArgument, error.what());
    }
    if (!store.empty()) arguments.set["model_store"] = store;
    if (!models.empty()) {
        std::string& all = arguments.set["load_models"];
        for (const std::string& one : models) all += (all.empty() ? "" : ",") + one;
    }
    arguments.snapshots = !no_snapshots;
    if (no_tokens) arguments.set["disable_token_authorization"] = "true";
    if (model_api) arguments.set["enable_model_api"] = "true";
    return arguments;
}

Result<Settings> TorchServeSettings(const TorchServeArguments& arguments,
                                    const Environment& environment, std::string& ignored) {
    GYRE_ASSIGN(Properties properties, ReadFile(arguments, environment));
    const bool from_environment = core::AsciiLower(properties["enable_envvars_config"]) == "true";
    properties.erase("enable_envvars_config");
    for (const auto& [key, value] : arguments.set) properties[key] = value;
    if (from_environment) {
        const bool urls = properties["use_env_allowed_urls"] == "true";
        for (const auto& [key, variable] : serving::torchserve::EnvironmentKeys()) {
            if (key == "allowed_urls" && !urls) continue;
            if (const auto value = environment(variable)) properties[std::string(key)] = *value;
        }
    }
    if (environment("TS_OPEN_INFERENCE_PROTOCOL") == "oip") {
        properties["ts_open_inference_protocol"] = "true";
    }
    if (arguments.set.contains("load_models")) properties.erase("model_snapshot");
    GYRE_ASSIGN(Settings settings, Settings::Read(properties, ignored));
    if (arguments.snapshots) {
        std::error_code failed;
        settings.snapshot_folder =
            std::filesystem::absolute(SnapshotFolder(environment), failed).string();
    }
    return settings;
}

}  // namespace gyre::server
