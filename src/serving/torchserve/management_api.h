#pragma once

#include <functional>

#include "core/clock.h"
#include "core/worker_pool.h"
#include "net/exchange.h"
#include "serving/router.h"
#include "serving/torchserve/library.h"
#include "serving/torchserve/model_metrics.h"
#include "serving/torchserve/models.h"
#include "serving/torchserve/tokens.h"

namespace gyre::serving::torchserve {

struct ManagementOptions {
    Models* models = nullptr;
    Library* library = nullptr;
    Router* router = nullptr;
    ModelMetrics* metrics = nullptr;
    Tokens* tokens = nullptr;           ///< null: no authorisation
    core::WorkerPool* pool = nullptr;   ///< for what unpacks archives or waits for workers
    core::WorkerPool* pages = nullptr;  ///< for what does neither
    const core::Clock* clock = nullptr;
    bool model_api = true;           ///< whether models may be registered and unregistered
    int unregister_timeout_s = 120;  ///< for workers to end
    std::function<void()> changed;   ///< called on the pool when models or their workers changed
};

/// TorchServe's management API: /models and what is below, and /token. What is none of these goes
/// to `next`. What is pointed at outlives the handler and what it began.
[[nodiscard]] net::Handler MakeManagementApi(ManagementOptions options, net::Handler next);

}  // namespace gyre::serving::torchserve
