#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/cancel.h"
#include "core/worker_pool.h"
#include "jobs/backoff.h"
#include "serving/deployment.h"
#include "serving/host_process.h"
#include "serving/model_store.h"

namespace gyre::serving {

/// What fleets share.
struct FleetEnvironment {
    HostEnvironment host;
    ModelStore* models = nullptr;
    core::WorkerPool* downloads = nullptr;  ///< fetches models
    core::WorkerPool* stops = nullptr;      ///< waits for programs to end
    core::CancelToken cancel;               ///< of downloads
    core::Json images;                      ///< the configuration's serving.images
    std::string python;
    /// Given to each model that does not set them itself.
    std::map<std::string, std::string> environment;
    std::string cache_directory;
    int threads = 0;
    bool background = false;  ///< the hosts compute when nothing else wants the machine's cores
};

/// The hosts of one endpoint: told which deployments are wanted, it starts, watches, restarts and
/// lets go, a step at a time, and never blocks. One thread at a time.
class Fleet {
  public:
    struct Progress {
        enum class State { kPending, kReady, kFailed } state = State::kPending;
        std::string reason;
    };

    /// `restart_for`: a host that has not come up again for so long is given up; nullopt: none is.
    Fleet(const FleetEnvironment& environment, std::string endpoint, std::function<void()> wake,
          std::optional<core::seconds> restart_for = std::nullopt);
    ~Fleet();

    /// Hosts of other deployments, and beyond the counts, are let go: they leave Links at once.
    void Want(const std::vector<const Deployment*>& deployments);
    /// Starts and restarts what is missing, and looks how each does.
    void Step();
    /// Whether all hosts of a wanted deployment are up; failed when that is not to be hoped for.
    [[nodiscard]] Progress ProgressOf(const Deployment& deployment) const;
    [[nodiscard]] std::vector<std::shared_ptr<HostLink>> Links(const std::string& deployment,
                                                               const std::string& variant) const;
    /// Why the variant has fewer hosts than wanted; "" when nothing is known to be wrong.
    [[nodiscard]] std::string Trouble(const std::string& deployment,
                                      const std::string& variant) const;
    /// The model store's name for what the variant runs; "" while it is not known.
    [[nodiscard]] std::string ModelOf(const std::string& deployment,
                                      const std::string& variant) const;

    /// What the hosts of the variant say of its model; null while none is ready.
    [[nodiscard]] core::Json ReportOf(const std::string& deployment,
                                      const std::string& variant) const;
    struct Hosts {
        std::vector<core::Json> reports;  ///< of those that are ready, as Links has them
        int given_up = 0;
    };
    [[nodiscard]] Hosts HostsOf(const std::string& deployment, const std::string& variant) const;

    /// Drains those that were let go, of which `unused` says that nobody sends to them any more,
    /// and stops those that are drained.
    void StepLeaving(const std::function<bool(uint64_t table)>& unused, uint64_t table);
    /// True while hosts that were let go are not stopped.
    [[nodiscard]] bool Lingers() const { return !leaving_.empty(); }
    [[nodiscard]] bool Empty() const { return slots_.empty() && leaving_.empty(); }
    /// When to step again; nullopt when there is nothing to watch.
    [[nodiscard]] std::optional<core::milliseconds> StepAgain() const;
    [[nodiscard]] std::vector<std::shared_ptr<HostLink>> AllLinks() const;
    /// Begins to stop everything, without draining; the pool finishes it.
    void StopAll();

  private:
    /// Short enough that predictions which wait for a host mostly get one.
    static constexpr core::seconds kLongestRestartDelay{10};
    static constexpr core::seconds kHealthyRun{30};

    struct Fetch {
        core::Guarded<std::optional<core::Result<std::shared_ptr<const ModelStore::Model>>>> result;
    };
    struct Slot {
        std::string deployment;
        DeployedVariant variant;
        int index = 0;
        std::shared_ptr<HostProcess> host;
        jobs::RestartPolicy restarts{kLongestRestartDelay, kHealthyRun};
        std::optional<core::SteadyTime> start_at;    ///< not before
        int failed_starts = 0;                       ///< in a row, without ever being ready
        bool hopeless = false;                       ///< the user has to change something
        std::optional<core::SteadyTime> down_since;  ///< nullopt: it is or was not down
        bool given_up = false;
        std::string trouble;
    };
    struct Leaving {
        std::shared_ptr<HostProcess> host;
        uint64_t table = 0;  ///< the first routes without it; 0: not published yet
    };

    void StepSlot(Slot& slot);
    void StartHost(Slot& slot);
    void Down(Slot& slot, std::string reason, bool hopeless);
    void LetGo(Slot& slot);
    void StopSoon(std::shared_ptr<HostProcess> host);
    [[nodiscard]] core::Result<HostSpec> SpecOf(const Slot& slot) const;
    [[nodiscard]] core::milliseconds HoldToLoadTimeout(HostSpec& spec,
                                                       const DeployedVariant& variant) const;
    /// True when the variant's model is there (or it needs none); else it is on its way, or the
    /// slot is down.
    [[nodiscard]] bool ModelReady(Slot& slot);
    [[nodiscard]] static std::string KeyOf(const std::string& deployment,
                                           const std::string& variant) {
        return deployment + "/" + variant;
    }

    const FleetEnvironment& environment_;
    const std::string endpoint_;
    const std::function<void()> wake_;
    const std::optional<core::seconds> restart_for_;
    std::vector<Slot> slots_;
    std::vector<Leaving> leaving_;
    std::map<std::string, std::shared_ptr<Fetch>> fetches_;
    std::map<std::string, std::shared_ptr<const ModelStore::Model>> models_;
};

}  // namespace gyre::serving
