#include "server/torchserve_face.h"

#include <cstdlib>

#include "core/file_system.h"
#include "core/log.h"
#include "server/torchserve_arguments.h"

namespace gyre::server {
namespace {

namespace fs = std::filesystem;
using serving::torchserve::Server;
using serving::torchserve::ServerOptions;
using serving::torchserve::Settings;

/// Its snapshots are in `folder`, and the one configuration says which file is its own.
serving::torchserve::Environment EnvironmentIn(const fs::path& folder) {
    return [folder](const std::string& name) -> std::optional<std::string> {
        if (name == "LOG_LOCATION") return folder.string();
        if (name == "TS_CONFIG_FILE") return std::nullopt;
        const char* value = std::getenv(name.c_str());
        return value == nullptr ? std::nullopt : std::optional<std::string>(value);
    };
}

core::Result<Settings> ReadSettings(const core::Config& config,
                                    const TorchServeFace::Options& options) {
    TorchServeArguments arguments;
    arguments.config = config.GetString("torchserve.config");
    if (const std::string store = config.GetString("torchserve.model_store"); !store.empty()) {
        arguments.set["model_store"] = store;
    }
    for (const char* key : {"inference_address", "management_address", "metrics_address"}) {
        arguments.set[key] = "http://" + options.listen;
    }
    std::string ignored;
    GYRE_ASSIGN(Settings settings,
                TorchServeSettings(arguments, EnvironmentIn(options.folder), ignored));
    if (!ignored.empty()) core::LogInfo("settings without a meaning here", {{"keys", ignored}});
    if (!settings.hidden_variables.empty()) {
        return core::Fail(core::Code::kInvalidArgument,
                          "blacklist_env_vars is for `gyre torchserve`, whose environment is its "
                          "handlers' alone");
    }
    return settings;
}

}  // namespace

core::Result<std::unique_ptr<TorchServeFace>> TorchServeFace::Open(const core::Config& config,
                                                                   const Options& given) {
    if (config.GetString("torchserve.model_store").empty() &&
        config.GetString("torchserve.config").empty()) {
        return nullptr;
    }
    GYRE_TRY(core::RealFileSystem().MakeDirectories(given.folder));
    auto settings = ReadSettings(config, given);
    if (!settings) return core::Fail(std::move(settings.error()).In("torchserve"));
    std::error_code failed;
    ServerOptions options;
    options.settings = *settings;
    options.work_directory = given.folder / "work";
    fs::remove_all(options.work_directory, failed);  // of a server that was killed
    options.key_file = given.folder / "key_file.json";
    options.host_program = given.host_program;
    options.python = given.python;
    options.objects = given.objects;
    options.printed = [](const std::string& model, std::string_view line) {
        core::LogInfo(line, {{"model", model}});
    };
    options.listens = false;
    LogTorchServeSecurity(options);
    auto server = Server::Start(std::move(options));
    if (!server) return core::Fail(std::move(server.error()).In("torchserve"));
    TorchServeGrpc grpc;
    if (settings->grpc_chosen) {
        GYRE_ASSIGN(grpc, ListenForTorchServeGrpc(*settings, **server));
    }
    return std::unique_ptr<TorchServeFace>(new TorchServeFace(std::move(*server), std::move(grpc)));
}

TorchServeFace::TorchServeFace(std::unique_ptr<Server> server, TorchServeGrpc grpc)
    : server_(std::move(server)), grpc_(std::move(grpc)) {
}

TorchServeFace::~TorchServeFace() {
    Stop();
}

void TorchServeFace::Stop() {
    grpc_.Stop();
    server_->Stop();
}

void LogTorchServeSecurity(const ServerOptions& options) {
    const auto& settings = options.settings;
    core::LogInfo(settings.token_authorization
                      ? "requests need a token; its keys are in the file. "
                        "disable_token_authorization=true lets everybody in"
                      : "requests need no token. disable_token_authorization=false asks for one",
                  {{"key_file", options.key_file.string()}});
    core::LogInfo(settings.model_api
                      ? "models may be registered and unregistered by the management API"
                      : "the management API registers no models, as it is reached from elsewhere; "
                        "enable_model_api=true lets it",
                  {});
}

}  // namespace gyre::server
