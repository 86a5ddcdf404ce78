#include "serving/kserve/v2_settings.h"

#include <boost/json.hpp>

namespace gyre::serving::kserve {

using core::Code;
using core::Fail;
using core::Json;
using core::JsonArray;
using core::JsonObject;
using core::LogLevel;

LogLevel LogLevelNamed(std::string_view name) {
    if (name == "debug") return LogLevel::kDebug;
    if (name == "warning") return LogLevel::kWarning;
    return name == "error" ? LogLevel::kError : LogLevel::kInfo;
}

Json LogSettings(LogLevel level) {
    return JsonObject{{"log_file", ""},
                      {"log_info", level <= LogLevel::kInfo},
                      {"log_warning", level <= LogLevel::kWarning},
                      {"log_error", true},
                      {"log_verbose_level", level == LogLevel::kDebug ? 1 : 0},
                      {"log_format", "default"}};
}

core::Result<LogLevel> ChangedLogLevel(LogLevel level, const Json& wanted) {
    if (!wanted.is_object()) {
        return Fail(Code::kInvalidArgument, "log settings should be a JSON object");
    }
    const Json now = LogSettings(level);
    bool info = level <= LogLevel::kInfo;
    bool warning = level <= LogLevel::kWarning;
    bool verbose = level == LogLevel::kDebug;
    for (const auto& [key, value] : wanted.get_object()) {
        const std::string name(key);
        if (value.is_null()) continue;
        const Json* const is = core::JsonFind(now, name);
        if (is == nullptr) return Fail(Code::kInvalidArgument, "there is no log setting " + name);
        if (name == "log_verbose_level") {
            const auto number = value.is_int64() ? std::optional(value.get_int64()) : std::nullopt;
            if (!number || *number < 0) {
                return Fail(Code::kInvalidArgument,
                            "log_verbose_level should be 0 or a larger whole number");
            }
            verbose = *number > 0;
        } else if (name == "log_info" || name == "log_warning") {
            if (!value.is_bool()) {
                return Fail(Code::kInvalidArgument, name + " should be true or false");
            }
            (name == "log_info" ? info : warning) = value.get_bool();
        } else if (value != *is) {
            return Fail(Code::kInvalidArgument,
                        name + " cannot be set here: it is " + core::JsonText(*is));
        }
    }
    if (verbose) return LogLevel::kDebug;
    if (info) return LogLevel::kInfo;
    return warning ? LogLevel::kWarning : LogLevel::kError;
}

Json TraceSettings() {
    return JsonObject{{"trace_level", JsonArray{"OFF"}},
                      {"trace_rate", "1000"},
                      {"trace_count", "-1"},
                      {"log_frequency", "0"},
                      {"trace_file", ""},
                      {"trace_mode", "triton"}};
}

core::Status CheckTraceSettings(const Json& wanted) {
    if (!wanted.is_object()) {
        return Fail(Code::kInvalidArgument, "trace settings should be a JSON object");
    }
    const Json now = TraceSettings();
    for (const auto& [key, value] : wanted.get_object()) {
        const Json* const is = core::JsonFind(now, std::string(key));
        if (value.is_null() || (is != nullptr && *is == value)) continue;
        if (key == "trace_level" && (value == Json("OFF") || value == Json(JsonArray{}))) continue;
        return Fail(Code::kUnimplemented,
                    std::string(key) +
                        " cannot be set: there are no trace files here; the header x-gyre-trace "
                        "has each answer tell its times");
    }
    return {};
}

}  // namespace gyre::serving::kserve
