#include "serving/torchserve/properties.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>

#include <re2/re2.h>

#include "core/ascii.h"
#include "core/utf8.h"
#include "serving/torchserve/property_keys.h"

namespace gyre::serving::torchserve {
namespace {

using core::Code;
using core::Result;

std::string_view Trimmed(std::string_view text) {
    const size_t begin = text.find_first_not_of(" \t\r\f");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t\r\f") + 1 - begin);
}

Result<std::string> Interpolated(std::string_view value, const Environment& environment) {
    std::string text;
    while (true) {
        const size_t begin = value.find("$$");
        const size_t end = begin == std::string_view::npos ? begin : value.find("$$", begin + 2);
        if (end == std::string_view::npos) return text += value;
        const std::string name(value.substr(begin + 2, end - begin - 2));
        const auto found = environment(name);
        if (!found) {
            return core::Fail(Code::kInvalidArgument,
                              "config.properties names $$" + name + "$$, which is not set");
        }
        text += value.substr(0, begin);
        text += *found;
        value.remove_prefix(end + 2);
    }
}

/// What stands behind backslashes, as java.util.Properties reads it.
std::string Unescaped(std::string_view text) {
    std::string plain;
    while (!text.empty()) {
        const char c = text.front();
        text.remove_prefix(1);
        if (c != '\\' || text.empty()) {
            plain += c;
            continue;
        }
        const char next = text.front();
        text.remove_prefix(1);
        uint32_t unit = 0;
        if (next == 'u' && text.size() >= 4 &&
            std::from_chars(text.data(), text.data() + 4, unit, 16).ptr == text.data() + 4) {
            text.remove_prefix(4);
            core::AppendUtf8(plain, unit);
            continue;
        }
        constexpr std::string_view kNames = "ntrf";
        constexpr std::string_view kMeanings = "\n\t\r\f";
        const size_t meaning = kNames.find(next);
        plain += meaning == std::string_view::npos ? next : kMeanings[meaning];
    }
    return plain;
}

/// Lines, with those joined that end in '\'.
std::string NextLine(std::string_view& text) {
    std::string line;
    while (!text.empty()) {
        const size_t end = std::min(text.find('\n'), text.size());
        std::string_view part = Trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (part.ends_with('\\')) {
            line += part.substr(0, part.size() - 1);
            continue;
        }
        line += part;
        break;
    }
    return line;
}

class Keys {
  public:
    explicit Keys(const Properties& properties) : properties_(properties) {}

    const std::string* Find(const std::string& key) {
        seen_.insert(key);
        const auto found = properties_.find(key);
        return found == properties_.end() || found->second.empty() ? nullptr : &found->second;
    }
    core::Status Text(const std::string& key, std::string& into) {
        if (const auto* value = Find(key)) into = *value;
        return {};
    }
    template <typename T>
    core::Status Number(const std::string& key, T& into) {
        const std::string* value = Find(key);
        if (value == nullptr) return {};
        int64_t number = 0;
        const char* const end = value->data() + value->size();
        const auto [stop, error] = std::from_chars(value->data(), end, number);
        if (error != std::errc() || stop != end || number < 0 ||
            number > std::numeric_limits<int32_t>::max()) {
            return core::Fail(Code::kInvalidArgument,
                              key + " is '" + *value + "' and must be a whole number");
        }
        into = static_cast<T>(number);
        return {};
    }
    bool Truth(const std::string& key, bool& into) {
        const std::string* value = Find(key);
        if (value == nullptr) return false;
        into = *value == "true" || *value == "True" || *value == "TRUE";
        return true;
    }
    void Place(const std::string& key, Address& into) {
        if (const auto* value = Find(key)) into = ListenAddress(*value);
    }
    /// NAME_address, a host, and NAME_port; `chosen` becomes true where one is there.
    core::Status GrpcAddress(const std::string& name, std::string& into, bool& chosen) {
        const size_t colon = into.rfind(':');
        std::string host = into.substr(0, colon);
        int port = 0;
        std::from_chars(into.data() + colon + 1, into.data() + into.size(), port);
        const int usual = port;
        if (const auto* value = Find(name + "_address")) {
            chosen = true;
            host = value->find(':') != std::string::npos && !value->starts_with('[')
                       ? "[" + *value + "]"
                       : *value;
        }
        GYRE_TRY(Number(name + "_port", port));
        if (port > 65'535) {
            return core::Fail(Code::kInvalidArgument, name + "_port is above 65535");
        }
        chosen = chosen || port != usual;
        into = host + ":" + std::to_string(port);
        return {};
    }
    [[nodiscard]] std::string Unseen() const {
        std::string names;
        for (const auto& [key, value] : properties_) {
            if (seen_.contains(key) || HasNoSubjectHere(key)) continue;
            names += (names.empty() ? "" : ", ") + key;
        }
        return names;
    }

  private:
    const Properties& properties_;
    std::set<std::string> seen_;
};

core::Status ReadAllowedUrls(Keys& keys, std::vector<std::string>& allowed) {
    (void)keys.Find("use_env_allowed_urls");  // of whoever reads the environment
    const std::string* given = keys.Find("allowed_urls");
    std::string_view rest = given == nullptr ? std::string_view() : *given;
    while (!rest.empty()) {
        const size_t comma = std::min(rest.find(','), rest.size());
        const std::string pattern(Trimmed(rest.substr(0, comma)));
        rest.remove_prefix(std::min(comma + 1, rest.size()));
        if (pattern.empty()) continue;
        if (const RE2 expression(pattern, RE2::Quiet); !expression.ok()) {
            return core::Fail(
                Code::kInvalidArgument,
                "allowed_urls: " + pattern + " is no regular expression: " + expression.error());
        }
        allowed.push_back(pattern);
    }
    return {};
}

core::Status ReadMetrics(Keys& keys, MetricsSettings& metrics) {
    (void)keys.Truth("enable_metrics_api", metrics.api);
    if (const auto* mode = keys.Find("metrics_mode")) {
        const std::string name = core::AsciiLower(*mode);
        if (name != "log" && name != "prometheus" && name != "legacy") {
            return core::Fail(
                Code::kInvalidArgument,
                "metrics_mode is '" + *mode + "' and must be log, prometheus or legacy");
        }
        metrics.models = name == "prometheus";
    }
    GYRE_TRY(keys.Text("metrics_config", metrics.config));
    (void)keys.Truth("model_metrics_auto_detect", metrics.auto_detect);
    bool no_system = false;
    (void)keys.Truth("disable_system_metrics", no_system);
    metrics.system = !no_system;
    return {};
}

}  // namespace

Result<Properties> ParseProperties(std::string_view text, const Environment& environment) {
    Properties properties;
    while (!text.empty()) {
        const std::string line = NextLine(text);
        if (line.empty() || line[0] == '#' || line[0] == '!') continue;
        const size_t end = std::min(line.find_first_of("=:"), line.size());
        const std::string key(Trimmed(std::string_view(line).substr(0, end)));
        const std::string_view value =
            Trimmed(std::string_view(line).substr(std::min(end + 1, line.size())));
        GYRE_ASSIGN(properties[key], Interpolated(Unescaped(value), environment));
    }
    return properties;
}

std::string Address::Url(const std::string& bound) const {
    if (place.starts_with("unix:")) return place;
    return (secure ? "https://" : "http://") + bound;
}

Address ListenAddress(std::string_view url) {
    constexpr std::string_view kHttp = "http://";
    constexpr std::string_view kHttps = "https://";
    Address address;
    if (url.starts_with("unix:")) {
        address.place = url;
        return address;
    }
    address.secure = url.starts_with(kHttps);
    if (address.secure) url.remove_prefix(kHttps.size());
    if (url.starts_with(kHttp)) url.remove_prefix(kHttp.size());
    while (url.ends_with('/')) url.remove_suffix(1);
    address.place = url;
    if (url.find(':') == std::string_view::npos) address.place += address.secure ? ":443" : ":80";
    return address;
}

bool IsLoopback(std::string_view address) {
    return address.starts_with("unix:") || address.starts_with("127.") ||
           address.starts_with("localhost:") || address.starts_with("[::1]");
}

Result<Settings> Settings::Read(const Properties& properties, std::string& ignored) {
    Settings settings;
    Keys keys(properties);
    keys.Place("inference_address", settings.inference_address);
    keys.Place("management_address", settings.management_address);
    keys.Place("metrics_address", settings.metrics_address);
    GYRE_TRY(keys.GrpcAddress("grpc_inference", settings.grpc_inference, settings.grpc_chosen));
    GYRE_TRY(keys.GrpcAddress("grpc_management", settings.grpc_management, settings.grpc_chosen));
    (void)keys.Truth("ts_open_inference_protocol", settings.open_inference_protocol);
    GYRE_TRY(keys.Text("certificate_file", settings.certificate_file));
    GYRE_TRY(keys.Text("private_key_file", settings.private_key_file));
    (void)keys.Truth("enable_grpc_ssl", settings.grpc_secure);
    GYRE_TRY(keys.Text("keystore", settings.key_store));
    GYRE_TRY(keys.Text("keystore_pass", settings.key_store_password));
    const std::string* kind = keys.Find("keystore_type");
    if (kind != nullptr && core::AsciiLower(*kind) != "pkcs12") {
        return core::Fail(Code::kInvalidArgument,
                          "keystore_type: a key store in " + *kind +
                              " is not read. Make it one in PKCS12: keytool -importkeystore "
                              "-srckeystore FILE -destkeystore NEW -deststoretype PKCS12");
    }
    GYRE_TRY(keys.Text("model_store", settings.model_store));
    GYRE_TRY(keys.Text("load_models", settings.load_models));
    GYRE_TRY(keys.Text("models", settings.models));
    GYRE_TRY(keys.Text("model_snapshot", settings.model_snapshot));
    settings.given = properties;
    settings.given.erase("model_snapshot");
    GYRE_TRY(keys.Number("default_workers_per_model", settings.default_workers));
    GYRE_TRY(keys.Number("default_response_timeout", settings.default_response_timeout_s));
    GYRE_TRY(keys.Number("default_startup_timeout", settings.default_startup_timeout_s));
    GYRE_TRY(keys.Number("job_queue_size", settings.job_queue_size));
    GYRE_TRY(keys.Number("max_request_size", settings.max_request_size));
    GYRE_TRY(keys.Number("token_expiration_min", settings.token_minutes));
    GYRE_TRY(keys.Text("cors_allowed_origin", settings.cors.origin));
    GYRE_TRY(keys.Text("cors_allowed_methods", settings.cors.methods));
    GYRE_TRY(keys.Text("cors_allowed_headers", settings.cors.headers));
    GYRE_TRY(keys.Number("max_response_size", settings.max_response_size));
    GYRE_TRY(keys.Number("unregister_model_timeout", settings.unregister_timeout_s));
    GYRE_TRY(ReadAllowedUrls(keys, settings.allowed_urls));
    GYRE_TRY(ReadMetrics(keys, settings.metrics));
    for (const auto& [key, name] : {std::pair{"ts_header_key_sequence_id", &settings.sequence.id},
                                    {"ts_header_key_sequence_start", &settings.sequence.start},
                                    {"ts_header_key_sequence_end", &settings.sequence.end}}) {
        if (const auto* value = keys.Find(key)) *name = core::AsciiLower(*value);
    }
    settings.model_environment["TS_REQUEST_SEQUENCE_ID"] = settings.sequence.id;
    settings.model_environment["TS_REQUEST_SEQUENCE_START"] = settings.sequence.start;
    settings.model_environment["TS_REQUEST_SEQUENCE_END"] = settings.sequence.end;
    GYRE_TRY(keys.Text("default_service_handler", settings.default_handler));
    GYRE_TRY(keys.Text("blacklist_env_vars", settings.hidden_variables));
    bool disabled = false;
    settings.token_chosen = keys.Truth("disable_token_authorization", disabled);
    const bool loopback = IsLoopback(settings.inference_address.place) &&
                          IsLoopback(settings.management_address.place) &&
                          IsLoopback(settings.grpc_inference) &&
                          IsLoopback(settings.grpc_management);
    settings.token_authorization = settings.token_chosen ? !disabled : !loopback;
    settings.model_api_chosen = keys.Truth("enable_model_api", settings.model_api);
    if (!settings.model_api_chosen) settings.model_api = loopback;
    for (const auto& [key, variable] : {std::pair{"service_envelope", "TS_SERVICE_ENVELOPE"},
                                        {"install_py_dep_per_model", "TS_INSTALL_PY_DEP_PER_MODEL"},
                                        {"decode_input_request", "TS_DECODE_INPUT_REQUEST"},
                                        {"limit_max_image_pixels", "TS_LIMIT_MAX_IMAGE_PIXELS"}}) {
        if (const auto* value = keys.Find(key)) settings.model_environment[variable] = *value;
    }
    ignored = keys.Unseen();
    return settings;
}

}  // namespace gyre::serving::torchserve
