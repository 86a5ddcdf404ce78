#include "serving/torchserve/property_keys.h"

#include <algorithm>
#include <vector>

namespace gyre::serving::torchserve {
namespace {

constexpr std::string_view kInEnvironment[] = {"inference_address",
                                               "management_address",
                                               "metrics_address",
                                               "certificate_file",
                                               "private_key_file",
                                               "enable_grpc_ssl",
                                               "grpc_inference_address",
                                               "grpc_inference_port",
                                               "grpc_management_address",
                                               "grpc_management_port",
                                               "model_store",
                                               "load_models",
                                               "models",
                                               "default_workers_per_model",
                                               "default_response_timeout",
                                               "default_startup_timeout",
                                               "default_service_handler",
                                               "unregister_model_timeout",
                                               "job_queue_size",
                                               "max_request_size",
                                               "max_response_size",
                                               "token_expiration_min",
                                               "service_envelope",
                                               "decode_input_request",
                                               "limit_max_image_pixels",
                                               "install_py_dep_per_model",
                                               "enable_model_api",
                                               "disable_token_authorization",
                                               "enable_metrics_api",
                                               "metrics_mode",
                                               "metrics_config",
                                               "model_metrics_auto_detect",
                                               "disable_system_metrics",
                                               "cors_allowed_origin",
                                               "cors_allowed_methods",
                                               "cors_allowed_headers",
                                               "blacklist_env_vars",
                                               "allowed_urls",
                                               "keystore",
                                               "workflow_store"};

constexpr std::string_view kNoSubject[] = {"async_logging",
                                           "cpp_log_config",
                                           "cpu_launcher_args",
                                           "cpu_launcher_enable",
                                           "debug",
                                           "grpc_inference_max_connection_age_grace_ms",
                                           "grpc_inference_max_connection_age_ms",
                                           "grpc_management_max_connection_age_grace_ms",
                                           "grpc_management_max_connection_age_ms",
                                           "initial_distribution_port",
                                           "initial_worker_port",
                                           "io_ratio",
                                           "ipex_enable",
                                           "ipex_gpu_enable",
                                           "metric_time_interval",
                                           "model_server_home",
                                           "netty_client_threads",
                                           "number_of_gpu",
                                           "number_of_netty_threads",
                                           "prefer_direct_buffer",
                                           "system_metrics_cmd",
                                           "tsConfigFile",
                                           "use_native_io",
                                           "version",
                                           "vmargs",
                                           "workflow_store"};

std::vector<EnvironmentKey> ListEnvironmentKeys() {
    std::vector<EnvironmentKey> keys;
    for (const std::string_view key : kInEnvironment) {
        std::string variable = "TS_" + std::string(key);
        std::ranges::transform(variable, variable.begin(),
                               [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
        keys.push_back({key, std::move(variable)});
    }
    // Those that TorchServe calls differently.
    keys.push_back({"token_expiration_min", "TS_TOKEN_EXPIRATION_TIME_MIN"});
    keys.push_back({"ts_header_key_sequence_id", "TS_HEADER_KEY_SEQUENCE_ID"});
    keys.push_back({"ts_header_key_sequence_start", "TS_HEADER_KEY_SEQUENCE_START"});
    keys.push_back({"ts_header_key_sequence_end", "TS_HEADER_KEY_SEQUENCE_END"});
    return keys;
}

}  // namespace

std::span<const EnvironmentKey> EnvironmentKeys() {
    static const std::vector<EnvironmentKey> keys = ListEnvironmentKeys();
    return keys;
}

bool HasNoSubjectHere(std::string_view key) {
    return std::ranges::find(kNoSubject, key) != std::end(kNoSubject);
}

}  // namespace gyre::serving::torchserve
