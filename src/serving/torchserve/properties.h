#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace gyre::serving::torchserve {

using Properties = std::map<std::string, std::string>;
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// A Java properties file: "key=value" or "key: value", '#' and '!' comments, '\' at a line's end,
/// and before characters that would mean something else ("\:", "\n", "\u00e9").
/// $$NAME$$ stands for an environment variable. Errors: kInvalidArgument for a variable that is not
/// set.
[[nodiscard]] core::Result<Properties> ParseProperties(std::string_view text,
                                                       const Environment& environment);

/// Where one of TorchServe's faces answers.
struct Address {
    std::string place;  ///< "127.0.0.1:8080" or "unix:/path"
    bool secure = false;

    bool operator==(const Address&) const = default;
    /// "https://0.0.0.0:8443", with whatever port `place` then has.
    [[nodiscard]] std::string Url(const std::string& bound) const;
};

/// Which web pages may read answers: values of the headers Access-Control-Allow-…; "": none is
/// sent.
struct CorsSettings {
    std::string origin;
    std::string methods;
    std::string headers;
};

/// What is counted and where it is told.
struct MetricsSettings {
    bool api = true;           ///< there is a metrics address
    bool models = false;       ///< what handlers count is on /metrics too, not in the log alone
    std::string config;        ///< metrics.yaml: which of that; "": TorchServe's own two
    bool auto_detect = false;  ///< and what it does not name
    bool system = true;        ///< the machine's CPU, memory and disk
};

/// The names of the headers that make requests a sequence, in lower case.
struct SequenceHeaders {
    std::string id = "ts_request_sequence_id";
    std::string start = "ts_request_sequence_start";
    std::string end = "ts_request_sequence_end";
};

/// TorchServe's config.properties and command line, as far as they mean something here.
struct Settings {
    Address inference_address{"127.0.0.1:8080"};
    Address management_address{"127.0.0.1:8081"};
    Address metrics_address{"127.0.0.1:8082"};
    std::string certificate_file;  ///< PEM; "": https shows a certificate that is made at the start
    std::string private_key_file;
    std::string key_store;  ///< PKCS #12, in the place of those two
    std::string key_store_password = "changeit";
    bool grpc_secure = false;
    std::string grpc_inference = "127.0.0.1:7070";
    std::string grpc_management = "127.0.0.1:7071";
    bool grpc_chosen = false;  ///< one of the two is the user's, who wants nothing else then
    bool open_inference_protocol = false;  ///< KServe V2 over gRPC on inference's port
    std::string model_store;
    std::string load_models;      ///< "all", "NAME=a.mar,b.mar", "none"
    std::string models;           ///< JSON of settings by model and version
    std::string model_snapshot;   ///< JSON of the models to begin with, in load_models' place
    std::string snapshot_folder;  ///< "": no snapshots are written
    Properties given;             ///< what all this was read from, but for model_snapshot
    int default_workers = 0;
    int default_response_timeout_s = 120;
    int default_startup_timeout_s = 120;
    int job_queue_size = 100;
    size_t max_request_size = 6'553'500;
    size_t max_response_size = 6'553'500;  ///< a handler's answer, or a part of one
    int unregister_timeout_s = 120;        ///< for a model's workers to end
    /// Regular expressions, of which a URL must match one; empty: s3:// alone is allowed.
    std::vector<std::string> allowed_urls;
    bool token_authorization = false;  ///< where an address is not of this machine alone, unless
    bool token_chosen = false;         ///< the user chose
    int token_minutes = 60;
    CorsSettings cors;
    MetricsSettings metrics;
    SequenceHeaders sequence;
    std::string default_handler;   ///< of archives that name none
    std::string hidden_variables;  ///< a regular expression: what the handlers do not see
    bool model_api = true;
    bool model_api_chosen = false;
    std::map<std::string, std::string> model_environment;  ///< what handlers' workers get

    /// Keys that are none of TorchServe's are noted in `ignored`, for the log.
    [[nodiscard]] static core::Result<Settings> Read(const Properties& properties,
                                                     std::string& ignored);
};

/// "http://0.0.0.0:8080" → "0.0.0.0:8080", "https://…", "unix:/path". Without a port it is the
/// protocol's own.
[[nodiscard]] Address ListenAddress(std::string_view url);
/// Of this machine alone.
[[nodiscard]] bool IsLoopback(std::string_view address);

}  // namespace gyre::serving::torchserve
