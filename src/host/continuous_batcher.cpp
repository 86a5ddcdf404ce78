#include "host/continuous_batcher.h"

#include <algorithm>
#include <deque>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "core/guarded.h"
#include "core/worker_pool.h"

namespace gyre::host {
namespace {

using core::Code;
using core::Error;
using core::Fail;
using core::microseconds;
using core::SteadyTime;

uint64_t MicrosecondsFrom(SteadyTime from, SteadyTime to) {
    return static_cast<uint64_t>(
        std::max<int64_t>(0, std::chrono::duration_cast<microseconds>(to - from).count()));
}

Error Refused(const std::string& why) {
    Error error(Code::kUnavailable, why);
    error.http_status = 503;
    error.details["Retry-After"] = "1";
    return error;
}

core::Result<engine::Reply> Stopping() {
    return Fail(Refused("the host is stopping; retry the request"));
}

class ContinuousBatcher final : public JobRunner {
  public:
    ContinuousBatcher(engine::Model& model, const ModelOptions& options, HostMetrics& metrics,
                      const core::Clock& clock)
        : model_(model),
          response_timeout_(options.response_timeout),
          most_waiting_(static_cast<size_t>(options.max_queue)),
          most_bytes_(options.max_queue_bytes),
          rows_(static_cast<size_t>(model.ContinuousRows())),
          metrics_(metrics),
          clock_(clock) {
        for (int i = 0; i < std::max(1, model.Concurrency()); i++) {
            lanes_.emplace_back([this] { Work(); });
        }
    }
    ~ContinuousBatcher() override { Stop(); }
    ContinuousBatcher(const ContinuousBatcher&) = delete;
    ContinuousBatcher& operator=(const ContinuousBatcher&) = delete;

    void Submit(Job job) override {
        Member member;
        member.bytes = job.request.body.size();
        member.arrival = job.arrival;
        member.joins_by = std::min(job.deadline, job.arrival + response_timeout_);
        member.ends_by = job.request.on_part ? job.deadline : member.joins_by;
        member.done = std::move(job.done);
        const std::string id = job.request.id;
        core::Status admitted;
        if (auto prepared = model_.Prepare(std::move(job.request))) {
            member.prepared = std::move(*prepared);
            admitted = Admit(member, id);
        } else {
            admitted = Fail(std::move(prepared.error()));
        }
        if (admitted) return state_.NotifyOne();
        metrics_.Answered(&admitted.error(), std::nullopt);
        member.done({Fail(std::move(admitted.error())), std::nullopt});
    }

    void Forget(const std::string& request_id) override {
        auto state = state_.Lock();
        const auto [first, last] = state->requests.equal_range(request_id);
        for (auto request = first; request != last; ++request) request->second = true;
    }

    BatchLimits Limits() const override {
        return {.max_rows = static_cast<int>(rows_), .max_delay = {}, .most_rows = 0};
    }
    size_t Outstanding() const override { return state_.Lock()->requests.size(); }

    void Drain(std::function<void()> drained) override {
        {
            auto state = state_.Lock();
            state->draining = true;
            if (!state->requests.empty()) return state->drained.push_back(std::move(drained));
        }
        drained();
    }

    void Stop() override {
        std::deque<Member> waiting;
        {
            auto state = state_.Lock();
            state->draining = state->stopping = true;
            waiting.swap(state->waiting);
        }
        state_.NotifyAll();
        for (Member& member : waiting) Answer(member, {Stopping(), std::nullopt});
        for (std::jthread& lane : lanes_) {
            if (lane.joinable()) lane.join();
        }
    }

  private:
    /// Those that are not answered yet, by their ids: whether nobody waits for the answer any more.
    using Requests = std::multimap<std::string, bool>;

    struct Member {
        Requests::iterator request;
        std::unique_ptr<engine::Prepared> prepared;
        size_t bytes = 0;
        SteadyTime arrival;
        SteadyTime joins_by;
        SteadyTime ends_by;
        SteadyTime joined;
        bool stepped = false;
        Callback done;
    };
    using Batch = std::vector<Member>;

    struct State {
        Requests requests;
        std::deque<Member> waiting;
        size_t waiting_bytes = 0;
        bool draining = false;
        bool stopping = false;
        std::vector<std::function<void()>> drained;
    };

    /// To wait for a place.
    core::Status Admit(Member& member, const std::string& id) {
        auto state = state_.Lock();
        if (state->draining) {
            return Fail(Refused("the host is draining and takes no more requests"));
        }
        if (state->waiting.size() >= most_waiting_ ||
            state->waiting_bytes + member.bytes > most_bytes_) {
            return Fail(
                Refused("the model's queue is full (" + std::to_string(state->waiting.size()) +
                        " requests wait; GYRE_MAX_QUEUE and GYRE_MAX_QUEUE_MB set its bounds)"));
        }
        member.request = state->requests.emplace(id, false);
        state->waiting_bytes += member.bytes;
        state->waiting.push_back(std::move(member));
        return {};
    }

    void Work() {
        core::SetThreadName("host-steps");
        const auto steps = model_.NewSteps();
        Batch batch;
        while (Gather(batch)) Step(*steps, batch);
        for (Member& member : batch) Answer(member, {Stopping(), std::nullopt});
    }

    /// Lets leave whose time is up or who is forgotten, and join for whom there is a place. Waits
    /// while nobody is there. False when the batcher stops.
    bool Gather(Batch& batch) {
        std::vector<std::pair<Member, Error>> out;
        {
            auto state = state_.Lock();
            if (batch.empty()) {
                state.Wait([&] { return state->stopping || !state->waiting.empty(); });
            }
            if (state->stopping) return false;
            const SteadyTime now = clock_.Now();
            for (Member& member : std::exchange(batch, {})) {
                if (auto why = WhyLeave(member, member.ends_by, now)) {
                    out.emplace_back(std::move(member), std::move(*why));
                } else {
                    batch.push_back(std::move(member));
                }
            }
            while (!state->waiting.empty()) {
                Member& first = state->waiting.front();
                auto why = WhyLeave(first, first.joins_by, now);
                if (!why && !HasPlace(batch, *first.prepared)) break;
                state->waiting_bytes -= first.bytes;
                if (why) {
                    out.emplace_back(std::move(first), std::move(*why));
                } else {
                    first.joined = now;
                    batch.push_back(std::move(first));
                }
                state->waiting.pop_front();
            }
        }
        for (auto& [member, why] : out) Answer(member, {Fail(std::move(why)), std::nullopt});
        return true;
    }

    static std::optional<Error> WhyLeave(const Member& member, SteadyTime by, SteadyTime now) {
        if (member.request->second) return Error(Code::kCancelled, "its client has gone");
        if (now < by) return std::nullopt;
        return Error(Code::kDeadlineExceeded,
                     "the request's time ran out after " +
                         std::to_string(MicrosecondsFrom(member.arrival, now) / 1000) +
                         " ms, before the model " +
                         (member.stepped ? "was done with it" : "could take it"));
    }

    bool HasPlace(const Batch& batch, const engine::Prepared& comer) const {
        if (batch.empty()) return true;
        return batch.size() < rows_ && comer.BatchKey().empty() &&
               batch.front().prepared->BatchKey().empty();
    }

    void Step(engine::Steps& steps, Batch& batch) {
        const SteadyTime began = clock_.Now();
        std::vector<uint64_t> queued_us;
        for (Member& member : batch) {
            if (std::exchange(member.stepped, true)) continue;
            queued_us.push_back(MicrosecondsFrom(member.arrival, member.joined));
        }
        auto replies = StepSafely(steps, batch);
        if (batch.empty()) return;
        const SteadyTime now = clock_.Now();
        const auto rows = static_cast<uint32_t>(batch.size());
        metrics_.StepRan(queued_us, rows, MicrosecondsFrom(began, now),
                         static_cast<uint64_t>(clock_.WallNow().time_since_epoch().count()));
        size_t row = 0;
        for (Member& member : std::exchange(batch, {})) {
            auto& reply = replies[row++];
            if (!reply) {
                batch.push_back(std::move(member));
                continue;
            }
            const serving::Trace trace{.queue_us = MicrosecondsFrom(member.arrival, member.joined),
                                       .compute_us = MicrosecondsFrom(member.joined, now),
                                       .batch_size = rows,
                                       .reason = serving::LeaveReason::kIdle};
            metrics_.Predicted(trace.queue_us + trace.compute_us);
            Answer(member, {std::move(*reply), trace});
        }
    }

    /// A reply or none for each of the batch, whatever the model does.
    static engine::Steps::Replies StepSafely(engine::Steps& steps, const Batch& batch) {
        std::vector<engine::Prepared*> prepared;
        for (const Member& member : batch) prepared.push_back(member.prepared.get());
        try {
            // Whoever waits for the model's workers has joined just now; the last waits longest.
            return steps.Step(prepared, batch.empty() ? SteadyTime{} : batch.back().joins_by);
        } catch (const std::exception& error) {
            return engine::Steps::Replies(
                batch.size(),
                core::Result<engine::Reply>(
                    Fail(Code::kInternal, std::string("the model failed: ") + error.what())));
        }
    }

    void Answer(Member& member, Outcome outcome) {
        const Error* error = outcome.reply ? nullptr : &outcome.reply.error();
        // That a client goes is no failure.
        if (error == nullptr || error->code != Code::kCancelled) {
            metrics_.Answered(error, outcome.trace);
        }
        member.done(std::move(outcome));
        std::vector<std::function<void()>> drained;
        {
            auto state = state_.Lock();
            state->requests.erase(member.request);
            if (state->requests.empty()) drained.swap(state->drained);
        }
        for (const auto& call : drained) call();
    }

    engine::Model& model_;
    const core::milliseconds response_timeout_;
    const size_t most_waiting_;
    const size_t most_bytes_;
    const size_t rows_;  ///< of a batch
    HostMetrics& metrics_;
    const core::Clock& clock_;
    core::Guarded<State> state_;
    std::vector<std::jthread> lanes_;
};

}  // namespace

std::unique_ptr<JobRunner> StartContinuousBatcher(engine::Model& model, const ModelOptions& options,
                                                  HostMetrics& metrics, const core::Clock& clock) {
    return std::make_unique<ContinuousBatcher>(model, options, metrics, clock);
}

}  // namespace gyre::host
