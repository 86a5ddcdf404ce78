#pragma once

#include <functional>
#include <memory>
#include <string>

#include "catalog/catalog.h"
#include "core/clock.h"
#include "core/guarded.h"
#include "core/worker_pool.h"
#include "net/io_loop.h"
#include "serving/scaling/target_tracking.h"
#include "telemetry/metric_store.h"

namespace gyre::serving {
struct EndpointState;
}

namespace gyre::serving::scaling {

/// What is pointed at outlives the Scaler.
struct ScalerOptions {
    catalog::Catalog* catalog = nullptr;
    const telemetry::MetricStore* values = nullptr;
    const core::Clock* clock = nullptr;
    net::IoLoop* loop = nullptr;
    /// Requests that wait for an endpoint without hosts. Any thread.
    std::function<size_t(const std::string& endpoint)> waiting;
    /// Whether this server drives the endpoint; empty: there is no other. Any server brings one
    /// back from no instances, for whoever waits there.
    std::function<bool(const std::string& endpoint)> drives;
};

/// Sets variants' instance counts as their scaling policies say: a second apart it looks at every
/// scalable target whose endpoint is in service. One that was scaled down to nothing comes back as
/// soon as somebody waits for it. Life cycle: Start() runs it; Stop() may be called twice.
class Scaler : public std::enable_shared_from_this<Scaler> {
  public:
    [[nodiscard]] static std::shared_ptr<Scaler> Make(ScalerOptions options);
    ~Scaler();

    void Start();
    void Stop();
    /// Looks at all targets now. One thread at a time.
    void Step();

  private:
    struct Wish {
        int instances = 0;
        std::string cause;
    };
    explicit Scaler(ScalerOptions options);
    void Tick();
    [[nodiscard]] core::Status Consider(const catalog::Resource& target);
    [[nodiscard]] core::Result<Wish> WishFor(const catalog::Resource& target,
                                             const ScaledVariant& scaled, int instances) const;
    [[nodiscard]] core::Result<std::optional<double>> Measure(const TargetTracking& policy) const;
    [[nodiscard]] core::Status Note(const catalog::Resource& target, int before, const Wish& wish);

    const ScalerOptions options_;
    core::Guarded<bool> stopped_{false};
    core::WorkerPool pool_;
};

}  // namespace gyre::serving::scaling
