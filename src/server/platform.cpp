#include "server/platform.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdlib>

#include "access/audit_log.h"
#include "access/gate.h"
#include "access/identity_actions.h"
#include "access/identity_store.h"
#include "catalog/catalog.h"
#include "console/console.h"
#include "core/disk_reserve.h"
#include "core/file_system.h"
#include "core/guarded.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/worker_pool.h"
#include "db/database.h"
#include "jobs/leases.h"
#include "jobs/log_actions.h"
#include "jobs/log_store.h"
#include "jobs/runner.h"
#include "jobs/slurm_runner.h"
#include "jobs/topic_log.h"
#include "net/http_server.h"
#include "net/io_loop.h"
#include "objects/local_store.h"
#include "objects/s3_actions.h"
#include "objects/s3_door.h"
#include "server/data_folder.h"
#include "server/external_objects.h"
#include "server/graph_setup.h"
#include "server/grpc_setup.h"
#include "server/inference_token.h"
#include "server/metric_pump.h"
#include "server/permission_check.h"
#include "server/public_pages.h"
#include "server/resource_tags.h"
#include "server/root_credentials.h"
#include "server/shared_catalog.h"
#include "server/tls_setup.h"
#include "server/topic_events.h"
#include "server/torchserve_face.h"
#include "serving/host_metrics_text.h"
#include "serving/serving.h"
#include "telemetry/alarm_actions.h"
#include "telemetry/metric_actions.h"
#include "transform/transform.h"
#include "wire/action.h"

namespace gyre::server {
namespace {

constexpr core::milliseconds kAnswerGrace{10'000};
constexpr uint64_t kReserve = uint64_t{16} << 20;  // bytes of disk kept for removing objects

std::string PythonOf(const core::Config& config) {
    std::string python = config.GetString("serving.python");
    if (!python.empty()) return python;
    const char* given = std::getenv("GYRE_PYTHON");
    return given != nullptr && *given != '\0' ? given : "python3";
}

uint16_t PortOf(const std::string& address) {
    uint16_t port = 0;
    const size_t colon = address.rfind(':');
    std::from_chars(address.data() + colon + 1, address.data() + address.size(), port);
    return port;
}

std::vector<std::string> Texts(const core::Json& list) {
    std::vector<std::string> texts;
    if (!list.is_array()) return texts;
    for (const core::Json& text : list.get_array()) {
        if (text.is_string()) texts.emplace_back(text.get_string());
    }
    return texts;
}

core::Result<std::unique_ptr<jobs::Runner>> MakeRunner(const core::Config& config) {
    const std::string kind = config.GetString("jobs.runner");
    if (kind == "local") return std::make_unique<jobs::LocalRunner>();
    if (kind == "slurm") {
        return std::make_unique<jobs::SlurmRunner>(Texts(config.Get("jobs.slurm_arguments")));
    }
    return core::Fail(core::Code::kInvalidArgument,
                      "jobs.runner is '" + kind + "' and must be local or slurm");
}

core::seconds Seconds(const core::Config& config, std::string_view key) {
    return core::seconds(config.GetInt(key));
}

/// Decisions as a group of CloudWatch Logs, so that who may read them is a policy's matter as for
/// any log, and any client of that API can.
access::AuditLog::Sink AuditStream(jobs::LogStore& logs) {
    return [&logs](std::string_view lines) { logs.AppendLines("/gyre/audit", "decisions", lines); };
}

}  // namespace

// In the order of construction: each uses only what stands above it.
struct Platform::Parts {
    Parts(const core::Config& settings, const PlatformOptions& given)
        : config(settings),
          options(given),
          region(config.GetString("region")),
          account(config.GetString("account")) {}

    core::Status Open() {
        GYRE_ASSIGN(folder, DataFolder::Take(options.data));
        const std::filesystem::path& data = folder->Path();
        GYRE_ASSIGN(shared, ConnectCatalog(config));
        GYRE_ASSIGN(const RootCredentials root,
                    shared ? SharedRootCredentials(*shared, data / "credentials")
                           : FindRootCredentials(data / "credentials"));
        GYRE_ASSIGN(tls, OpenTls(config, data / "tls", clock));
        GYRE_ASSIGN(reserve, core::DiskReserve::Open(core::RealFileSystem(), data / "reserve",
                                                     kReserve, clock));
        GYRE_ASSIGN(database, db::Database::Open(data / "gyre.db"));
        if (shared) {
            GYRE_ASSIGN(leases,
                        JoinServers(config, *shared, clock, data, config.GetString("objects.url")));
        }
        GYRE_ASSIGN(catalog, catalog::OpenCatalog(State(), clock));
        GYRE_ASSIGN(identities,
                    access::IdentityStore::Open(State(), clock,
                                                {.account = account,
                                                 .region = region,
                                                 .root_access_key_id = root.access_key_id,
                                                 .root_secret = root.secret_access_key}));
        GYRE_ASSIGN(logs, jobs::LogStore::Open(data / "logs", clock));
        telemetry::MetricStoreOptions limits;
        limits.max_bytes = static_cast<uint64_t>(config.GetInt("metrics.max_mb")) << 20;
        GYRE_ASSIGN(values, telemetry::MetricStore::Open(core::RealFileSystem(), data / "metrics",
                                                         clock, limits));
        topics = std::make_unique<jobs::TopicLog>(*logs);
        events = std::make_unique<TopicEvents>(*topics, region, account);
        alarms = std::make_unique<telemetry::Alarms>(
            *catalog, *values, clock,
            [this](const std::string& topic, const core::Json& message) {
                topics->Publish(topic, message);
            },
            JudgesAlarms());
        GYRE_ASSIGN(audit, access::AuditLog::Open(core::RealFileSystem(), data / "audit.log", clock,
                                                  {}, AuditStream(*logs)));
        GYRE_ASSIGN(objects, objects::OpenLocalStore(*database, core::RealFileSystem(),
                                                     data / "objects", clock, events.get()));
        objects->UseReserve(*reserve);
        identities->SetResourcePolicies("s3", objects->Settings());
        objects->StartHousekeeping();
        GYRE_ASSIGN(const auto elsewhere, ExternalObjects(config));
        if (elsewhere) {
            external_s3 = *elsewhere;
            external = std::make_unique<objects::ExternalStore>(*external_s3, clock);
        }
        GYRE_ASSIGN(graph, OpenGraph(config, data / "graph", clock, *identities, *Objects()));
        loop = std::make_unique<net::IoLoop>(static_cast<int>(config.GetInt("http.threads")));
        GYRE_ASSIGN(runner, MakeRunner(config));
        GYRE_TRY(OpenServing(data));
        GYRE_ASSIGN(transform, transform::Transform::Open({.catalog = catalog.get(),
                                                           .objects = Objects(),
                                                           .serving = serving.get(),
                                                           .clock = &clock,
                                                           .database = shared.get(),
                                                           .leases = leases.get(),
                                                           .data_directory = data}));
        FillTable();
        return {};
    }

    /// What the catalog, identities and queues are in.
    db::Database& State() { return shared ? *shared : *database; }

    /// One server judges all alarms, by the metrics that are there.
    std::function<bool()> JudgesAlarms() {
        if (!shared) return {};
        return [this] { return leases->Hold("gyre.duty", "alarms").value_or(false); };
    }

    /// Where objects are: here, or in an S3 elsewhere.
    objects::ObjectStore* Objects() {
        if (external) return external.get();
        return objects.get();
    }

    core::Status OpenServing(const std::filesystem::path& data) {
        serving::ServingOptions wiring;
        wiring.catalog = catalog.get();
        wiring.database = &State();
        wiring.leases = leases.get();
        wiring.objects = Objects();
        wiring.logs = logs.get();
        wiring.runner = runner.get();
        wiring.clock = &clock;
        wiring.loop = loop.get();
        wiring.metrics = &metrics;
        wiring.values = values.get();
        wiring.alarms = alarms.get();
        wiring.data_directory = data;
        wiring.host_program = options.host_program;
        wiring.python = PythonOf(config);
        wiring.account = account;
        wiring.region = region;
        wiring.log_level = config.GetString("log.level");
        wiring.images = config.Get("serving.images");
        wiring.threads = static_cast<int>(config.GetInt("serving.threads"));
        wiring.load_timeout = Seconds(config, "serving.load_timeout_s");
        wiring.max_model_bytes = static_cast<uint64_t>(config.GetInt("serving.max_model_gb")) << 30;
        GYRE_ASSIGN(serving, serving::Serving::Open(std::move(wiring)));
        return {};
    }

    objects::S3Options S3() {
        return {.region = region,
                .account = account,
                .allowed = FurtherPermission(*identities, *audit)};
    }

    void FillTable() {
        catalog_tags = std::make_unique<CatalogTags>(*catalog);
        log_tags = std::make_unique<LogGroupTags>(*logs);
        identities->SetResourcePolicies("sagemaker", *catalog_tags);
        identities->SetResourcePolicies("logs", *log_tags);
        access::AddIdentityActions(actions, *identities, audit.get());
        jobs::AddLogActions(actions, *logs);
        telemetry::AddMetricActions(actions, *values, clock);
        telemetry::AddAlarmActions(actions, *catalog, *alarms, clock);
        if (external_s3) {
            objects::AddExternalS3Actions(actions, *external_s3, clock, S3());
        } else {
            objects::AddS3Actions(actions, *objects, S3());
        }
        serving->AddActions(actions);
        transform->AddActions(actions);
        graph->AddActions(actions, [this] { return *graph_address.Lock(); });
    }

    core::Status Listen() {
        pool = std::make_unique<core::WorkerPool>(
            "api", static_cast<size_t>(config.GetInt("http.pool_threads")),
            static_cast<size_t>(config.GetInt("http.pool_queue")));
        access::GateOptions gate;
        gate.region = region;
        gate.actions = &actions;
        gate.credentials = identities.get();
        gate.authoriser = identities.get();
        gate.pool = pool.get();
        gate.clock = &clock;
        gate.metrics = &metrics;
        gate.audit = audit.get();
        gate.public_paths["/ping"] = PingPage();
        gate.public_paths["/metrics"] = MetricsPage(*pool, [this] { return MetricsText(); });
        net::HttpServerOptions http;
        http.address = options.listen.empty() ? config.GetString("listen") : options.listen;
        http.loop = loop.get();
        http.max_connections = static_cast<size_t>(config.GetInt("http.max_connections"));
        http.head_timeout = Seconds(config, "http.head_timeout_s");
        http.idle_timeout = Seconds(config, "http.idle_timeout_s");
        http.body_timeout = Seconds(config, "http.body_timeout_s");
        if (tls.server) {
            gate.public_paths["/ca.pem"] = AuthorityPage(tls.authority_pem);
        }
        AddTls(http);
        http.domains = Texts(config.Get("http.domains"));
        objects::S3DoorOptions s3{.store = objects.get(),
                                  .credentials = identities.get(),
                                  .pool = pool.get(),
                                  .clock = &clock,
                                  .s3 = S3()};
        // An external S3 answers browsers itself, at its own address.
        net::Handler handler = access::MakeGate(std::move(gate));
        if (!external) handler = objects::MakeS3Door(std::move(s3), std::move(handler));
        GYRE_ASSIGN(const std::string token, InferenceToken(config.GetString("kserve.token"),
                                                            folder->Path() / "inference_token"));
        const auto kserve = [&](net::Handler next) {
            return serving->MakeKserveDoor(
                {.token = token, .open_on_loopback = config.GetBool("kserve.open_on_loopback")},
                static_cast<size_t>(config.GetInt("kserve.max_body_mb")) << 20, *pool,
                std::move(next));
        };
        handler = kserve(std::move(handler));
        GYRE_ASSIGN(torchserve,
                    TorchServeFace::Open(config, {.listen = http.address,
                                                  .folder = folder->Path() / "torchserve",
                                                  .host_program = options.host_program,
                                                  .python = PythonOf(config),
                                                  .objects = Objects()}));
        if (torchserve) handler = torchserve->Beside(std::move(handler));
        // Behind the console for what its pages ask, and before it for everybody else's sockets.
        handler = console::MakeConsole({.gate = graph->Beside(std::move(handler)),
                                        .credentials = identities.get(),
                                        .audit = audit.get(),
                                        .clock = &clock,
                                        .region = region});
        handler = graph->Beside(std::move(handler));
        http.other = graph->Bolt();
        GYRE_ASSIGN(door, net::HttpServer::Start(http, handler));
        GYRE_ASSIGN(graph_door, ListenForGraph(config, *graph, http));
        *graph_address.Lock() = (graph_door ? graph_door : door)->Address();
        GYRE_ASSIGN(grpc_door, ListenForGrpc(config, kserve(NothingHere()), http));
        if (const std::string https = config.GetString("tls.listen"); !https.empty()) {
            if (!tls.server) {
                return core::Fail(core::Code::kInvalidArgument,
                                  "tls.listen wants https, and tls.mode http rules it out");
            }
            http.address = https;
            http.tls_only = true;
            GYRE_ASSIGN(secure_door, net::HttpServer::Start(http, handler));
            core::LogInfo("https alone", {{"address", secure_door->Address()}});
        }
        own_port = PortOf(door->Address());
        url = (tls.only ? "https://" : "http://") + door->Address();
        return folder->PublishAddress(url);
    }

    std::string MetricsText() {
        const std::string own = metrics.PrometheusText() + serving->Metrics();
        return torchserve ? serving::MergePrometheusTexts({own, torchserve->Metrics()}) : own;
    }

    void AddTls(net::HttpServerOptions& http) {
        if (!tls.server) return;
        http.tls = tls.server.get();
        http.tls_only = tls.only;
        if (!config.GetBool("tls.proxy")) return;
        http.answers_for = [this](std::string_view host, uint16_t port) {
            return AnswersFor(host, port, own_port, tls.names);
        };
        http.tunnel_refusal =
            "this proxy answers AWS's host names (*.amazonaws.com:443) itself and leads nowhere "
            "else. Name other hosts in NO_PROXY, or unset HTTPS_PROXY.";
    }

    void StartPump() {
        pump = std::make_unique<MetricPump>(
            *values, *logs, [this] { return serving->TakeMetrics(); },
            [this] { alarms->RefreshAll(); }, core::seconds(config.GetInt("metrics.period_s")));
    }

    void Stop() {
        if (secure_door) secure_door->Stop(kAnswerGrace);
        if (graph_door) graph_door->Stop(kAnswerGrace);
        if (grpc_door) grpc_door->Stop(kAnswerGrace);
        if (door) door->Stop(kAnswerGrace);
        if (torchserve) torchserve->Stop();
        if (graph) graph->Stop();
        if (pump) pump->Stop();
        if (transform) transform->Stop();
        if (serving) serving->Stop();
        if (leases) leases->Stop();
        if (pool) pool->Stop();
        if (audit) audit->Flush();
    }

    const core::Config config;
    const PlatformOptions options;
    const std::string region;
    const std::string account;
    const core::Clock& clock = core::SystemClock();
    std::string url;

    core::MetricsRegistry metrics;
    wire::ActionTable actions;
    std::unique_ptr<jobs::Runner> runner;
    std::unique_ptr<DataFolder> folder;
    Tls tls;
    std::atomic<uint16_t> own_port{0};         ///< 0 until `door` is open
    core::Guarded<std::string> graph_address;  ///< empty until then
    std::unique_ptr<core::DiskReserve> reserve;
    std::unique_ptr<db::Database> database;  ///< this server's own, beside the objects' bytes
    std::unique_ptr<db::Database> shared;    ///< null: the catalog is in `database`
    std::unique_ptr<jobs::Leases> leases;    ///< null: no other server has the catalog
    std::unique_ptr<catalog::Catalog> catalog;
    std::unique_ptr<CatalogTags> catalog_tags;
    std::unique_ptr<LogGroupTags> log_tags;
    std::unique_ptr<access::IdentityStore> identities;
    std::unique_ptr<jobs::LogStore> logs;
    std::unique_ptr<telemetry::MetricStore> values;
    std::unique_ptr<jobs::TopicLog> topics;
    std::unique_ptr<TopicEvents> events;
    std::unique_ptr<telemetry::Alarms> alarms;
    std::unique_ptr<access::AuditLog> audit;
    std::unique_ptr<objects::LocalStore> objects;
    std::optional<objects::ExternalS3> external_s3;
    std::unique_ptr<objects::ExternalStore> external;  ///< null: objects are kept here
    std::unique_ptr<graph::Graph> graph;
    std::unique_ptr<net::IoLoop> loop;
    std::unique_ptr<serving::Serving> serving;
    std::unique_ptr<transform::Transform> transform;
    std::unique_ptr<MetricPump> pump;
    std::unique_ptr<core::WorkerPool> pool;
    std::unique_ptr<TorchServeFace> torchserve;  ///< null: it has no face here
    std::unique_ptr<net::HttpServer> door;
    std::unique_ptr<net::HttpServer> graph_door;   ///< the graph's own port, where it has one
    std::unique_ptr<net::HttpServer> grpc_door;    ///< null: nothing speaks gRPC
    std::unique_ptr<net::HttpServer> secure_door;  ///< for https alone, where one is wanted
};

Platform::Platform(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {
}

core::Result<std::unique_ptr<Platform>> Platform::Start(const core::Config& config,
                                                        const PlatformOptions& options) {
    auto parts = std::make_unique<Parts>(config, options);
    GYRE_TRY(parts->Open());
    if (parts->leases) parts->leases->Start();
    GYRE_TRY(parts->serving->Start());
    GYRE_TRY(parts->transform->Start());
    parts->StartPump();
    std::unique_ptr<Platform> platform(new Platform(std::move(parts)));
    GYRE_TRY(platform->parts_->Listen());
    return platform;
}

Platform::~Platform() {
    Stop();
}

const std::string& Platform::Url() const {
    return parts_->url;
}

void Platform::Stop() {
    parts_->Stop();
}

}  // namespace gyre::server
