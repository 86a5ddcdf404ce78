#include "transform/transform.h"

#include "core/file_system.h"
#include "serving/fleet.h"
#include "transform/shared_journal.h"
#include "transform/transform_actions.h"
#include "transform/transform_controller.h"

namespace gyre::transform {
namespace {

/// A host that gets only the cores that nothing else wants may be long without an answer.
constexpr core::seconds kPatience{600};

serving::FleetEnvironment HostsOf(const serving::Serving& serving) {
    serving::FleetEnvironment hosts = serving.Hosts();
    hosts.background = true;
    hosts.host.silence_timeout = kPatience;
    hosts.host.log_place = [](const serving::HostSpec& spec) {
        return serving::LogPlace{kTransformLogs, spec.endpoint + "/" + spec.instance};
    };
    return hosts;
}

}  // namespace

struct Transform::Impl {
    explicit Impl(const TransformOptions& given)
        : options(given),
          hosts(HostsOf(*given.serving)),
          runner(*given.catalog, *given.clock, given.controller_threads, given.leases),
          controller(
              *given.catalog, *given.objects, hosts, *given.clock,
              {.jobs = given.data_directory / "transform",
               .shared = given.leases == nullptr ? nullptr : given.database,
               .leases = given.leases},
              [this](const std::string& job) { runner.Wake(kTransformKind, job); },
              [serving = given.serving] { serving->SweepModels(); }) {
        runner.Register(controller);
    }

    const TransformOptions options;
    const serving::FleetEnvironment hosts;
    // Outlives the runs and hosts, whose callbacks wake it.
    jobs::ControllerRunner runner;
    TransformController controller;
};

Transform::Transform(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {
}

Transform::~Transform() {
    Stop();
}

core::Result<std::unique_ptr<Transform>> Transform::Open(const TransformOptions& options) {
    GYRE_TRY(core::RealFileSystem().MakeDirectories(options.data_directory / "transform"));
    if (options.leases != nullptr) GYRE_TRY(SharedJournal::MakeTables(*options.database));
    return std::unique_ptr<Transform>(new Transform(std::make_unique<Impl>(options)));
}

void Transform::AddActions(wire::ActionTable& table) {
    AddTransformActions(
        table, *impl_->options.catalog,
        [impl = impl_.get()](const std::string& job) { return impl->controller.ProgressOf(job); });
}

core::Status Transform::Start() {
    return impl_->runner.Start();
}

void Transform::Stop() {
    impl_->runner.Stop();
    impl_->controller.StopAll();
}

}  // namespace gyre::transform
