#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"

namespace gyre::serving::torchserve {

using Properties = std::map<std::string, std::string>;
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// A Java properties file: "key=value" or "key: value", '#' and '!' comments, '\' at a line's end.
/// $$NAME$$ stands for an environment variable. Errors: kInvalidArgument for a variable that is not
/// set.
[[nodiscard]] core::Result<Properties> ParseProperties(std::string_view text,
                                                       const Environment& environment);

/// TorchServe's config.properties and command line, as far as they mean something here.
struct Settings {
    std::string inference_address = "127.0.0.1:8080";
    std::string management_address = "127.0.0.1:8081";
    std::string metrics_address = "127.0.0.1:8082";
    std::string grpc_inference = "127.0.0.1:7070";
    std::string grpc_management = "127.0.0.1:7071";
    bool grpc_chosen = false;  ///< one of the two is the user's, who wants nothing else then
    bool open_inference_protocol = false;  ///< KServe V2 over gRPC on inference's port
    std::string model_store;
    std::string load_models;  ///< "all", "NAME=a.mar,b.mar", "none"
    std::string models;       ///< JSON of settings by model and version
    int default_workers = 0;
    int default_response_timeout_s = 120;
    int default_startup_timeout_s = 120;
    int job_queue_size = 100;
    size_t max_request_size = 6'553'500;
    bool token_authorization = false;  ///< where an address is not of this machine alone, unless
    bool token_chosen = false;         ///< the user chose
    int token_minutes = 60;
    bool model_api = true;
    bool model_api_chosen = false;
    std::map<std::string, std::string> model_environment;  ///< what handlers' workers get

    /// Keys that are TorchServe's and mean nothing here are noted in `ignored`, for the log.
    [[nodiscard]] static core::Result<Settings> Read(const Properties& properties,
                                                     std::string& ignored);
};

/// "http://0.0.0.0:8080" → "0.0.0.0:8080"; Errors: kInvalidArgument, for https and unix.
[[nodiscard]] core::Result<std::string> ListenAddress(std::string_view url);
[[nodiscard]] bool IsLoopback(std::string_view address);

}  // namespace gyre::serving::torchserve
