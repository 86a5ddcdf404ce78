#pragma once

#include <functional>
#include <memory>

#include "core/clock.h"
#include "engine/model.h"
#include "host/host_metrics.h"
#include "host/job_runner.h"
#include "host/model_options.h"

namespace gyre::host {

struct BatcherOptions {
    ModelOptions model;
    int prepare_threads = 2;  ///< for requests whose decoding takes long
};

/// Gathers single requests into batches.
///
/// Constructed means running. Threads: as many for batches as the model's Concurrency, a pool for
/// requests whose decoding is slow, one that answers what expires. The destructor stops.
class Batcher final : public JobRunner {
  public:
    /// `model`, `metrics` and `clock` outlive it.
    Batcher(engine::Model& model, const BatcherOptions& options, HostMetrics& metrics,
            const core::Clock& clock);
    ~Batcher() override;
    Batcher(const Batcher&) = delete;
    Batcher& operator=(const Batcher&) = delete;

    void Submit(Job job) override;
    /// What a batch of `rows` rows took elsewhere: at the warm-up.
    void Learn(int rows, core::microseconds took);
    [[nodiscard]] BatchLimits Limits() const override;
    [[nodiscard]] size_t Outstanding() const override;
    void Drain(std::function<void()> drained) override;
    void Stop() override;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace gyre::host
