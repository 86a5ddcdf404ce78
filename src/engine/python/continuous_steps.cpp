#include "engine/python/continuous_steps.h"

#include "core/log.h"
#include "engine/python/python_request.h"

namespace gyre::engine::python {
namespace {

core::SteadyTime StepNow() {
    return core::SystemClock().Now();
}

PythonRequest& Of(Prepared* prepared) {
    return static_cast<PythonRequest&>(*prepared);
}

Steps::Replies All(size_t count, const core::Error& error) {
    return Steps::Replies(count, core::Result<Reply>(core::Fail(error)));
}

}  // namespace

ContinuousSteps::~ContinuousSteps() {
    (void)Step({}, {});
}

core::Result<StepAnswers> ContinuousSteps::StepWorker(std::span<Prepared* const> batch,
                                                      std::span<const Request* const> requests,
                                                      core::SteadyTime deadline) {
    std::vector<uint32_t> left;
    size_t stay = 0;
    for (size_t i = 0; i < under_way_.size(); i++) {
        if (stay < batch.size() && Of(batch[stay]).Number() == under_way_[i]) {
            stay++;
        } else {
            left.push_back(static_cast<uint32_t>(i));
        }
    }
    if (!left.empty()) GYRE_TRY(worker_->Leave(left, deadline));
    if (batch.empty()) return StepAnswers{};
    return worker_->Step(requests, batch.size() - stay, deadline);
}

Steps::Replies ContinuousSteps::Step(std::span<Prepared* const> batch, core::SteadyTime deadline) {
    if (worker_ == nullptr) {
        if (batch.empty()) return {};
        auto taken = workers_.Take(deadline);
        if (!taken) return All(batch.size(), taken.error());
        worker_ = *taken;
    }
    std::vector<const Request*> requests;
    for (Prepared* item : batch) requests.push_back(&Of(item).Get());
    const core::SteadyTime started = StepNow();
    auto answers = StepWorker(batch, requests, started + step_timeout_);
    under_way_.clear();
    if (!answers) {
        workers_.GiveBack(std::exchange(worker_, nullptr), false);
        suspects_.Ended(requests, started, StepNow());
        core::LogWarning("a Python worker ended", {{"reason", answers.error().message}});
        return All(batch.size(), answers.error());
    }
    Replies replies(batch.size());
    std::vector<const Request*> answered;
    for (size_t i = 0; i < batch.size(); i++) {
        PythonRequest& request = Of(batch[i]);
        core::Result<Reply>& reply = answers->replies[i];
        if (!answers->goes_on[i]) {
            if (reply) request.Complete(*reply);
            replies[i] = std::move(reply);
            answered.push_back(requests[i]);
            continue;
        }
        under_way_.push_back(request.Number());
        request.Part(std::move(*reply));
    }
    suspects_.Answered(answered);
    if (under_way_.empty()) workers_.GiveBack(std::exchange(worker_, nullptr), true);
    return replies;
}

}  // namespace gyre::engine::python
