#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "catalog/catalog.h"
#include "core/guarded.h"
#include "jobs/controller.h"
#include "objects/object_store.h"
#include "serving/fleet.h"
#include "transform/job_state.h"
#include "transform/transform_run.h"

namespace gyre::transform {

/// Brings transform jobs to their end: starts a job's hosts, runs its objects through them, takes
/// the hosts away and says how it ended. A job that was at work when the program ended goes on at
/// the next start, or at another server that shares the catalog.
class TransformController final : public jobs::Controller {
  public:
    using Wake = std::function<void(const std::string& job)>;

    /// Where it is kept how far jobs are.
    struct Records {
        std::filesystem::path jobs;      ///< the folder of the jobs' own folders
        db::Database* shared = nullptr;  ///< of all servers; null: there is one
        jobs::Leases* leases = nullptr;  ///< as `shared`
    };

    /// All that is referred to outlives it. `wake` is called from any thread; `sweep_models` when a
    /// job's model may have fallen out of use.
    TransformController(catalog::Catalog& catalog, objects::ObjectStore& store,
                        const serving::FleetEnvironment& hosts, const core::Clock& clock,
                        Records records, Wake wake, std::function<void()> sweep_models);
    ~TransformController() override;

    [[nodiscard]] catalog::Kind Kind() const override;
    [[nodiscard]] core::Result<std::optional<core::milliseconds>> Reconcile(
        const std::string& name) override;
    /// Leaves the job to its driver.
    [[nodiscard]] core::Result<std::optional<core::milliseconds>> Follow(
        const std::string& name) override;
    [[nodiscard]] core::Result<bool> Settled(const std::string& name) override;
    /// Of a job at work; nullopt for any other. Thread-safe.
    [[nodiscard]] std::optional<Progress> ProgressOf(const std::string& name) const;
    /// Leaves all jobs where they are, and begins to stop their hosts; when no step runs any more.
    void StopAll();

  private:
    /// Of one job, for as long as it is at work here.
    struct Live {
        std::unique_ptr<serving::Fleet> fleet;
        core::Guarded<std::shared_ptr<TransformRun>> run;  ///< null until the hosts are up
    };
    using Again = core::Result<std::optional<core::milliseconds>>;

    [[nodiscard]] std::shared_ptr<Live> LiveOf(const std::string& name);
    [[nodiscard]] Again Clear(const std::string& name);
    /// What the job has here.
    [[nodiscard]] core::Status Drop(const std::string& name);
    [[nodiscard]] Again Step(const catalog::Resource& job, const JobState& state);
    [[nodiscard]] Again StepStopping(const catalog::Resource& job);
    [[nodiscard]] core::Status Begin(const catalog::Resource& job, const JobState& state,
                                     Live& live);
    [[nodiscard]] core::Status End(const std::string& name, const std::string& how,
                                   const std::string& reason, const Progress* progress);
    [[nodiscard]] core::Status Write(const std::string& name,
                                     const std::function<void(core::JsonObject&)>& change);

    catalog::Catalog& catalog_;
    objects::ObjectStore& store_;
    const serving::FleetEnvironment& hosts_;
    const core::Clock& clock_;
    const Records records_;
    const Wake wake_;
    const std::function<void()> sweep_models_;
    core::Guarded<std::map<std::string, std::shared_ptr<Live>>> live_;
};

}  // namespace gyre::transform
