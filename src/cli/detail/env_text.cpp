#include "cli/detail/env_text.h"

#include "core/json.h"

namespace gyre::cli::detail {
namespace {

// Quoted for sh (and for fish, which reads single quotes alike but for the backslash).
std::string Quoted(const std::string& value, bool fish) {
    constexpr std::string_view kPlain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:/.,@%";
    if (value.find_first_not_of(kPlain) == std::string::npos) return value;
    std::string quoted = "'";
    for (const char c : value) {
        if (c == '\'') {
            quoted += fish ? "\\'" : "'\\''";
        } else if (c == '\\' && fish) {
            quoted += "\\\\";
        } else {
            quoted += c;
        }
    }
    return quoted + "'";
}

}  // namespace

Variables ClientVariables(const Connection& connection) {
    Variables variables = {{"AWS_ENDPOINT_URL", connection.url}};
    if (!connection.authority.empty()) {
        // A proxy that is itself reached by https is more than most clients can do.
        if (connection.url.starts_with("http://")) {
            variables.emplace_back("HTTPS_PROXY", connection.url);
        }
        variables.emplace_back("AWS_CA_BUNDLE", connection.authority);
        variables.emplace_back("REQUESTS_CA_BUNDLE", connection.authority);
    }
    variables.emplace_back("AWS_ACCESS_KEY_ID", connection.access_key_id);
    variables.emplace_back("AWS_SECRET_ACCESS_KEY", connection.secret_access_key);
    variables.emplace_back("AWS_SESSION_TOKEN", connection.session_token);
    variables.emplace_back("AWS_REGION", connection.region);
    variables.emplace_back("AWS_DEFAULT_REGION", connection.region);
    return variables;
}

core::Result<std::string> EnvText(const Variables& variables, const std::string& format) {
    std::string text;
    core::JsonObject json;
    for (const auto& [name, value] : variables) {
        if (format == "sh") {
            text += value.empty() ? "unset " + name : "export " + name + "=" + Quoted(value, false);
        } else if (format == "fish") {
            text +=
                value.empty() ? "set -e " + name : "set -gx " + name + " " + Quoted(value, true);
        } else if (value.empty()) {
            continue;
        } else if (format == "dotenv") {
            text += name + "=" + value;
        } else if (format == "json") {
            json[name] = value;
            continue;
        } else {
            return core::Fail(core::Code::kInvalidArgument,
                              "no format \"" + format + "\"; known: sh fish dotenv json");
        }
        text += '\n';
    }
    if (format == "json") return core::JsonPretty(json);
    return text;
}

}  // namespace gyre::cli::detail
