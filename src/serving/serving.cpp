#include "serving/serving.h"

#include "core/digest.h"
#include "core/worker_pool.h"
#include "serving/actions.h"
#include "serving/async/async_inference.h"
#include "serving/detail/run_directory.h"
#include "serving/endpoint_controller.h"
#include "serving/host_metrics_text.h"
#include "serving/kserve/v2_door.h"
#include "serving/kserve/v2_settings.h"
#include "serving/names.h"
#include "serving/scaling/scaler.h"
#include "serving/scaling/scaling_actions.h"

namespace gyre::serving {
namespace {

// Of InvokeEndpoint. The service model says 6 MiB; taking more breaks no client.
constexpr size_t kMostBody = 25 << 20;
constexpr size_t kMostInlineBody = 128'000;  // of InvokeEndpointAsync
constexpr size_t kDownloadThreads = 2;
constexpr size_t kStopThreads = 4;
constexpr size_t kWriterThreads = 8;
constexpr size_t kPoolQueue = 10'000;
constexpr core::milliseconds kMetricsWait{2'000};
constexpr core::milliseconds kNewsWait{500};  // another server's, which take a few milliseconds

}  // namespace

struct Serving::Impl {
    explicit Impl(ServingOptions given)
        : options(std::move(given)),
          router({.place = {options.region, options.account},
                  .loop = options.loop,
                  .clock = options.clock,
                  .metrics = options.metrics,
                  .wait_for_host = options.wait_for_host,
                  .wait_for_news = options.leases == nullptr ? core::milliseconds(0) : kNewsWait}),
          runner(*options.catalog, *options.clock, options.controller_threads, options.leases),
          downloads("serving-fetch", kDownloadThreads, kPoolQueue),
          stops("serving-stop", kStopThreads, kPoolQueue),
          writers("serving-write", kWriterThreads, kPoolQueue),
          topics(*options.logs) {}

    core::Status Open() {
        const auto& data = options.data_directory;
        GYRE_ASSIGN(run_directory,
                    detail::RunDirectory::Make(data / "run", !options.runner->Elsewhere()));
        GYRE_ASSIGN(models, ModelStore::Open({.directory = data / "models",
                                              .objects = options.objects,
                                              .files = &core::RealFileSystem(),
                                              .limits = {.max_bytes = options.max_model_bytes}}));
        GYRE_TRY(core::RealFileSystem().MakeDirectories(data / "cache"));
        judge = std::make_shared<shadow::ShadowJudge>(*options.logs, *options.clock);
        capture = capture::CaptureWriter::Start({.objects = options.objects,
                                                 .loop = options.loop,
                                                 .clock = options.clock,
                                                 .metrics = options.metrics});
        environment.host = {.runner = options.runner,
                            .logs = options.logs,
                            .loop = options.loop,
                            .clock = options.clock,
                            .program = options.host_program,
                            .run_directory = run_directory->Path(),
                            .load_timeout = options.load_timeout};
        environment.models = models.get();
        environment.downloads = &downloads;
        environment.stops = &stops;
        environment.images = options.images;
        environment.python = options.python;
        environment.environment = {{"AWS_REGION", options.region},
                                   {"AWS_DEFAULT_REGION", options.region},
                                   {"SAGEMAKER_REGION", options.region}};
        environment.cache_directory = (data / "cache").string();
        environment.threads = options.threads;
        controller = std::make_unique<EndpointController>(
            *options.catalog, router, environment,
            [this](const std::string& endpoint) { runner.Wake(kEndpointKind, endpoint); },
            EndpointController::Company{
                .alarms = options.alarms, .capture = capture, .judge = judge});
        runner.Register(*controller);
        GYRE_ASSIGN(async,
                    async::AsyncInference::Open({.router = &router,
                                                 .objects = options.objects,
                                                 .database = options.database,
                                                 .loop = options.loop,
                                                 .clock = options.clock,
                                                 .leases = options.leases,
                                                 .topics = &topics,
                                                 .place = {options.region, options.account}}));
        if (options.values == nullptr) return {};
        scaler = scaling::Scaler::Make({.catalog = options.catalog,
                                        .values = options.values,
                                        .clock = options.clock,
                                        .loop = options.loop,
                                        .waiting =
                                            [this](const std::string& endpoint) {
                                                return router.WaitingFor(endpoint) +
                                                       async->Waiting(endpoint);
                                            },
                                        .drives = Drives()});
        return {};
    }

    std::function<bool(const std::string& endpoint)> Drives() const {
        if (options.leases == nullptr) return {};
        return [leases = options.leases](const std::string& endpoint) {
            return leases->Hold(kEndpointKind, endpoint).value_or(false);
        };
    }

    ServingOptions options;
    Router router;
    // Outlives the hosts, whose callbacks wake it.
    jobs::ControllerRunner runner;
    std::unique_ptr<detail::RunDirectory> run_directory;
    std::unique_ptr<ModelStore> models;
    FleetEnvironment environment;
    core::WorkerPool downloads;
    core::WorkerPool stops;
    core::WorkerPool writers;  ///< of streamed answers
    std::shared_ptr<capture::CaptureWriter> capture;
    std::shared_ptr<shadow::ShadowJudge> judge;
    std::unique_ptr<EndpointController> controller;
    jobs::TopicLog topics;
    std::unique_ptr<async::AsyncInference> async;
    std::shared_ptr<scaling::Scaler> scaler;  ///< null: nothing is scaled
};

Serving::Serving(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {
}

Serving::~Serving() {
    Stop();
}

core::Result<std::unique_ptr<Serving>> Serving::Open(ServingOptions options) {
    auto impl = std::make_unique<Impl>(std::move(options));
    GYRE_TRY(impl->Open());
    return std::unique_ptr<Serving>(new Serving(std::move(impl)));
}

void Serving::AddActions(wire::ActionTable& table) {
    catalog::Catalog& catalog = *impl_->options.catalog;
    AddModelActions(table, catalog);
    AddEndpointConfigActions(table, catalog);
    AddEndpointActions(table, catalog);
    AddTagActions(table, catalog);
    scaling::AddScalingActions(table, catalog);
    const auto add = [&](const char* operation, const char* permission, size_t max_body,
                         wire::BufferedHandler handler, wire::TurnAwayHandler turn_away = {}) {
        table.Add({.service = "sagemaker-runtime",
                   .operation = operation,
                   .permission = std::string("sagemaker:") + permission,
                   .resource =
                       [](const wire::CallContext& context, const core::Json& input) {
                           return SageMakerArn(
                               context, "endpoint",
                               core::JsonString(input, "EndpointName").value_or(""));
                       },
                   .buffered = std::move(handler),
                   .turn_away = std::move(turn_away),
                   .max_body = max_body});
    };
    add(
        "InvokeEndpoint", "InvokeEndpoint", kMostBody,
        [impl = impl_.get()](wire::BufferedCall call) { impl->router.Invoke(std::move(call)); },
        [impl = impl_.get()](const wire::Arrival& arrival) {
            return impl->router.TurnAway(arrival);
        });
    // Its permission is as the service model has it.
    add("InvokeEndpointWithResponseStream", "InvokeEndpoint", kMostBody,
        [impl = impl_.get()](wire::BufferedCall call) {
            impl->router.Invoke(std::move(call), &impl->writers);
        });
    add("InvokeEndpointAsync", "InvokeEndpointAsync", kMostInlineBody,
        [impl = impl_.get()](wire::BufferedCall call) { impl->async->Accept(std::move(call)); });
}

net::Handler Serving::MakeKserveDoor(kserve::OpenAccess access, size_t max_body,
                                     core::WorkerPool& pool, net::Handler next) {
    return kserve::MakeV2Door({.router = &impl_->router,
                               .catalog = impl_->options.catalog,
                               .loop = impl_->options.loop,
                               .clock = impl_->options.clock,
                               .pool = &pool,
                               .access = std::move(access),
                               .max_body = max_body,
                               .version = GYRE_VERSION,
                               .log_level = kserve::LogLevelNamed(impl_->options.log_level)},
                              std::move(next));
}

core::Status Serving::Start() {
    GYRE_TRY(impl_->controller->AnnounceAll());
    GYRE_TRY(impl_->async->Start());
    if (impl_->scaler) impl_->scaler->Start();
    return impl_->runner.Start();
}

void Serving::Stop() {
    impl_->environment.cancel.Cancel();
    if (impl_->scaler) impl_->scaler->Stop();
    impl_->router.Stop();
    impl_->async->Stop();
    impl_->runner.Stop();
    impl_->controller->StopHosts();
    impl_->capture->Stop();
    impl_->judge->Stop();
    impl_->downloads.Stop();
    impl_->stops.Stop();
    impl_->writers.Stop();
}

const FleetEnvironment& Serving::Hosts() const {
    return impl_->environment;
}

void Serving::SweepModels() {
    impl_->controller->SweepModels();
}

std::string Serving::Metrics() {
    return MergedHostMetrics(impl_->controller->Links(), kMetricsWait);
}

std::vector<telemetry::Sample> Serving::TakeMetrics() {
    auto samples = impl_->router.TakeMetrics();
    for (auto& sample : impl_->async->TakeMetrics()) samples.push_back(std::move(sample));
    for (auto& sample : impl_->judge->TakeMetrics([](const auto&, const auto&) { return 1; })) {
        samples.push_back(std::move(sample));
    }
    return samples;
}

}  // namespace gyre::serving
