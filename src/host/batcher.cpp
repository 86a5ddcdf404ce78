#include "host/batcher.h"

#include <algorithm>
#include <thread>

#include "core/guarded.h"
#include "core/worker_pool.h"
#include "host/detail/batch_calls.h"
#include "host/detail/batch_scheduler.h"
#include "host/detail/deadline_timer.h"
#include "host/detail/prepare_cost.h"
#include "net/frame_channel.h"

namespace gyre::host {

using core::Code;
using core::Error;
using core::Fail;
using core::microseconds;
using core::SteadyTime;
using detail::Batch;
using detail::Waiting;

namespace {

/// A batch predicted to take no longer runs on the thread that submits: waking a worker and
/// switching to it costs as much.
constexpr microseconds kRunAtOnce{10};
/// After a batch that took longer another worker takes the next one, while the first one answers.
constexpr microseconds kAnswerMeanwhile{1'000};

microseconds Between(SteadyTime from, SteadyTime to) {
    return std::max(microseconds(0), std::chrono::duration_cast<microseconds>(to - from));
}

Error Stopping() {
    return {Code::kUnavailable, "the host is stopping; retry the request"};
}

Error Expired(const Waiting& item, SteadyTime now) {
    return {Code::kDeadlineExceeded, "the request's time ran out after " +
                                         std::to_string(Between(item.arrival, now).count() / 1000) +
                                         " ms, before the model could take it"};
}

}  // namespace

class Batcher::Impl {
  public:
    Impl(engine::Model& model, const BatcherOptions& options, HostMetrics& metrics,
         const core::Clock& clock)
        : model_(model),
          response_timeout_(options.model.response_timeout),
          prepare_threads_(std::max(1, options.prepare_threads)),
          metrics_(metrics),
          clock_(clock),
          state_(State(options.model, model)),
          preparers_("host-prepare", static_cast<size_t>(prepare_threads_),
                     static_cast<size_t>(options.model.max_queue)),
          timer_([this] { return AnswerExpired(); }) {
        const int workers = std::max(1, model.Concurrency());
        for (int i = 0; i < workers; i++) workers_.emplace_back([this] { Work(); });
    }

    void Submit(Job job) {
        const SteadyTime now = clock_.Now();
        const size_t bytes = job.request.body.size();
        Waiting item{nullptr, bytes, job.arrival, job.deadline, std::move(job.done)};
        if (item.deadline == SteadyTime::max()) item.deadline = item.arrival + response_timeout_;
        const bool cheap = prepare_cost_.IsCheap(bytes);
        microseconds decoding = prepare_cost_.Predict(bytes);
        if (!cheap) decoding *= 1 + static_cast<int>(preparers_.QueueSize()) / prepare_threads_;
        auto refusal = state_.Lock()->scheduler.Admit(item, now, decoding);
        if (refusal) return Answer(item, Fail(std::move(*refusal)));
        if (cheap) {
            // Who submits may be who brings a stream's pieces.
            const bool at_once = job.request.stream == nullptr;
            return Prepare(std::move(item), std::move(job.request), at_once);
        }
        // std::function wants what it holds to be copyable, and a request is not.
        auto held = std::make_shared<std::pair<Waiting, engine::Request>>(std::move(item),
                                                                          std::move(job.request));
        if (!preparers_.TrySubmit([this, held] {
                Prepare(std::move(held->first), std::move(held->second), false);
            })) {
            AnswerAndLeave(std::move(held->first), Stopping());
        }
    }

    void Learn(int rows, microseconds took) { state_.Lock()->scheduler.Learn(rows, took); }
    BatchLimits Limits() const { return state_.Lock()->scheduler.Limits(); }
    size_t Outstanding() const { return state_.Lock()->scheduler.Outstanding(); }

    void Drain(std::function<void()> drained) {
        {
            auto state = state_.Lock();
            state->scheduler.Drain();
            state->drained.push_back(std::move(drained));
            state->signals = state->sleeping;
        }
        state_.NotifyAll();
        Leave(0, 0);
    }

    void Stop() {
        std::vector<Waiting> left;
        {
            auto state = state_.Lock();
            state->stopping = true;
            state->scheduler.Drain();
            left = state->scheduler.TakeAll();
        }
        state_.NotifyAll();
        for (Waiting& item : left) AnswerAndLeave(std::move(item), Stopping());
        preparers_.Stop();
        for (std::jthread& worker : workers_) {
            if (worker.joinable()) worker.join();
        }
    }

  private:
    struct State {
        State(const ModelOptions& options, engine::Model& model)
            : scheduler(options, model.BatchingNow(),
                        static_cast<size_t>(std::max(1, model.Concurrency())),
                        static_cast<size_t>(std::max(1, model.Lanes()))) {}

        detail::BatchScheduler scheduler;
        int sleeping = 0;                        ///< workers
        int signals = 0;                         ///< of them, those that were told to wake
        SteadyTime wake_at = SteadyTime::max();  ///< when one of them will by itself
        bool stopping = false;
        std::vector<std::function<void()>> drained;

        /// What waited for the last request to leave, where that has left.
        std::vector<std::function<void()>> NowDrained() {
            return scheduler.Outstanding() == 0 ? std::exchange(drained, {})
                                                : std::vector<std::function<void()>>();
        }
        /// Whether a sleeping worker must be woken for what the queue now holds.
        bool NeedsWaking(SteadyTime now) {
            if (signals >= sleeping) return false;
            const Decision next = scheduler.Next(now);
            if (next.kind == Decision::Kind::kNone) return false;
            if (next.kind == Decision::Kind::kWait && next.until >= wake_at) return false;
            signals++;
            return true;
        }
    };

    void Prepare(Waiting item, engine::Request request, bool at_once) {
        const SteadyTime started = clock_.Now();
        if (started >= item.deadline) {
            Error error = Expired(item, started);
            return AnswerAndLeave(std::move(item), std::move(error));
        }
        auto prepared = PrepareSafely(std::move(request));
        const SteadyTime now = clock_.Now();
        prepare_cost_.Observe(item.bytes, Between(started, now));
        if (!prepared) return AnswerAndLeave(std::move(item), std::move(prepared.error()));
        item.prepared = std::move(*prepared);

        const SteadyTime deadline = item.deadline;
        std::optional<Batch> batch;
        std::optional<Waiting> too_late;
        bool wake = false;
        {
            auto state = state_.Lock();
            if (state->stopping) {
                too_late = std::move(item);
            } else {
                if (at_once) batch = state->scheduler.TakeAlone(item, now, kRunAtOnce);
                if (!batch) {
                    state->scheduler.Add(std::move(item));
                    wake = state->NeedsWaking(now);
                }
            }
        }
        if (too_late) return AnswerAndLeave(std::move(*too_late), Stopping());
        if (batch) {
            if (RunBatch(std::move(*batch), false)) state_.NotifyOne();
            return;
        }
        if (wake) state_.NotifyOne();
        timer_.NoLaterThan(deadline);
    }

    core::Result<std::unique_ptr<engine::Prepared>> PrepareSafely(engine::Request request) {
        try {
            return model_.Prepare(std::move(request));
        } catch (const std::exception& error) {
            return Fail(Code::kInternal,
                        std::string("the model failed to read the request: ") + error.what());
        }
    }

    void Work() {
        core::SetThreadName("host-worker");
        while (auto batch = WaitForBatch()) {
            if (batch->items.empty()) {
                AnswerExpired();
            } else {
                RunBatch(std::move(*batch), true);
            }
        }
    }

    /// nullopt when the batcher stops; an empty one when expired requests are in the way.
    std::optional<Batch> WaitForBatch() {
        auto state = state_.Lock();
        while (!state->stopping) {
            const SteadyTime now = clock_.Now();
            // What expired may not leave with a batch, even where the timer is late.
            if (state->scheduler.EarliestDeadline() <= now) return Batch{};
            const Decision next = state->scheduler.Next(now);
            if (next.kind == Decision::Kind::kLeave) {
                Batch batch = state->scheduler.Take(next, now);
                if (state->NeedsWaking(now)) state_.NotifyOne();
                return batch;
            }
            const auto told = [&] { return state->signals > 0 || state->stopping; };
            state->sleeping++;
            if (next.kind == Decision::Kind::kWait) {
                state->wake_at = std::min(state->wake_at, next.until);
                state.WaitUntil(next.until, told);
            } else {
                state.Wait(told);
            }
            state->sleeping--;
            state->signals = std::max(0, state->signals - 1);
            state->wake_at = SteadyTime::max();
        }
        return std::nullopt;
    }

    /// Where the thread does not look for more itself: true when a worker must be woken for it.
    bool RunBatch(Batch batch, bool looks_for_more) {
        std::vector<std::unique_ptr<engine::Prepared>> inputs;
        inputs.reserve(batch.items.size());
        SteadyTime deadline = batch.started;
        size_t bytes = 0;
        for (Waiting& item : batch.items) {
            inputs.push_back(std::move(item.prepared));
            deadline = std::max(deadline, item.deadline);
            bytes += item.bytes;
        }
        auto replies = RunSafely(inputs, deadline);
        // Of a model that is down all are refused, in no time.
        const bool ran = !std::ranges::all_of(replies, [](const auto& reply) {
            return !reply && reply.error().code == Code::kUnavailable;
        });
        const SteadyTime now = clock_.Now();
        SteadyTime began;
        bool wake = false;
        {
            auto state = state_.Lock();
            began = state->scheduler.Finish(batch, now, model_.BatchingNow(), ran);
            wake = (!looks_for_more || now - began > kAnswerMeanwhile) && state->NeedsWaking(now);
        }
        if (wake && looks_for_more) state_.NotifyOne();

        const microseconds took = Between(began, now);
        std::vector<uint64_t> queued_us;
        queued_us.reserve(batch.items.size());
        for (const Waiting& item : batch.items) {
            queued_us.push_back(static_cast<uint64_t>(Between(item.arrival, began).count()));
        }
        const detail::BatchCalls calls(inputs);
        metrics_.BatchRan(queued_us, calls, static_cast<uint64_t>(took.count()), batch.reason,
                          static_cast<uint64_t>(clock_.WallNow().time_since_epoch().count()));
        {
            const net::FrameCork cork;
            for (size_t i = 0; i < batch.items.size(); i++) {
                Answer(batch.items[i], std::move(replies[i]),
                       serving::Trace{queued_us[i], static_cast<uint64_t>(took.count()),
                                      calls.SizeFor(*inputs[i]),
                                      calls.ReasonFor(*inputs[i], batch.reason)});
            }
        }
        std::vector<std::function<void()>> drained;
        {
            auto state = state_.Lock();
            state->scheduler.LeaveBatch(batch.items.size(), bytes);
            drained = state->NowDrained();
        }
        for (const auto& call : drained) call();
        return wake && !looks_for_more;
    }

    /// As many replies as inputs, whatever the model does.
    std::vector<core::Result<engine::Reply>> RunSafely(
        std::span<const std::unique_ptr<engine::Prepared>> inputs, SteadyTime deadline) {
        std::vector<core::Result<engine::Reply>> replies;
        Error missing(Code::kInternal, "the model gave fewer answers than it got requests");
        try {
            replies = model_.Run(inputs, deadline);
        } catch (const std::exception& error) {
            replies.clear();
            missing.message = std::string("the model failed: ") + error.what();
        }
        while (replies.size() < inputs.size()) replies.emplace_back(Fail(missing));
        return replies;
    }

    void Answer(Waiting& item, core::Result<engine::Reply> reply,
                std::optional<serving::Trace> trace = std::nullopt) {
        metrics_.Answered(reply ? nullptr : &reply.error(), trace);
        item.done({std::move(reply), trace});
    }

    void AnswerAndLeave(Waiting item, Error error) {
        Answer(item, Fail(std::move(error)));
        Leave(1, item.bytes);
    }

    void Leave(size_t requests, size_t bytes) {
        std::vector<std::function<void()>> drained;
        {
            auto state = state_.Lock();
            state->scheduler.Leave(requests, bytes);
            drained = state->NowDrained();
        }
        for (const auto& call : drained) call();
    }

    SteadyTime AnswerExpired() {
        const SteadyTime now = clock_.Now();
        std::vector<Waiting> expired;
        SteadyTime next;
        {
            auto state = state_.Lock();
            expired = state->scheduler.TakeExpired(now);
            next = state->scheduler.EarliestDeadline();
        }
        for (Waiting& item : expired) {
            Error error = Expired(item, now);
            AnswerAndLeave(std::move(item), std::move(error));
        }
        return next;
    }

    engine::Model& model_;
    const core::milliseconds response_timeout_;
    const int prepare_threads_;
    HostMetrics& metrics_;
    const core::Clock& clock_;
    detail::PrepareCost prepare_cost_;
    core::Guarded<State> state_;
    core::WorkerPool preparers_;
    detail::DeadlineTimer timer_;
    std::vector<std::jthread> workers_;
};

Batcher::Batcher(engine::Model& model, const BatcherOptions& options, HostMetrics& metrics,
                 const core::Clock& clock)
    : impl_(std::make_unique<Impl>(model, options, metrics, clock)) {
}

Batcher::~Batcher() {
    Stop();
}

void Batcher::Submit(Job job) {
    impl_->Submit(std::move(job));
}

void Batcher::Learn(int rows, microseconds took) {
    impl_->Learn(rows, took);
}

BatchLimits Batcher::Limits() const {
    return impl_->Limits();
}

size_t Batcher::Outstanding() const {
    return impl_->Outstanding();
}

void Batcher::Drain(std::function<void()> drained) {
    impl_->Drain(std::move(drained));
}

void Batcher::Stop() {
    impl_->Stop();
}

}  // namespace gyre::host
