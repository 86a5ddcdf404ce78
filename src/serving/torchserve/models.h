#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/guarded.h"
#include "core/result.h"
#include "serving/fleet.h"
#include "serving/router.h"
#include "serving/torchserve/archive.h"
#include "serving/torchserve/model_metrics.h"
#include "serving/torchserve/sequences.h"

namespace gyre::serving::torchserve {

/// How one version of a model is served.
struct ModelSettings {
    int min_workers = 0;
    int max_workers = 0;
    int batch_size = 1;
    int max_batch_delay_ms = 100;
    int response_timeout_s = 120;
    int startup_timeout_s = 120;
    int job_queue_size = 100;
    /// maxRetryTimeoutInSec: a worker that has not come up again for so long is given up.
    int max_retry_timeout_s = 300;
    int client_timeout_ms =
        0;                    ///< clientTimeoutInMills: a request is worth nothing later; 0: never
    bool job_ticket = false;  ///< useJobTicket: only what a free worker can take is let in
    bool own_environment = false;  ///< useVenv, where there are requirements to install
    bool continuous = false;  ///< continuousBatching: requests join and leave a batch at each step
    std::optional<SequenceSettings> sequences;  ///< of a stateful model
};

/// Errors: 400, or 500 for less than none, where a model may not have so many workers.
[[nodiscard]] core::Status CheckWorkers(int least, int most);

/// What TorchServe says where nothing takes a request. `version`: "" where none was asked for.
[[nodiscard]] std::string NoWorkerText(const std::string& name, const std::string& version);

/// One version of a model, as GET /models/M tells it.
struct ModelFacts {
    ArchiveInfo archive;
    ModelSettings settings;
    std::string url;
    bool loaded_at_startup = false;
    size_t pending = 0;      ///< requests that were sent and are not answered
    int most_sequences = 0;  ///< of a stateful model
    struct Worker {
        int id = 0;
        pid_t pid = 0;  ///< of the host, which all workers of a version share if it is stateless
        core::WallTime started{};
        bool up = true;  ///< else it is being started again, or given up
    };
    std::vector<Worker> workers;
};

struct ModelsOptions {
    FleetEnvironment* environment = nullptr;
    Router* router = nullptr;
    const core::Clock* clock = nullptr;
    std::map<std::string, std::string> model_environment;  ///< of every model
    ModelMetrics* metrics = nullptr;                       ///< told how long workers took to load
};

/// The models of a TorchServe, their versions and the hosts that serve them. A version that has
/// workers has one gyre-host with so many Python workers, or, if it is stateful, so many hosts with
/// one each, so that a sequence finds its own again. Another number of workers is other hosts,
/// which take over when they are ready, so that scaling loses no request.
///
/// Constructed means running: a thread of its own steps the fleets. Thread-safe. Errors are those
/// of answers.h. Stop() ends the hosts, may be called twice; the destructor stops.
class Models {
  public:
    explicit Models(ModelsOptions options);
    ~Models();
    Models(const Models&) = delete;
    Models& operator=(const Models&) = delete;

    struct Order {
        std::string name;        ///< "": the archive's
        std::string url;         ///< as it was given
        std::string store_name;  ///< of the model store's folder
        ArchiveInfo archive;
        ModelSettings settings;
        std::string handler;  ///< "": the archive's
        bool at_startup = false;
    };
    /// 409 for a version that is there. The first version of a model is its default.
    [[nodiscard]] core::Status Add(Order order);
    /// Takes no more requests for it, and waits until its workers have ended. Errors: 404; 403 for
    /// the default version among others; 408 when they have not at `deadline`: the next call goes
    /// on waiting.
    [[nodiscard]] core::Status Remove(const std::string& name, const std::string& version,
                                      core::SteadyTime deadline);
    [[nodiscard]] core::Status Scale(const std::string& name, const std::string& version, int least,
                                     int most);
    enum class Scaled { kDone, kUnderWay, kFailed };
    struct Outcome {
        Scaled scaled = Scaled::kDone;
        std::string reason;
    };
    /// Blocks until the last Scale is carried out, or `deadline`.
    [[nodiscard]] Outcome AwaitScaled(const std::string& name, const std::string& version,
                                      core::SteadyTime deadline);
    [[nodiscard]] core::Status SetDefault(const std::string& name, const std::string& version);

    /// `version`: "" for the default, "all".
    [[nodiscard]] core::Result<std::vector<ModelFacts>> Describe(const std::string& name,
                                                                 const std::string& version) const;
    /// Names and urls of the default versions, by name.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> List() const;
    [[nodiscard]] std::vector<std::string> StartupModels() const;
    /// Whether each default version has as many workers as it is to have: those that start, also
    /// again, count until they are given up.
    [[nodiscard]] bool Healthy() const;

    struct Route {
        std::string name;     ///< the router's
        std::string version;  ///< the one that it leads to
        int response_timeout_s = 120;
        int client_timeout_ms = 0;
        std::shared_ptr<Sequences> sequences;  ///< null: the model is stateless
    };
    /// The variant that stands for a worker of a stateful model, counted from 0.
    [[nodiscard]] static std::string WorkerVariant(int worker);
    /// 404 for a model or version that is not there, 503 for one without workers.
    [[nodiscard]] core::Result<Route> RouteOf(const std::string& name,
                                              const std::string& version) const;
    [[nodiscard]] std::vector<std::shared_ptr<HostLink>> Links() const;
    /// Before a Stop: who waits for workers to come up or to end, waits no more.
    void EndWaits();
    void Stop();

  private:
    struct Live;
    struct Versions {
        std::string default_version;
        std::map<std::string, std::shared_ptr<Live>> live;
    };
    struct State {
        std::map<std::string, Versions> models;
        std::vector<std::shared_ptr<Live>> leaving;
        bool waits_over = false;
    };
    /// What the thread waits for; apart from the state, for a fleet may ring within its own step.
    struct Bell {
        bool rung = false;
        bool stopped = false;
    };

    void Run();
    void Ring();
    core::milliseconds StepAll();
    /// Those that leave too.
    [[nodiscard]] std::vector<std::shared_ptr<Live>> All() const;
    void Step(Live& live);
    /// How its target does. Locked.
    void TakeProgress(Live& live, const Fleet::Progress& progress) const;
    void Publish(Live& live);
    /// Looks how many workers the hosts have. Locked.
    static void CountWorkers(Live& live);
    /// The versions of that name ("" for all) that are on their way out.
    [[nodiscard]] static std::vector<std::shared_ptr<Live>> Leaving(const State& state,
                                                                    const std::string& name,
                                                                    const std::string& version);
    [[nodiscard]] Deployment DeploymentOf(Live& live) const;
    [[nodiscard]] static ModelFacts FactsOf(const Live& live);
    [[nodiscard]] static core::Result<std::shared_ptr<Live>> Find(const State& state,
                                                                  const std::string& name,
                                                                  const std::string& version);

    const ModelsOptions options_;
    core::Guarded<State> state_;
    core::Guarded<Bell> bell_;
    std::thread thread_;
};

}  // namespace gyre::serving::torchserve
