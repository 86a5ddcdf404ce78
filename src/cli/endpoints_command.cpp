#include <memory>
#include <ostream>

#include "cli/detail/command.h"
#include "cli/detail/platform.h"
#include "cli/detail/table.h"

namespace gyre::cli::detail {
namespace {

using core::Json;
using core::JsonObject;

struct EndpointsOptions {
    ConnectionOptions connection;
    std::string name;
};

// "main 2" or "a 1/2 at 0.9, b 1 at 0.1": instances there (of those wanted), share by weight.
std::string VariantsOf(const Json& endpoint) {
    const Json* variants = core::JsonFind(endpoint, "ProductionVariants");
    if (variants == nullptr || !variants->is_array()) return "";
    double all = 0;
    for (const Json& variant : variants->as_array()) {
        all += core::JsonDouble(variant, "CurrentWeight").value_or(0);
    }
    std::string text;
    for (const Json& variant : variants->as_array()) {
        const int64_t there = core::JsonInt(variant, "CurrentInstanceCount").value_or(0);
        const int64_t wanted = core::JsonInt(variant, "DesiredInstanceCount").value_or(there);
        if (!text.empty()) text += ", ";
        text += core::JsonStringOr(variant, "VariantName") + " " + std::to_string(there);
        if (wanted != there) text += "/" + std::to_string(wanted);
        if (variants->as_array().size() > 1 && all > 0) {
            const double weight = core::JsonDouble(variant, "CurrentWeight").value_or(0);
            text += " at " + std::to_string(static_cast<int>(weight / all * 100 + 0.5)) + "%";
        }
    }
    return text;
}

core::Result<core::JsonArray> Describe(const Platform& platform, const std::string& name) {
    core::JsonArray described;
    if (!name.empty()) {
        GYRE_ASSIGN(Json one, platform.DescribeEndpoint(name));
        described.push_back(std::move(one));
        return described;
    }
    GYRE_ASSIGN(const core::JsonArray listed, platform.List("ListEndpoints", "Endpoints"));
    for (const Json& endpoint : listed) {
        auto one = platform.DescribeEndpoint(core::JsonStringOr(endpoint, "EndpointName"));
        if (one) {
            described.push_back(std::move(*one));
        } else if (!IsNotThere(one.error())) {  // it may have gone since it was listed
            return core::Fail(one.error());
        }
    }
    return described;
}

core::Status PrintEndpoints(Session& session, const EndpointsOptions& options) {
    GYRE_ASSIGN(const Platform platform, Platform::Find(session, options.connection));
    GYRE_ASSIGN(const core::JsonArray endpoints, Describe(platform, options.name));
    if (options.connection.json) {
        PrintJson(session, endpoints);
        return {};
    }
    if (endpoints.empty()) {
        session.err << "no endpoints yet; `gyre deploy NAME PATH` makes one\n";
        return {};
    }
    Table table({"NAME", "STATUS", "INSTANCES", "CHANGED", "REASON"});
    for (const Json& endpoint : endpoints) {
        const std::string status = core::JsonStringOr(endpoint, "EndpointStatus");
        table.Add({{core::JsonStringOr(endpoint, "EndpointName")},
                   {status, ColourOfStatus(status)},
                   {VariantsOf(endpoint)},
                   {Age(core::JsonDouble(endpoint, "LastModifiedTime"), session.clock.WallNow())},
                   {core::JsonStringOr(endpoint, "FailureReason")}});
    }
    session.out << table.Text(session);
    if (!options.name.empty() && session.out_is_terminal) {
        const std::string reason = core::JsonStringOr(endpoints.front(), "FailureReason");
        if (!reason.empty()) session.out << '\n' << reason << '\n';
    }
    return {};
}

}  // namespace

void AddEndpoints(Commands& commands) {
    CLI::App& command = commands.Add(
        "endpoints", "List endpoints with their status, instances and what failed",
        "Off a terminal each endpoint is a line, with a tab between name, status, instances,\n"
        "time since its last change, and reason of failure.\n\n"
        "Examples:\n"
        "  gyre endpoints\n"
        "  gyre endpoints my-model           one, with its reason of failure in full\n"
        "  gyre endpoints | cut -f1,2\n"
        "  gyre endpoints --json | jq -r '.[] | select(.EndpointStatus == "
        "\"Failed\").EndpointName'");
    const auto options = std::make_shared<EndpointsOptions>();
    command.add_option("NAME", options->name, "Only this one");
    commands.AddConnection(command, options->connection);
    commands.Does(command, [&session = commands.session, options] {
        return PrintEndpoints(session, *options);
    });
}

}  // namespace gyre::cli::detail
