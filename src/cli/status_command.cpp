#include <map>
#include <memory>
#include <ostream>

#include "cli/detail/command.h"
#include "cli/detail/platform.h"
#include "cli/detail/table.h"

namespace gyre::cli::detail {
namespace {

using core::Json;
using core::JsonObject;

constexpr core::milliseconds kTimeout{30'000};

struct Caller {
    std::string account;
    std::string arn;
};

core::Result<Caller> WhoAmI(const Platform& platform) {
    net::ClientRequest request{.method = "POST",
                               .body = "Action=GetCallerIdentity&Version=2011-06-15"};
    request.headers.Add("Content-Type", "application/x-www-form-urlencoded");
    GYRE_ASSIGN(const net::Response response, platform.Send("sts", std::move(request), kTimeout));
    if (response.status >= 300) return core::Fail(platform.ErrorOf(response));
    return Caller{XmlText(response.body, "Account"), XmlText(response.body, "Arn")};
}

std::string Counts(const std::map<std::string, int>& by_status, bool colour) {
    std::string text;
    for (const auto& [status, count] : by_status) {
        if (!text.empty()) text += ", ";
        text += std::to_string(count) + " " + Paint(status, ColourOfStatus(status), colour);
    }
    return text.empty() ? "none yet; `gyre deploy NAME PATH` makes one" : text;
}

core::Status PrintStatus(Session& session, const ConnectionOptions& options) {
    GYRE_ASSIGN(const Platform platform, Platform::Find(session, options));
    GYRE_ASSIGN(const Caller caller, WhoAmI(platform));
    GYRE_ASSIGN(const core::JsonArray endpoints, platform.List("ListEndpoints", "Endpoints"));
    GYRE_ASSIGN(const core::JsonArray models, platform.List("ListModels", "Models"));
    std::map<std::string, int> by_status;
    for (const Json& endpoint : endpoints) {
        ++by_status[core::JsonStringOr(endpoint, "EndpointStatus")];
    }
    const Connection& at = platform.At();
    if (options.json) {
        JsonObject counts;
        for (const auto& [status, count] : by_status) counts[status] = count;
        PrintJson(session, JsonObject{{"url", at.url},
                                      {"account", caller.account},
                                      {"caller", caller.arn},
                                      {"region", at.region},
                                      {"endpoints", std::move(counts)},
                                      {"models", models.size()}});
        return {};
    }
    session.out << Paint("answers", Colour::kGreen, session.colour) << "    at " << at.url << '\n'
                << "account    " << caller.account << '\n'
                << "caller     " << caller.arn << " (keys from " << at.keys_from << ")\n"
                << "endpoints  " << Counts(by_status, session.colour) << '\n'
                << "models     " << models.size() << '\n';
    return {};
}

}  // namespace

void AddStatus(Commands& commands) {
    CLI::App& command =
        commands.Add("status", "Say whether the platform answers, to whom, and what it runs",
                     "The exit code is 1 when it does not answer.\n\n"
                     "Examples:\n"
                     "  gyre status\n"
                     "  gyre status --data /var/lib/gyre\n"
                     "  gyre status --json | jq .endpoints.InService");
    const auto options = std::make_shared<ConnectionOptions>();
    commands.AddConnection(command, *options);
    commands.Does(
        command, [&session = commands.session, options] { return PrintStatus(session, *options); });
}

}  // namespace gyre::cli::detail
