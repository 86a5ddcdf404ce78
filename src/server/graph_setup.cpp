#include "server/graph_setup.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "core/log.h"

namespace gyre::server {
namespace {

using core::Code;

core::Result<graph::door::IamAuth> IamAuthOf(const std::string& name) {
    if (name == "on") return graph::door::IamAuth::kOn;
    if (name == "off") return graph::door::IamAuth::kOff;
    if (name == "remote") return graph::door::IamAuth::kFromAfar;
    return core::Fail(Code::kInvalidArgument,
                      "graph.iam_auth is '" + name + "' and must be remote, on or off");
}

core::Result<graph::GraphSettings> SettingsOf(const std::string& name, const core::Json& json,
                                              bool streams, graph::GremlinVersion gremlin) {
    graph::GraphSettings settings;
    settings.name = name;
    const std::string in = "graph.graphs." + name;
    const auto mode = graph::ModeOf(core::JsonString(json, "mode").value_or("neptune"));
    if (!mode) {
        return core::Fail(Code::kInvalidArgument, in + ".mode must be neptune or tinkergraph");
    }
    settings.mode = *mode;
    const auto default_graph =
        graph::DefaultGraphNamed(core::JsonString(json, "default_graph").value_or("union"));
    if (!default_graph) {
        return core::Fail(Code::kInvalidArgument, in + ".default_graph must be union or exclusive");
    }
    settings.default_graph = *default_graph;
    const auto version = graph::VersionNamed(
        core::JsonString(json, "gremlin").value_or(graph::VersionName(gremlin)));
    if (!version) return core::Fail(Code::kInvalidArgument, in + ".gremlin must be 3.7 or 3.8");
    settings.rules = {*version, core::JsonBool(json, "null_properties").value_or(false)};
    if (settings.rules.null_properties && *mode != graph::GraphMode::kTinkerGraph) {
        return core::Fail(Code::kInvalidArgument,
                          in + ".null_properties is for the mode tinkergraph");
    }
    settings.fixture = core::JsonStringOr(json, "fixture");
    settings.replica_of = core::JsonStringOr(json, "replica_of");
    settings.streams = core::JsonBool(json, "streams").value_or(name == "g" && streams);
    if (!graph::IsGraphName(name)) {
        return core::Fail(Code::kInvalidArgument,
                          "graph.graphs: '" + name + "' is no name for a graph");
    }
    return settings;
}

/// The sources of TinkerPop's conformance suites that `graphs` does not name already.
core::Status AddFixtures(const std::filesystem::path& folder, graph::GremlinVersion gremlin,
                         std::vector<graph::GraphSettings>& graphs) {
    constexpr std::pair<const char*, const char*> kSources[] = {{"gmodern", "tinkerpop-modern"},
                                                                {"gclassic", "tinkerpop-classic"},
                                                                {"gcrew", "tinkerpop-crew"},
                                                                {"gsink", "tinkerpop-sink"},
                                                                {"ggrateful", "grateful-dead"},
                                                                {"ggraph", ""},
                                                                {"gtx", ""}};
    for (const auto& [source, file] : kSources) {
        const auto named = [&](const graph::GraphSettings& one) { return one.name == source; };
        if (std::ranges::any_of(graphs, named)) continue;
        graph::GraphSettings settings;
        settings.name = source;
        settings.mode = graph::GraphMode::kTinkerGraph;
        settings.rules.gremlin = gremlin;
        if (*file != '\0') {
            const std::filesystem::path plain = folder / (std::string(file) + ".json");
            const std::filesystem::path third = folder / (std::string(file) + "-v3.json");
            std::error_code error;
            settings.fixture = std::filesystem::exists(third, error) ? third : plain;
            if (!std::filesystem::exists(settings.fixture, error)) {
                return core::Fail(Code::kInvalidArgument, "graph.fixtures: there is neither " +
                                                              third.string() + " nor " +
                                                              plain.string());
            }
        }
        graphs.push_back(std::move(settings));
    }
    return {};
}

/// As whom replicas ask their originals.
graph::replica::OriginalAccess OriginalsOf(const core::Config& config) {
    const auto given = [&](std::string_view key, const char* variable) {
        std::string value = config.GetString(key);
        const char* set = std::getenv(variable);
        if (value.empty() && set != nullptr) value = set;
        return value;
    };
    graph::replica::OriginalAccess access;
    access.authorities = config.GetString("graph.replica_authorities");
    access::SigningIdentity identity;
    identity.access_key_id = given("graph.replica_access_key_id", "GYRE_REPLICA_ACCESS_KEY_ID");
    identity.secret = given("graph.replica_secret_access_key", "GYRE_REPLICA_SECRET_ACCESS_KEY");
    identity.region = config.GetString("region");
    identity.service = "neptune-db";
    if (!identity.access_key_id.empty()) access.identity = std::move(identity);
    return access;
}

/// Where SPARQL's LOAD and SERVICE may look.
core::Result<graph::remote::HostList> RemoteHostsOf(const core::Config& config) {
    std::vector<std::string> hosts;
    const core::Json& listed = config.Get("graph.remote_hosts");
    for (const core::Json& one : listed.get_array()) {
        if (!one.is_string()) {
            return core::Fail(Code::kInvalidArgument, "graph.remote_hosts is a list of texts");
        }
        hosts.emplace_back(std::string_view(one.get_string()));
    }
    return graph::remote::HostList::Parse(hosts, config.GetBool("graph.remote_private"));
}

}  // namespace

core::Result<std::unique_ptr<graph::Graph>> OpenGraph(const core::Config& config,
                                                      const std::filesystem::path& folder,
                                                      const core::Clock& clock,
                                                      const access::IdentityStore& identities,
                                                      objects::ObjectStore& objects) {
    graph::GraphOptions options;
    options.objects = &objects;
    options.folder = folder;
    options.clock = &clock;
    options.credentials = &identities;
    options.policies = &identities;
    options.region = config.GetString("region");
    options.account = config.GetString("account");
    options.query_timeout = core::seconds(config.GetInt("graph.query_timeout_s"));
    options.max_held = static_cast<uint64_t>(config.GetInt("graph.max_held"));
    options.max_bytes = static_cast<uint64_t>(config.GetInt("graph.query_memory_mb")) << 20;
    options.threads = static_cast<size_t>(config.GetInt("graph.threads"));
    const bool streams = config.GetBool("graph.streams");
    const auto gremlin = graph::VersionNamed(config.GetString("graph.gremlin"));
    if (!gremlin) return core::Fail(Code::kInvalidArgument, "graph.gremlin must be 3.7 or 3.8");
    options.gremlin = *gremlin;
    options.max_lag = core::milliseconds(config.GetInt("graph.max_lag_ms"));
    options.originals = OriginalsOf(config);
    options.store.changes.cache_bytes = static_cast<uint64_t>(config.GetInt("graph.cache_mb"))
                                        << 20;
    options.store.rest_after = static_cast<uint64_t>(config.GetInt("graph.rest_after"));
    GYRE_ASSIGN(options.iam_auth, IamAuthOf(config.GetString("graph.iam_auth")));
    options.passwords = config.GetBool("graph.passwords");
    GYRE_ASSIGN(options.remote_hosts, RemoteHostsOf(config));
    options.remote_authorities = config.GetString("graph.remote_authorities");
    options.remote_max_bytes = static_cast<uint64_t>(config.GetInt("graph.remote_max_mb")) << 20;
    bool has_g = false;
    const core::Json& graphs = config.Get("graph.graphs");
    if (graphs.is_object()) {
        for (const auto& [name, json] : graphs.get_object()) {
            GYRE_ASSIGN(auto settings,
                        SettingsOf(std::string(std::string_view(name)), json, streams, *gremlin));
            has_g = has_g || settings.name == "g";
            options.graphs.push_back(std::move(settings));
        }
    }
    if (!has_g) {
        options.graphs.emplace_back();
        options.graphs.back().streams = streams;
        options.graphs.back().rules.gremlin = *gremlin;
    }
    const std::string fixtures = config.GetString("graph.fixtures");
    if (!fixtures.empty()) GYRE_TRY(AddFixtures(fixtures, *gremlin, options.graphs));
    // Where `gyre graph fixtures` leaves the files that io() reads, and io() those it writes.
    options.files = fixtures.empty() ? folder / "fixtures.d" : std::filesystem::path(fixtures);
    return graph::Graph::Open(std::move(options));
}

core::Result<std::unique_ptr<net::HttpServer>> ListenForGraph(const core::Config& config,
                                                              graph::Graph& graph,
                                                              net::HttpServerOptions http) {
    const std::string listen = config.GetString("graph.listen");
    if (listen.empty()) return nullptr;
    const bool any_port = http.address.ends_with(":0");
    http.answers_for = nullptr;
    http.address = listen != "auto" ? listen : any_port ? "127.0.0.1:0" : "127.0.0.1:8182";
    auto door = net::HttpServer::Start(http, graph.Door());
    if (!door && listen == "auto") {
        core::LogWarning("the graph has no port of its own",
                         {{"address", http.address}, {"why", door.error().message}});
        return nullptr;
    }
    if (door) core::LogInfo("graph", {{"address", (*door)->Address()}});
    return door;
}

}  // namespace gyre::server
