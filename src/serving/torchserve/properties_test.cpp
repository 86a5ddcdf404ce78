#include "serving/torchserve/properties.h"

#include <doctest/doctest.h>

#include <boost/json.hpp>

#include "serving/torchserve/archive.h"
#include "serving/torchserve/property_keys.h"

namespace gyre::serving::torchserve {
namespace {

std::optional<std::string> Variable(const std::string& name) {
    if (name == "HOME_STORE") return "/srv/store";
    return std::nullopt;
}

Settings Read(std::string_view text, std::string* unknown = nullptr) {
    const auto properties = ParseProperties(text, Variable);
    REQUIRE(properties);
    std::string ignored;
    auto settings = Settings::Read(*properties, ignored);
    REQUIRE(settings);
    if (unknown != nullptr) *unknown = ignored;
    return *settings;
}

TEST_CASE("config.properties as Java reads them") {
    const auto properties = ParseProperties(
        "# a comment\n! another\n a = 1 \nb: two\nlong=x\\\n   y\nempty=\nurl=http://h:1/\r\n"
        "store=$$HOME_STORE$$/more\n",
        Variable);
    REQUIRE(properties);
    CHECK(*properties == Properties{{"a", "1"},
                                    {"b", "two"},
                                    {"long", "xy"},
                                    {"empty", ""},
                                    {"url", "http://h:1/"},
                                    {"store", "/srv/store/more"}});
    CHECK_FALSE(ParseProperties("a=$$NOT_SET$$", Variable));
    const auto escaped = ParseProperties(
        "url=http\\://h\\:1\njson={\\n  \"a\"\\: \"\\u00e9\"}\npath=C:\\\\x\n", Variable);
    REQUIRE(escaped);
    CHECK(*escaped == Properties{{"url", "http://h:1"},
                                 {"json", "{\n  \"a\": \"\u00e9\"}"},
                                 {"path", "C:\\x"}});
}

TEST_CASE("what they mean, and what is said of the rest") {
    std::string unknown;
    const Settings settings = Read(
        "inference_address=http://127.0.0.1:9000\njob_queue_size=7\nservice_envelope=body\n"
        "number_of_netty_threads=4\nvmargs=-Xmx4g\nno_such_key=1\n",
        &unknown);
    CHECK(settings.inference_address == Address{"127.0.0.1:9000"});
    CHECK(settings.management_address == Address{"127.0.0.1:8081"});
    CHECK(settings.job_queue_size == 7);
    CHECK(settings.model_environment.at("TS_SERVICE_ENVELOPE") == "body");
    CHECK(unknown == "no_such_key");
    std::string ignored;
    CHECK_FALSE(Settings::Read({{"job_queue_size", "many"}}, ignored));
    CHECK_FALSE(Settings::Read({{"job_queue_size", "-1"}}, ignored));
    CHECK_FALSE(Settings::Read({{"keystore", "keys.jks"}, {"keystore_type", "JKS"}}, ignored));
    const auto stored =
        Settings::Read({{"keystore", "keys.p12"}, {"keystore_type", "PKCS12"}}, ignored);
    CHECK(stored->key_store == "keys.p12");
    CHECK(stored->key_store_password == "changeit");
}

TEST_CASE("each key of TorchServe's has an effect here or no subject") {
    Properties all;
    for (const char* key : {"allowed_urls",
                            "async_logging",
                            "blacklist_env_vars",
                            "certificate_file",
                            "cors_allowed_headers",
                            "cors_allowed_methods",
                            "cors_allowed_origin",
                            "cpp_log_config",
                            "cpu_launcher_args",
                            "cpu_launcher_enable",
                            "debug",
                            "decode_input_request",
                            "default_response_timeout",
                            "default_service_handler",
                            "default_startup_timeout",
                            "default_workers_per_model",
                            "disable_system_metrics",
                            "disable_token_authorization",
                            "enable_grpc_ssl",
                            "enable_metrics_api",
                            "enable_model_api",
                            "grpc_inference_address",
                            "grpc_inference_max_connection_age_grace_ms",
                            "grpc_inference_max_connection_age_ms",
                            "grpc_inference_port",
                            "grpc_management_address",
                            "grpc_management_max_connection_age_grace_ms",
                            "grpc_management_max_connection_age_ms",
                            "grpc_management_port",
                            "inference_address",
                            "initial_distribution_port",
                            "initial_worker_port",
                            "install_py_dep_per_model",
                            "io_ratio",
                            "ipex_enable",
                            "ipex_gpu_enable",
                            "job_queue_size",
                            "keystore",
                            "keystore_pass",
                            "keystore_type",
                            "limit_max_image_pixels",
                            "load_models",
                            "management_address",
                            "max_request_size",
                            "max_response_size",
                            "metric_time_interval",
                            "metrics_address",
                            "metrics_config",
                            "metrics_mode",
                            "model_metrics_auto_detect",
                            "model_server_home",
                            "model_snapshot",
                            "model_store",
                            "models",
                            "netty_client_threads",
                            "number_of_gpu",
                            "number_of_netty_threads",
                            "prefer_direct_buffer",
                            "private_key_file",
                            "service_envelope",
                            "system_metrics_cmd",
                            "token_expiration_min",
                            "ts_header_key_sequence_end",
                            "ts_header_key_sequence_id",
                            "ts_header_key_sequence_start",
                            "ts_open_inference_protocol",
                            "unregister_model_timeout",
                            "use_env_allowed_urls",
                            "use_native_io",
                            "vmargs",
                            "workflow_store"}) {
        all[key] = "";
    }
    std::string ignored;
    REQUIRE(Settings::Read(all, ignored));
    CHECK(ignored == "");
}

TEST_CASE("what may come from the environment is what TorchServe lets it be") {
    std::map<std::string, std::string_view> keys;
    for (const auto& [key, variable] : EnvironmentKeys()) keys[variable] = key;
    CHECK(keys.at("TS_MAX_RESPONSE_SIZE") == "max_response_size");
    CHECK(keys.at("TS_TOKEN_EXPIRATION_TIME_MIN") == "token_expiration_min");
    CHECK(keys.at("TS_HEADER_KEY_SEQUENCE_ID") == "ts_header_key_sequence_id");
    CHECK_FALSE(keys.contains("TS_MODEL_SNAPSHOT"));
    CHECK_FALSE(keys.contains("TS_ENABLE_ENVVARS_CONFIG"));
}

TEST_CASE("sizes, times, URLs, metrics and the names of headers") {
    const Settings usual = Read("");
    CHECK(usual.max_response_size == 6'553'500);
    CHECK(usual.unregister_timeout_s == 120);
    CHECK(usual.allowed_urls.empty());
    CHECK(usual.metrics.api);
    CHECK(usual.metrics.system);
    CHECK_FALSE(usual.metrics.models);
    CHECK(usual.sequence.id == "ts_request_sequence_id");
    const Settings own = Read(
        "max_response_size=10\nunregister_model_timeout=0\n"
        "allowed_urls=https://a.example/.*, file:///m/.*\nmetrics_mode=Prometheus\n"
        "metrics_config=metrics.yaml\nmodel_metrics_auto_detect=true\n"
        "disable_system_metrics=true\nts_header_key_sequence_id=X-Session\n");
    CHECK(own.max_response_size == 10);
    CHECK(own.unregister_timeout_s == 0);
    CHECK(own.allowed_urls == std::vector<std::string>{"https://a.example/.*", "file:///m/.*"});
    CHECK(own.metrics.models);
    CHECK(own.metrics.config == "metrics.yaml");
    CHECK(own.metrics.auto_detect);
    CHECK_FALSE(own.metrics.system);
    CHECK(own.sequence.id == "x-session");
    std::string ignored;
    CHECK_FALSE(Settings::Read({{"allowed_urls", "https://(.*"}}, ignored));
    CHECK_FALSE(Settings::Read({{"metrics_mode", "loud"}}, ignored));
}

TEST_CASE("addresses are http's, https's or sockets in the file system") {
    CHECK(ListenAddress("http://0.0.0.0:8080/") == Address{"0.0.0.0:8080"});
    CHECK(ListenAddress("127.0.0.1:8080") == Address{"127.0.0.1:8080"});
    CHECK(ListenAddress("http://a") == Address{"a:80"});
    CHECK(ListenAddress("https://a") == Address{"a:443", true});
    CHECK(ListenAddress("unix:/run/a.sock") == Address{"unix:/run/a.sock"});
    CHECK(Address{"a:0", true}.Url("a:1234") == "https://a:1234");
    CHECK(Address{"unix:/run/a.sock"}.Url("unix:/run/a.sock") == "unix:/run/a.sock");
    CHECK_FALSE(Read("inference_address=unix:/run/a.sock\n").token_authorization);
}

TEST_CASE("gRPC has hosts and ports apart") {
    const Settings usual = Read("");
    CHECK(usual.grpc_inference == "127.0.0.1:7070");
    CHECK(usual.grpc_management == "127.0.0.1:7071");
    CHECK_FALSE(usual.grpc_chosen);
    CHECK_FALSE(usual.open_inference_protocol);
    const Settings own = Read(
        "grpc_inference_port=0\ngrpc_management_address=0.0.0.0\nts_open_inference_protocol="
        "true\n");
    CHECK(own.grpc_inference == "127.0.0.1:0");
    CHECK(own.grpc_management == "0.0.0.0:7071");
    CHECK(own.grpc_chosen);
    CHECK(own.open_inference_protocol);
    CHECK(own.token_authorization);
    CHECK(Read("grpc_inference_address=::1\n").grpc_inference == "[::1]:7070");
    std::string ignored;
    CHECK_FALSE(Settings::Read({{"grpc_inference_port", "70000"}}, ignored));
}

TEST_CASE("off the loopback tokens are on and models locked, unless the user chose") {
    const Settings here = Read("");
    CHECK_FALSE(here.token_authorization);
    CHECK(here.model_api);
    const Settings open = Read("management_address=http://0.0.0.0:8081\n");
    CHECK(open.token_authorization);
    CHECK_FALSE(open.model_api);
    const Settings chosen = Read(
        "management_address=http://0.0.0.0:8081\ndisable_token_authorization=true\n"
        "enable_model_api=true\n");
    CHECK_FALSE(chosen.token_authorization);
    CHECK(chosen.model_api);
    CHECK(Read("disable_token_authorization=false\n").token_authorization);
}

TEST_CASE("of a model's YAML the top counts, however it is written") {
    const core::JsonObject expected{{"minWorkers", 1},
                                    {"batchSize", 4},
                                    {"useVenv", true},
                                    {"name", "a: b"},
                                    {"number", "4"},
                                    {"delay", "0.5"},
                                    {"handler", core::JsonObject{}},
                                    {"ids", core::JsonArray{}}};
    for (const char* yaml :
         {"# c\nminWorkers: 1\nbatchSize: 4 # four\nuseVenv: yes\nname: 'a: b'\nnumber: \"4\"\n"
          "delay: 0.5\nhandler:\n  minWorkers: 9\nids: [1]\n",
          "\n    minWorkers: 1\n    batchSize: 4\n    useVenv: True\n    name: 'a: b'\n    number: "
          "'4'\n"
          "    delay: 0.5\n    handler:\n      minWorkers: 9\n    ids:\n    - 1\n",
          "{minWorkers: 1, batchSize: 4, useVenv: on, name: 'a: b', number: '4', delay: 0.5, "
          "handler: {a: 1}, ids: [1]}"}) {
        const auto read = TopScalars(yaml);
        REQUIRE_MESSAGE(read, read.error().message);
        CHECK(*read == expected);
    }
    CHECK(TopScalars("")->empty());
    CHECK(TopScalars("# nothing\n")->empty());
    CHECK_FALSE(TopScalars("- 1"));
    CHECK_FALSE(TopScalars("a: [1"));
    CHECK_FALSE(TopScalars("a: b: c"));
}

TEST_CASE("a setting of a model's YAML that makes no sense is none") {
    ArchiveInfo info;
    info.config = {{"batchSize", 4},       {"maxBatchDelay", "soon"},  {"jobQueueSize", 0},
                   {"timeout", 1LL << 40}, {"sequenceBatching", true}, {"useJobTicket", 1}};
    CHECK(info.Number("batchSize", 1) == 4);
    CHECK(info.Number("minWorkers") == std::nullopt);
    CHECK(info.Number("maxBatchDelay") == std::nullopt);
    CHECK(info.Number("jobQueueSize", 1) == std::nullopt);
    CHECK(info.Number("timeout") == std::nullopt);
    CHECK(info.Flag("sequenceBatching"));
    CHECK_FALSE(info.Flag("continuousBatching"));
    CHECK_FALSE(info.Flag("useJobTicket"));
}

}  // namespace
}  // namespace gyre::serving::torchserve
