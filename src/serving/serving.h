#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "core/clock.h"
#include "core/json.h"
#include "core/metrics.h"
#include "core/result.h"
#include "core/worker_pool.h"
#include "db/database.h"
#include "jobs/leases.h"
#include "jobs/log_store.h"
#include "jobs/runner.h"
#include "net/exchange.h"
#include "net/io_loop.h"
#include "objects/object_store.h"
#include "serving/kserve/open_access.h"
#include "telemetry/alarm_actions.h"
#include "telemetry/metric_store.h"
#include "telemetry/series.h"
#include "wire/action.h"

namespace gyre::serving {

struct FleetEnvironment;

/// What is pointed at outlives the Serving.
struct ServingOptions {
    catalog::Catalog* catalog = nullptr;
    db::Database* database = nullptr;  ///< keeps the queues of asynchronous endpoints
    objects::ObjectStore* objects = nullptr;
    jobs::LogStore* logs = nullptr;
    jobs::Runner* runner = nullptr;
    jobs::Leases* leases = nullptr;  ///< null: no other server has this catalog
    const core::Clock* clock = nullptr;
    net::IoLoop* loop = nullptr;               ///< the front door's, so that predictions do not hop
    core::MetricsRegistry* metrics = nullptr;  ///< may be null
    const telemetry::MetricStore* values = nullptr;  ///< that variants are scaled by; may be null
    const telemetry::Alarms* alarms = nullptr;  ///< that updates are rolled back on; may be null
    std::filesystem::path data_directory;       ///< models/, cache/ and run/ are made below it
    std::filesystem::path host_program;         ///< gyre-host
    std::string python;                         ///< for model code and conversions
    std::string account;
    std::string region;
    core::Json images;  ///< the configuration's serving.images: see images.h
    int threads = 0;    ///< compute threads of one host; 0: the machine's cores
    core::seconds load_timeout{1200};
    uint64_t max_model_bytes = uint64_t{64} << 30;  ///< of one model, unpacked
    core::milliseconds wait_for_host{10'000};       ///< of predictions, for hosts that are starting
    int controller_threads = 2;
    std::string log_level = "info";  ///< the configuration's log.level
};

/// SageMaker endpoints: their actions, the controllers behind them and InvokeEndpoint. Life cycle:
/// open, add the actions, Start(); Stop() ends the hosts, may be called twice; the destructor
/// stops. Stop the front door first.
class Serving {
  public:
    [[nodiscard]] static core::Result<std::unique_ptr<Serving>> Open(ServingOptions options);
    ~Serving();
    Serving(const Serving&) = delete;
    Serving& operator=(const Serving&) = delete;

    void AddActions(wire::ActionTable& table);
    /// KServe V2 over HTTP in front of `next`: see kserve/v2_door.h. `pool` and this outlive it.
    [[nodiscard]] net::Handler MakeKserveDoor(kserve::OpenAccess access, size_t max_body,
                                              core::WorkerPool& pool, net::Handler next);
    [[nodiscard]] core::Status Start();
    void Stop();
    /// What model hosts of other rooms' jobs are started with, beside the endpoints'; lives as long
    /// as this. Their fleets hold their models; when one goes, SweepModels removes what nobody
    /// needs.
    [[nodiscard]] const FleetEnvironment& Hosts() const;
    void SweepModels();
    /// The metrics of all hosts as one Prometheus text. Blocks up to 2 s: never on an io thread.
    [[nodiscard]] std::string Metrics();
    /// SageMaker's metrics of what predictions did since the last call.
    [[nodiscard]] std::vector<telemetry::Sample> TakeMetrics();

  private:
    struct Impl;
    explicit Serving(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace gyre::serving
