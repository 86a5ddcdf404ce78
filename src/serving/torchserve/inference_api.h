#pragma once

#include "core/clock.h"
#include "core/worker_pool.h"
#include "net/exchange.h"
#include "serving/router.h"
#include "serving/torchserve/model_metrics.h"
#include "serving/torchserve/models.h"
#include "serving/torchserve/properties.h"
#include "serving/torchserve/tokens.h"

namespace gyre::serving::torchserve {

struct InferenceOptions {
    Models* models = nullptr;
    Router* router = nullptr;
    ModelMetrics* metrics = nullptr;
    core::WorkerPool* pool = nullptr;  ///< writes answers that come in parts
    const Tokens* tokens = nullptr;    ///< null: no authorisation
    const core::Clock* clock = nullptr;
    size_t max_body = 6'553'500;
    size_t most_answer = 6'553'500;  ///< bytes
    SequenceHeaders sequence;
};

/// TorchServe's inference API: /ping, /predictions, /explanations, /invocations,
/// /models/M/invoke, KServe V1's and V2's paths, and /M/predict. What is none of these goes to
/// `next`. What is pointed at outlives the handler and what it began.
[[nodiscard]] net::Handler MakeInferenceApi(InferenceOptions options, net::Handler next);

}  // namespace gyre::serving::torchserve
