#include "serving/torchserve/properties.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>

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
    core::Status Address(const std::string& key, std::string& into) {
        if (const auto* value = Find(key)) {
            GYRE_ASSIGN(into, ListenAddress(*value));
        }
        return {};
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
            if (seen_.contains(key)) continue;
            names += (names.empty() ? "" : ", ") + key;
        }
        return names;
    }

  private:
    const Properties& properties_;
    std::set<std::string> seen_;
};

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
        GYRE_ASSIGN(properties[key], Interpolated(value, environment));
    }
    return properties;
}

Result<std::string> ListenAddress(std::string_view url) {
    constexpr std::string_view kHttp = "http://";
    if (url.starts_with("https://") || url.starts_with("unix:")) {
        return core::Fail(Code::kInvalidArgument,
                          std::string(url) +
                              ": https and Unix sockets are not implemented for "
                              "TorchServe's faces; use http://HOST:PORT");
    }
    if (url.starts_with(kHttp)) url.remove_prefix(kHttp.size());
    while (url.ends_with('/')) url.remove_suffix(1);
    if (url.find(':') == std::string_view::npos) return std::string(url) + ":80";
    return std::string(url);
}

bool IsLoopback(std::string_view address) {
    return address.starts_with("127.") || address.starts_with("localhost:") ||
           address.starts_with("[::1]");
}

Result<Settings> Settings::Read(const Properties& properties, std::string& ignored) {
    Settings settings;
    Keys keys(properties);
    GYRE_TRY(keys.Address("inference_address", settings.inference_address));
    GYRE_TRY(keys.Address("management_address", settings.management_address));
    GYRE_TRY(keys.Address("metrics_address", settings.metrics_address));
    GYRE_TRY(keys.GrpcAddress("grpc_inference", settings.grpc_inference, settings.grpc_chosen));
    GYRE_TRY(keys.GrpcAddress("grpc_management", settings.grpc_management, settings.grpc_chosen));
    (void)keys.Truth("ts_open_inference_protocol", settings.open_inference_protocol);
    GYRE_TRY(keys.Text("model_store", settings.model_store));
    GYRE_TRY(keys.Text("load_models", settings.load_models));
    GYRE_TRY(keys.Text("models", settings.models));
    GYRE_TRY(keys.Number("default_workers_per_model", settings.default_workers));
    GYRE_TRY(keys.Number("default_response_timeout", settings.default_response_timeout_s));
    GYRE_TRY(keys.Number("default_startup_timeout", settings.default_startup_timeout_s));
    GYRE_TRY(keys.Number("job_queue_size", settings.job_queue_size));
    GYRE_TRY(keys.Number("max_request_size", settings.max_request_size));
    GYRE_TRY(keys.Number("token_expiration_min", settings.token_minutes));
    bool disabled = false;
    settings.token_chosen = keys.Truth("disable_token_authorization", disabled);
    const bool loopback =
        IsLoopback(settings.inference_address) && IsLoopback(settings.management_address) &&
        IsLoopback(settings.grpc_inference) && IsLoopback(settings.grpc_management);
    settings.token_authorization = settings.token_chosen ? !disabled : !loopback;
    settings.model_api_chosen = keys.Truth("enable_model_api", settings.model_api);
    if (!settings.model_api_chosen) settings.model_api = loopback;
    for (const auto& [key, variable] : {std::pair{"service_envelope", "TS_SERVICE_ENVELOPE"},
                                        {"decode_input_request", "TS_DECODE_INPUT_REQUEST"},
                                        {"limit_max_image_pixels", "TS_LIMIT_MAX_IMAGE_PIXELS"}}) {
        if (const auto* value = keys.Find(key)) settings.model_environment[variable] = *value;
    }
    ignored = keys.Unseen();
    return settings;
}

}  // namespace gyre::serving::torchserve
