#include "host/detail/batch_scheduler.h"

#include <algorithm>

namespace gyre::host::detail {
namespace {

using core::Code;
using core::Error;
using core::microseconds;
using core::SteadyTime;

constexpr int kChooseAgainAfter = 32;  // batches
// What was let in with less than this many times its predicted wait to spare teaches how far
// predictions can be trusted. Where there is more time, being wrong by some hiccup does no harm.
constexpr int kCloseCall = 2;
// This part of the time until a deadline is for the way to the host and back to who asked.
constexpr int kForTheWay = 25;

}  // namespace

BatchScheduler::BatchScheduler(const ModelOptions& options, engine::Batching batching,
                               size_t workers, size_t lanes)
    : options_(options),
      batching_(batching),
      race_(options.transform_job),
      limits_(ChooseLimits(options, batching, latency_, race_.Best())),
      workers_(workers),
      lanes_(std::clamp<size_t>(lanes, 1, workers)),
      idle_(static_cast<int>(workers)),
      free_lanes_(static_cast<int>(lanes_)) {
}

std::optional<Error> BatchScheduler::Admit(Waiting& item, SteadyTime now, microseconds prepare) {
    if (draining_) return serving::Busy("the host is draining and takes no more requests", {});
    if (item.deadline <= now) {
        return Error(Code::kDeadlineExceeded, "the request's time was up before it came here");
    }
    const auto predicted = PredictAnswerAt(now);
    if (outstanding_ >= static_cast<size_t>(options_.max_queue) ||
        bytes_ + item.bytes > options_.max_queue_bytes) {
        return serving::Busy("the model's queue is full (" + std::to_string(outstanding_) +
                                 " requests of " + std::to_string(bytes_ >> 20) +
                                 " MB wait; GYRE_MAX_QUEUE and GYRE_MAX_QUEUE_MB set its bounds)",
                             predicted.value_or(microseconds(0)));
    }
    if (predicted) {
        SteadyTime promised = item.deadline - (item.deadline - item.arrival) / kForTheWay;
        if (options_.target_p99) promised = std::min(promised, item.arrival + *options_.target_p99);
        const auto left = std::chrono::duration_cast<microseconds>(promised - now);
        const bool next = RowsAhead() < limits_.max_rows;
        const microseconds wait = (next ? of_next_ : of_later_).Apply(*predicted + prepare);
        // Alone and idle it is let in whatever is predicted: else a model that was once slow would
        // never get the chance to show that it no longer is.
        if (wait > left && outstanding_ > 0) {
            return serving::TooSlow{wait, left, RefusesFor(*predicted + prepare, left)}.ToError();
        }
        if (wait * kCloseCall > left) {
            item.promised = *predicted + prepare;
            item.promised_next = next;
        }
    }
    item.admitted = now;
    outstanding_++;
    bytes_ += item.bytes;
    return std::nullopt;
}

void BatchScheduler::Leave(size_t requests, size_t bytes) {
    outstanding_ -= requests;
    bytes_ -= bytes;
}

void BatchScheduler::LeaveBatch(size_t requests, size_t bytes) {
    running_ -= requests;
    Leave(requests, bytes);
}

std::optional<microseconds> BatchScheduler::PredictAnswerAt(SteadyTime now) const {
    constexpr size_t kMany = 64;
    microseconds busy_for[kMany] = {};
    const size_t lanes = std::min(lanes_, kMany);
    size_t computing = 0;
    for (const Worker& worker : workers_) {
        if (worker.state != Worker::State::kComputes || computing == lanes) continue;
        const auto done = worker.since + latency_.Predict(worker.rows).value_or(microseconds(0));
        // One that is late by some time is guessed to be as late again.
        busy_for[computing++] =
            std::chrono::abs(std::chrono::duration_cast<microseconds>(done - now));
    }
    for (const Worker& worker : workers_) {
        if (worker.state != Worker::State::kLaidOut) continue;
        *std::min_element(busy_for, busy_for + lanes) +=
            latency_.Predict(worker.rows).value_or(microseconds(0));
    }
    return PredictAnswer(limits_, latency_, RowsAhead(), 1, {busy_for, lanes});
}

int BatchScheduler::RowsAhead() const {
    // Those that are still decoded count as one row each.
    const auto unprepared = outstanding_ - running_ - queue_.Requests();
    return queue_.Rows() + static_cast<int>(unprepared);
}

microseconds BatchScheduler::RefusesFor(microseconds predicted, microseconds left) const {
    // Until one could be promised to come later, or as many batches are done as come before the
    // next, with which it could be.
    const auto batch = latency_.Predict(limits_.max_rows).value_or(microseconds(0));
    const auto batches = RowsAhead() / limits_.max_rows / static_cast<int>(lanes_);
    const auto later = predicted - of_later_.Remove(left);
    const auto next = std::max(predicted - of_next_.Remove(left), batch * (batches - 1));
    return std::max(std::min(later, next), microseconds(0));
}

std::optional<Batch> BatchScheduler::TakeAlone(Waiting& item, SteadyTime now, microseconds limit) {
    if (!queue_.Empty() || idle_ == 0) return std::nullopt;
    const int rows = item.prepared->Rows();
    const auto predicted = latency_.Predict(rows);
    if (!predicted || *predicted > limit) return std::nullopt;
    const GroupState alone{rows, item.arrival, item.deadline};
    const Decision decision =
        Decide(limits_, latency_, {{&alone, 1}, idle_, free_lanes_, draining_}, now);
    if (decision.kind != Decision::Kind::kLeave) return std::nullopt;
    Batch batch;
    batch.reason = decision.reason;
    batch.started = now;
    batch.items.push_back(std::move(item));
    Start(batch);
    return batch;
}

Decision BatchScheduler::Next(SteadyTime now) const {
    return Decide(limits_, latency_, {queue_.Groups(), idle_, free_lanes_, draining_}, now);
}

Batch BatchScheduler::Take(const Decision& decision, SteadyTime now) {
    Batch batch;
    batch.reason = decision.reason;
    batch.started = now;
    int rows = decision.rows;
    if (limits_.most_rows > 0 && free_lanes_ <= 1) {  // else several share what waits
        const auto lap = race_.Next(queue_.Groups()[decision.group].rows, limits_.most_rows);
        rows = lap.rows;
        batch.runner = lap.runner;
    }
    batch.items = queue_.Take(decision.group, rows);
    Start(batch);
    return batch;
}

void BatchScheduler::Start(Batch& batch) {
    for (const Waiting& item : batch.items) batch.rows += item.prepared->Rows();
    batch.worker = static_cast<size_t>(
        std::find_if(workers_.begin(), workers_.end(),
                     [](const Worker& worker) { return worker.state == Worker::State::kIdle; }) -
        workers_.begin());
    GYRE_CHECK(batch.worker < workers_.size());
    const bool computes = free_lanes_ > 0;
    if (computes) free_lanes_--;
    workers_[batch.worker] = {computes ? Worker::State::kComputes : Worker::State::kLaidOut,
                              batch.rows, batch.started};
    idle_--;
    running_ += batch.items.size();
}

std::vector<Waiting> BatchScheduler::TakeExpired(SteadyTime now) {
    std::vector<Waiting> expired = queue_.TakeExpired(now);
    LearnPromises(expired, now);
    return expired;
}

void BatchScheduler::LearnPromises(const std::vector<Waiting>& items, SteadyTime now) {
    for (PromiseCorrection* correction : {&of_next_, &of_later_}) {
        const Waiting* worst = nullptr;
        double worst_ratio = 0;
        for (const Waiting& item : items) {
            const bool of_it = item.promised_next == (correction == &of_next_);
            if (!of_it || item.promised.count() == 0) continue;
            const double ratio = std::chrono::duration<double>(now - item.admitted) /
                                 std::chrono::duration<double>(item.promised);
            if (ratio > worst_ratio) worst = &item;
            worst_ratio = std::max(worst_ratio, ratio);
        }
        if (worst == nullptr) continue;
        correction->Observe(worst->promised,
                            std::chrono::duration_cast<microseconds>(now - worst->admitted));
    }
}

SteadyTime BatchScheduler::Finish(const Batch& batch, SteadyTime now, engine::Batching batching,
                                  bool ran) {
    Worker& worker = workers_[batch.worker];
    const SteadyTime began = worker.since;
    if (worker.state == Worker::State::kComputes) PassLaneOn(now);
    worker.state = Worker::State::kIdle;
    idle_++;
    bool changed = batching != batching_;
    if (ran) {
        const auto took = std::chrono::duration_cast<microseconds>(now - began);
        latency_.Observe(batch.rows, took);
        LearnPromises(batch.items, now);
        changed |= race_.Finish(batch.runner, batch.rows, took);
    } else {
        race_.Abandon(batch.runner);
    }
    batching_ = batching;
    if (++observed_ >= kChooseAgainAfter || changed) ChooseLimitsAgain();
    return began;
}

void BatchScheduler::PassLaneOn(SteadyTime now) {
    Worker* next = nullptr;
    for (Worker& worker : workers_) {
        if (worker.state != Worker::State::kLaidOut) continue;
        if (next == nullptr || worker.since < next->since) next = &worker;
    }
    if (next == nullptr) {
        free_lanes_++;
        return;
    }
    next->state = Worker::State::kComputes;
    next->since = now;
}

void BatchScheduler::Learn(int rows, microseconds took) {
    latency_.Observe(rows, took);
    race_.Learn(rows, took);
    ChooseLimitsAgain();
}

void BatchScheduler::ChooseLimitsAgain() {
    observed_ = 0;
    limits_ = ChooseLimits(options_, batching_, latency_, race_.Best());
}

}  // namespace gyre::host::detail
