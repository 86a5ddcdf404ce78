#include <cstdio>
#include <memory>
#include <ostream>

#include "cli/detail/command.h"
#include "cli/detail/deploy.h"
#include "cli/detail/how_to_call.h"
#include "cli/detail/log_tail.h"
#include "cli/detail/model_file.h"
#include "cli/detail/table.h"
#include "cli/detail/upload.h"

namespace gyre::cli::detail {
namespace {

using core::Json;
using core::JsonObject;

struct DeployOptions {
    ConnectionOptions connection;
    std::string name;
    std::string path;
    std::string bucket = "gyre-models";
    std::string image = "gyre/auto";
    std::vector<std::string> environment;
    int count = 1;
    bool no_wait = false;
};

core::Result<std::map<std::string, std::string>> EnvironmentOf(
    const std::vector<std::string>& pairs) {
    std::map<std::string, std::string> environment;
    for (const std::string& pair : pairs) {
        const size_t equals = pair.find('=');
        if (equals == 0 || equals == std::string::npos) {
            return core::Fail(core::Code::kInvalidArgument,
                              "--env takes NAME=VALUE, not \"" + pair + "\"");
        }
        environment[pair.substr(0, equals)] = pair.substr(equals + 1);
    }
    return environment;
}

// Sends the model where it has not been sent before; its s3:// URL.
core::Result<std::string> SendModel(const Platform& platform, Session& session,
                                    const DeployOptions& options, Progress& progress) {
    if (options.path.starts_with("s3://")) return options.path;
    progress.Update("preparing " + options.path);
    GYRE_ASSIGN(const ModelFile file, PrepareModel(options.path));
    GYRE_ASSIGN(const std::string digest, DigestOfFile(session.files, file.path));
    GYRE_ASSIGN(const core::FileInfo info, session.files.Stat(file.path));
    constexpr size_t kDigits = 16;
    const std::string key = options.name + "/" + digest.substr(0, kDigits) + "/" + file.object_name;
    std::string url = "s3://" + options.bucket + "/" + key;
    progress.Step("uploading " + file.kind + " (" + Size(info.size) + ") to " + url);
    GYRE_TRY(EnsureBucket(platform, options.bucket));
    GYRE_TRY(Upload(platform, session.files, file.path, options.bucket, key,
                    [&](uint64_t sent, uint64_t size) {
                        progress.Update("uploading " +
                                        std::to_string(sent * 100 / std::max<uint64_t>(size, 1)) +
                                        "% of " + Size(size));
                    }));
    return url;
}

std::string Seconds(core::SteadyTime begun, core::SteadyTime now) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f s", std::chrono::duration<double>(now - begun).count());
    return text;
}

// What the newest host of the endpoint said of its model when it was ready; null when it did not.
Json ReadyLineOf(const Platform& platform, const std::string& name) {
    constexpr std::string_view kReady = "gyre: ready: ";
    constexpr int kLines = 200;
    const auto lines = LogTail(platform, name, kLines).Read();
    Json ready;
    if (!lines) return ready;
    for (const LogLine& line : *lines) {
        if (!line.message.starts_with(kReady)) continue;
        if (auto json = core::ParseJson(line.message.substr(kReady.size()))) ready = *json;
    }
    return ready;
}

core::Status Deploy(Session& session, const DeployOptions& options) {
    DeployRequest request{.name = options.name, .image = options.image, .count = options.count};
    GYRE_ASSIGN(request.environment, EnvironmentOf(options.environment));
    GYRE_TRY(CheckEndpointName(options.name));
    GYRE_ASSIGN(const Platform platform, Platform::Find(session, options.connection));
    GYRE_ASSIGN(const Json before, FindEndpoint(platform, options.name));
    Progress progress(session);
    GYRE_ASSIGN(request.model_url, SendModel(platform, session, options, progress));
    const bool update = !before.is_null();
    const core::SteadyTime begun = session.clock.Now();
    progress.Step((update ? "updating endpoint " : "creating endpoint ") + options.name);
    GYRE_ASSIGN(const std::string config,
                StartDeployment(platform, request, update, session.clock.WallNow()));
    if (options.no_wait) {
        if (options.connection.json) {
            PrintJson(session, JsonObject{{"EndpointName", options.name},
                                          {"EndpointConfigName", config},
                                          {"ModelDataUrl", request.model_url}});
        }
        progress.Done(options.name + " is on its way; `gyre endpoints " + options.name +
                      "` says how far it is");
        return {};
    }
    GYRE_ASSIGN(const Json endpoint,
                WaitForEndpoint(platform, session, options.name, config, progress));
    progress.Done(options.name + " is in service after " + Seconds(begun, session.clock.Now()));
    if (options.connection.json) {
        PrintJson(session, endpoint);
    } else {
        session.out << HowToCall(options.name, ReadyLineOf(platform, options.name));
    }
    return {};
}

}  // namespace

void AddDeploy(Commands& commands) {
    CLI::App& command = commands.Add(
        "deploy", "Make an endpoint out of a model file, or update the endpoint of that name",
        "PATH is a model.tar.gz (with code/inference.py or without), an .onnx file, a TorchScript\n"
        "file (.pt, .pth), an OpenVINO IR .xml with its .bin beside it, a folder that holds such\n"
        "files, or an s3:// URL of one. An update brings the new model up before the old one\n"
        "leaves; when the new one fails, the old one goes on serving.\n\n"
        "Examples:\n"
        "  gyre deploy resnet resnet50.onnx\n"
        "  gyre deploy resnet model.tar.gz --env SAGEMAKER_TS_BATCH_SIZE=32 \\\n"
        "      --env SAGEMAKER_TS_MAX_BATCH_DELAY=5\n"
        "  gyre deploy resnet ./my_model/ --count 2       code/inference.py and weights in a "
        "folder\n"
        "  gyre deploy resnet s3://my-bucket/model.tar.gz --no-wait");
    const auto options = std::make_shared<DeployOptions>();
    command.add_option("NAME", options->name, "The endpoint's name")->required();
    command.add_option("PATH", options->path, "The model: a file, a folder or an s3:// URL")
        ->required();
    command
        .add_option("-e,--env", options->environment,
                    "A variable for the model's server, as of its container; may be repeated")
        ->type_name("NAME=VALUE")
        ->allow_extra_args(false);
    command.add_option("--count", options->count, "Instances: model hosts side by side [1]")
        ->type_name("N")
        ->check(CLI::Range(1, 1000).description(""));
    command.add_option("--image", options->image, "Container image to name [gyre/auto]")
        ->type_name("URI");
    command.add_option("--bucket", options->bucket, "Bucket to upload to [gyre-models]")
        ->type_name("NAME");
    command.add_flag("--no-wait", options->no_wait, "Do not wait until it serves");
    commands.AddConnection(command, options->connection);
    commands.Does(command,
                  [&session = commands.session, options] { return Deploy(session, *options); });
}

}  // namespace gyre::cli::detail
