#include <boost/json.hpp>

#include "serving/host_protocol.h"

// The parts of the host protocol that are JSON: what a host is to serve, and how it fares.
namespace gyre::serving {
namespace {

using core::Code;
using core::Fail;
using core::Json;
using core::JsonObject;
using core::Result;
using core::Status;

constexpr std::pair<HostStatus::State, std::string_view> kStates[] = {
    {HostStatus::State::kLoading, "loading"},
    {HostStatus::State::kReady, "ready"},
    {HostStatus::State::kFailed, "failed"},
};

tl::unexpected<core::Error> Expected(std::string_view member, std::string_view what) {
    return Fail(Code::kInvalidArgument,
                "\"" + std::string(member) + "\" must be " + std::string(what));
}

Status ReadString(const Json& json, std::string_view member, std::string& into) {
    const Json* value = core::JsonFind(json, member);
    if (value == nullptr) return {};
    if (!value->is_string()) return Expected(member, "a string");
    into = std::string_view(value->get_string());
    return {};
}

Status ReadStrings(const Json& json, std::string_view member, std::vector<std::string>& into) {
    const Json* value = core::JsonFind(json, member);
    if (value == nullptr) return {};
    if (!value->is_array()) return Expected(member, "an array of strings");
    for (const Json& item : value->get_array()) {
        if (!item.is_string()) return Expected(member, "an array of strings");
        into.emplace_back(std::string_view(item.get_string()));
    }
    return {};
}

Status ReadEnvironment(const Json& json, std::map<std::string, std::string>& into) {
    const Json* value = core::JsonFind(json, "environment");
    if (value == nullptr) return {};
    if (!value->is_object()) return Expected("environment", "an object of strings");
    for (const auto& [name, text] : value->get_object()) {
        if (!text.is_string()) return Expected("environment", "an object of strings");
        into.insert_or_assign(std::string(name), std::string(std::string_view(text.get_string())));
    }
    return {};
}

}  // namespace

Json HostStatus::ToJson() const {
    JsonObject json;
    for (const auto& [value, name] : kStates) {
        if (value == state) json["state"] = name;
    }
    if (!reason.empty()) json["reason"] = reason;
    json["model"] = model;
    json["outstanding"] = outstanding;
    if (!statistics.is_null()) json["statistics"] = statistics;
    return json;
}

Result<HostStatus> HostStatus::FromJson(const Json& json) {
    const auto name = core::JsonString(json, "state");
    HostStatus status;
    bool known = false;
    for (const auto& [value, text] : kStates) {
        if (name != text) continue;
        status.state = value;
        known = true;
    }
    if (!known) return Expected("state", "loading, ready or failed");
    GYRE_TRY(ReadString(json, "reason", status.reason));
    if (const Json* model = core::JsonFind(json, "model")) status.model = *model;
    if (const Json* counted = core::JsonFind(json, "statistics")) status.statistics = *counted;
    status.outstanding = static_cast<uint64_t>(core::JsonInt(json, "outstanding").value_or(0));
    return status;
}

Json HostSpec::ToJson() const {
    JsonObject variables;
    for (const auto& [name, value] : environment) variables[name] = value;
    JsonObject json;
    json["endpoint"] = endpoint;
    json["variant"] = variant;
    json["instance"] = instance;
    json["model_directory"] = model_directory;
    json["cache_directory"] = cache_directory;
    json["python"] = python;
    json["environment"] = std::move(variables);
    json["threads"] = threads;
    json["background"] = background;
    json["container_command"] = boost::json::value_from(container_command);
    json["container_directory"] = container_directory;
    if (!secret.empty()) json["secret"] = secret;
    return json;
}

Result<HostSpec> HostSpec::FromJson(const Json& json) {
    if (!json.is_object()) return Fail(Code::kInvalidArgument, "a host's spec must be an object");
    HostSpec spec;
    GYRE_TRY(ReadString(json, "endpoint", spec.endpoint));
    GYRE_TRY(ReadString(json, "variant", spec.variant));
    GYRE_TRY(ReadString(json, "instance", spec.instance));
    GYRE_TRY(ReadString(json, "model_directory", spec.model_directory));
    GYRE_TRY(ReadString(json, "cache_directory", spec.cache_directory));
    GYRE_TRY(ReadString(json, "python", spec.python));
    GYRE_TRY(ReadEnvironment(json, spec.environment));
    const int64_t threads = core::JsonInt(json, "threads").value_or(0);
    if (threads < 0 || threads > 4096) return Expected("threads", "from 0 to 4096");
    spec.threads = static_cast<int>(threads);
    spec.background = core::JsonBool(json, "background").value_or(false);
    GYRE_TRY(ReadStrings(json, "container_command", spec.container_command));
    GYRE_TRY(ReadString(json, "container_directory", spec.container_directory));
    GYRE_TRY(ReadString(json, "secret", spec.secret));
    if (spec.model_directory.empty() && spec.container_command.empty()) {
        return Fail(Code::kInvalidArgument,
                    "a host's spec needs \"model_directory\" or \"container_command\"");
    }
    return spec;
}

}  // namespace gyre::serving
