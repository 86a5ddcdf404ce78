#pragma once

#include <vector>

#include "engine/model.h"
#include "engine/python/suspects.h"
#include "engine/python/worker_group.h"

namespace gyre::engine::python {

/// Steps of a model in Python workers, whose Prepared are PythonRequests: a batch stays with one
/// worker, which is given back when nothing of it goes on. `workers` and `suspects` outlive it.
class ContinuousSteps final : public Steps {
  public:
    ContinuousSteps(WorkerGroup& workers, Suspects& suspects, core::milliseconds step_timeout)
        : workers_(workers), suspects_(suspects), step_timeout_(step_timeout) {}
    ~ContinuousSteps() override;
    ContinuousSteps(const ContinuousSteps&) = delete;
    ContinuousSteps& operator=(const ContinuousSteps&) = delete;

    [[nodiscard]] Replies Step(std::span<Prepared* const> batch,
                               core::SteadyTime deadline) override;

  private:
    /// Lets those of `under_way_` leave that are not at the head of `batch`, and steps the rest.
    [[nodiscard]] core::Result<StepAnswers> StepWorker(std::span<Prepared* const> batch,
                                                       std::span<const Request* const> requests,
                                                       core::SteadyTime deadline);

    WorkerGroup& workers_;
    Suspects& suspects_;
    const core::milliseconds step_timeout_;
    Worker* worker_ = nullptr;         ///< while something goes on
    std::vector<uint64_t> under_way_;  ///< numbers of the requests
};

}  // namespace gyre::engine::python
