#include "serving/torchserve/server.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <set>

#include "core/file_system.h"
#include "core/log.h"
#include "core/metrics.h"
#include "net/http_server.h"
#include "serving/detail/run_directory.h"
#include "serving/host_metrics_text.h"
#include "serving/torchserve/answers.h"
#include "serving/torchserve/inference_api.h"
#include "serving/torchserve/management_api.h"
#include "serving/torchserve/metrics_text.h"
#include "serving/torchserve/open_inference_face.h"
#include "serving/torchserve/options_face.h"
#include "serving/torchserve/snapshot.h"
#include "serving/torchserve/system_metrics.h"
#include "serving/torchserve/worker_metrics.h"

namespace gyre::serving::torchserve {
namespace {

constexpr core::milliseconds kAnswerGrace{10'000};
constexpr core::milliseconds kMetricsWait{2'000};
constexpr core::milliseconds kWaitForHost{10'000};
constexpr auto kFirstParts = std::to_array<std::string_view>(
    {"ping", "predictions", "explanations", "invocations", "models", "api-description", "v1"});

using Exchange = std::shared_ptr<net::Exchange>;
using Query = std::vector<std::pair<std::string, std::string>>;

net::Handler NotFoundFace() {
    return [](const Exchange& exchange) { Answer(*exchange, ErrorAnswer(NoSuchResource())); };
}

/// "0.0.0.0:8080" and "127.0.0.1:8080" are different; what counts is what was written. Port 0 is
/// never shared.
bool SamePlace(const Address& a, const Address& b) {
    return a == b && !a.place.ends_with(":0");
}

/// Whether a request that comes to all of Gyre is for TorchServe.
bool IsOwn(const net::RequestHead& head) {
    const bool signed_for_aws = head.headers.Get("Authorization").starts_with("AWS") ||
                                head.query.find("Signature=") != std::string::npos;
    if (signed_for_aws) return false;
    if (head.path == "/") return head.method == "OPTIONS";
    const std::string_view first = std::string_view(head.path).substr(1);
    return std::ranges::find(kFirstParts, first.substr(0, first.find('/'))) != kFirstParts.end();
}

}  // namespace

struct Server::Impl {
    explicit Impl(ServerOptions given)
        : options(std::move(given)),
          metrics(registry),
          machine(registry),
          router({.place = {},
                  .loop = &loop,
                  .clock = &clock,
                  .metrics = &registry,
                  .wait_for_host = kWaitForHost}),
          downloads("ts-fetch", 1, 100),
          stops("ts-stop", 4, 10'000),
          pool("ts-manage", 16, 1000),
          pages("ts-pages", 4, 1000),
          writers("ts-write", 8, 10'000) {}

    core::Status Open() {
        const auto& work = options.work_directory;
        GYRE_TRY(core::RealFileSystem().MakeDirectories(work / "cache"));
        GYRE_ASSIGN(run_directory, detail::RunDirectory::Make(work / "run"));
        GYRE_ASSIGN(logs, jobs::LogStore::Open(work / "logs", clock));
        GYRE_ASSIGN(store, ModelStore::Open({.directory = work / "models",
                                             .objects = options.objects,
                                             .files = &core::RealFileSystem(),
                                             .limits = {}}));
        environment.host = {.runner = &runner,
                            .logs = logs.get(),
                            .loop = &loop,
                            .clock = &clock,
                            .program = options.host_program,
                            .run_directory = run_directory->Path(),
                            .printed = options.printed};
        environment.models = store.get();
        environment.downloads = &downloads;
        environment.stops = &stops;
        environment.python = options.python;
        environment.cache_directory = (work / "cache").string();
        const std::filesystem::path counted = work / "metrics";
        GYRE_TRY(core::RealFileSystem().MakeDirectories(counted));
        handlers = std::make_unique<WorkerMetrics>(counted);
        auto of_models = options.settings.model_environment;
        const MetricsSettings& kinds = options.settings.metrics;
        if (!kinds.config.empty()) {  // what it declares handlers find, whoever reads it
            of_models["GYRE_TS_METRICS_CONFIG"] = std::filesystem::absolute(kinds.config).string();
        }
        if (kinds.api && kinds.models) {
            of_models["GYRE_TS_METRICS"] = std::filesystem::absolute(counted).string();
            of_models["GYRE_TS_METRICS_AUTO_DETECT"] = kinds.auto_detect ? "true" : "false";
        }
        models = std::make_unique<Models>(ModelsOptions{.environment = &environment,
                                                        .router = &router,
                                                        .clock = &clock,
                                                        .model_environment = std::move(of_models),
                                                        .metrics = &metrics});
        library =
            std::make_unique<Library>(options.settings,
                                      SourcesOptions{.folder = options.settings.model_store,
                                                     .allowed_urls = options.settings.allowed_urls,
                                                     .s3 = options.objects != nullptr,
                                                     .store = store.get(),
                                                     .cancel = environment.cancel},
                                      *models);
        if (options.settings.token_authorization) {
            GYRE_ASSIGN(tokens,
                        Tokens::Make(options.key_file, options.settings.token_minutes, clock));
        }
        GYRE_TRY(library->RegisterAtStartup());
        if (!options.settings.snapshot_folder.empty()) {
            snapshots = std::make_unique<Snapshots>(options.settings.snapshot_folder,
                                                    options.settings.given, *models, clock);
            snapshots->Save("startup");
        }
        return {};
    }

    net::Handler InferenceFace(net::Handler next) {
        if (options.settings.open_inference_protocol) {
            next = MakeOpenInferenceFace(std::move(next));
        }
        return MakeInferenceApi({.models = models.get(),
                                 .router = &router,
                                 .metrics = &metrics,
                                 .pool = &writers,
                                 .tokens = tokens.get(),
                                 .clock = &clock,
                                 .max_body = options.settings.max_request_size,
                                 .most_answer = options.settings.max_response_size,
                                 .sequence = options.settings.sequence},
                                std::move(next));
    }

    net::Handler ManagementFace(net::Handler next) {
        return MakeManagementApi({.models = models.get(),
                                  .library = library.get(),
                                  .router = &router,
                                  .metrics = &metrics,
                                  .tokens = tokens.get(),
                                  .pool = &pool,
                                  .pages = &pages,
                                  .clock = &clock,
                                  .model_api = options.settings.model_api,
                                  .unregister_timeout_s = options.settings.unregister_timeout_s,
                                  .changed =
                                      [this] {
                                          if (snapshots) snapshots->Save("snapshot");
                                      }},
                                 std::move(next));
    }

    std::string Metrics() {
        if (options.settings.metrics.system) machine.Refresh();
        return MergePrometheusTexts({registry.PrometheusText(), handlers->Text(),
                                     MergedHostMetrics(models->Links(), kMetricsWait)});
    }

    net::Handler MetricsFace(net::Handler next) {
        return [this, next = std::move(next)](const Exchange& exchange) {
            if (exchange->Head().path != "/metrics") return next(exchange);
            const bool taken = pages.TrySubmit([this, exchange] {
                net::Response response;
                response.headers.Add("Content-Type", "text/plain; version=0.0.4");
                std::set<std::string> names;
                for (const auto& [name, value] :
                     net::ParseQuery(exchange->Head().query).value_or(Query{})) {
                    if (name == "name[]") names.insert(value);
                }
                response.body = AsTorchServeWrites(OnlyNamed(Metrics(), names));
                Answer(*exchange, std::move(response));
            });
            if (!taken) {
                Answer(*exchange, ErrorAnswer(Refusal(503, "ServiceUnavailableException", "busy")));
            }
        };
    }

    /// Faces whose addresses are the same share a listener.
    core::Status Listen() {
        const Settings& settings = options.settings;
        GYRE_TRY(OpenTls());
        const bool one = SamePlace(settings.management_address, settings.inference_address);
        const bool measured = settings.metrics.api;
        const bool metrics_with_inference =
            measured && SamePlace(settings.metrics_address, settings.inference_address);
        const bool metrics_with_management =
            measured && (one ? metrics_with_inference
                             : SamePlace(settings.metrics_address, settings.management_address));
        GYRE_TRY(Open(settings.inference_address,
                      {.inference = true, .management = one, .metrics = metrics_with_inference},
                      inference));
        if (!one) {
            GYRE_TRY(Open(settings.management_address,
                          {.management = true, .metrics = metrics_with_management}, management));
        }
        if (!measured || metrics_with_inference || metrics_with_management) return {};
        return Open(settings.metrics_address, {.metrics = true}, metrics_door);
    }

    /// The user's certificate, or one of an authority that nobody knows: as TorchServe has it.
    core::Status OpenTls() {
        const Settings& settings = options.settings;
        if (!settings.inference_address.secure && !settings.management_address.secure &&
            !settings.metrics_address.secure && !settings.grpc_secure) {
            return {};
        }
        GYRE_ASSIGN(auto authority, net::CertificateAuthority::Make(clock.WallNow()));
        net::ServerCertificatesOptions certificates;
        certificates.authority =
            std::make_shared<const net::CertificateAuthority>(std::move(authority));
        certificates.clock = &clock;
        certificates.certificate = settings.certificate_file;
        certificates.key = settings.private_key_file;
        if (!settings.key_store.empty()) {
            certificates.certificate = settings.key_store;
            certificates.key_store_password = settings.key_store_password;
        }
        certificates.names = {"localhost"};
        certificates.issues = [](std::string_view) { return false; };
        GYRE_ASSIGN(auto opened, net::ServerCertificates::Open(std::move(certificates)));
        tls = std::make_unique<net::TlsServer>(std::move(opened));
        return {};
    }

    net::Handler Serve(Faces faces) {
        net::Handler handler = NotFoundFace();
        if (faces.metrics) handler = MetricsFace(std::move(handler));
        if (faces.management) handler = ManagementFace(std::move(handler));
        if (faces.inference) handler = InferenceFace(std::move(handler));
        return MakeOptionsFace(faces, options.settings.cors, *models, std::move(handler));
    }

    core::Status Open(const Address& address, Faces faces, std::unique_ptr<net::HttpServer>& door) {
        net::Handler handler = Serve(faces);
        net::HttpServerOptions http;
        http.address = address.place;
        http.loop = &loop;
        if (address.secure) http.tls = tls.get();
        http.tls_only = address.secure;
        GYRE_ASSIGN(door, net::HttpServer::Start(http, std::move(handler)));
        return {};
    }

    void Stop() {
        stopping = true;
        if (models) models->EndWaits();
        for (auto* door : {inference.get(), management.get(), metrics_door.get()}) {
            if (door != nullptr) door->Stop(kAnswerGrace);
        }
        environment.cancel.Cancel();
        pool.Stop();
        pages.Stop();
        if (auto last = std::move(snapshots)) last->Save("shutdown");
        writers.Stop();
        router.Stop();
        if (models) models->Stop();
        downloads.Stop();
        stops.Stop();
    }

    ServerOptions options;
    std::atomic<bool> stopping{false};
    const core::Clock& clock = core::SystemClock();
    core::MetricsRegistry registry;
    ModelMetrics metrics;
    SystemMetrics machine;
    net::IoLoop loop;
    Router router;
    jobs::LocalRunner runner;
    std::unique_ptr<detail::RunDirectory> run_directory;
    std::unique_ptr<jobs::LogStore> logs;
    std::unique_ptr<ModelStore> store;
    FleetEnvironment environment;
    core::WorkerPool downloads;
    core::WorkerPool stops;
    core::WorkerPool pool;
    core::WorkerPool pages;    ///< of what is only asked: apart, since waits for workers hold it up
    core::WorkerPool writers;  ///< of answers in parts: apart, since slow clients hold them up
    std::unique_ptr<WorkerMetrics> handlers;
    std::unique_ptr<Models> models;
    std::unique_ptr<Library> library;
    std::unique_ptr<Tokens> tokens;
    std::unique_ptr<Snapshots> snapshots;  ///< null: none are written
    std::unique_ptr<net::TlsServer> tls;   ///< null: nothing is secure
    std::unique_ptr<net::HttpServer> inference;
    std::unique_ptr<net::HttpServer> management;    ///< null: on inference's address
    std::unique_ptr<net::HttpServer> metrics_door;  ///< null: on another's
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {
}

Server::~Server() {
    Stop();
}

core::Result<std::unique_ptr<Server>> Server::Start(ServerOptions options) {
    auto impl = std::make_unique<Impl>(std::move(options));
    std::unique_ptr<Server> server(new Server(std::move(impl)));
    GYRE_TRY(server->impl_->Open());
    if (server->impl_->options.listens) GYRE_TRY(server->impl_->Listen());
    return server;
}

std::string Server::InferenceUrl() const {
    return impl_->options.settings.inference_address.Url(impl_->inference->Address());
}

std::string Server::ManagementUrl() const {
    if (!impl_->management) return InferenceUrl();
    return impl_->options.settings.management_address.Url(impl_->management->Address());
}

std::string Server::MetricsUrl() const {
    const Settings& settings = impl_->options.settings;
    if (!settings.metrics.api) return "-";
    if (impl_->metrics_door) return settings.metrics_address.Url(impl_->metrics_door->Address());
    return SamePlace(settings.metrics_address, settings.inference_address) ? InferenceUrl()
                                                                           : ManagementUrl();
}

const net::TlsServer* Server::Tls() const {
    return impl_->tls.get();
}

net::Handler Server::InferenceApi() {
    return impl_->InferenceFace(NotFoundFace());
}

net::Handler Server::ManagementApi() {
    return impl_->ManagementFace(NotFoundFace());
}

net::IoLoop& Server::Loop() {
    return impl_->loop;
}

net::Handler Server::Beside(net::Handler next) {
    return [own = impl_->Serve({.inference = true, .management = true}),
            next = std::move(next)](const Exchange& exchange) {
        return IsOwn(exchange->Head()) ? own(exchange) : next(exchange);
    };
}

std::string Server::Metrics() {
    return AsTorchServeWrites(impl_->Metrics());
}

bool Server::AwaitStartupModels() {
    for (const std::string& name : impl_->models->StartupModels()) {
        const auto versions = impl_->models->Describe(name, "all");
        if (!versions) continue;  // unregistered already
        for (const ModelFacts& facts : *versions) {
            (void)impl_->models->AwaitScaled(
                name, facts.archive.version,
                impl_->clock.Now() + core::seconds(facts.settings.startup_timeout_s));
        }
    }
    return !impl_->stopping;
}

void Server::Stop() {
    impl_->Stop();
}

}  // namespace gyre::serving::torchserve
