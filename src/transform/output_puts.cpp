#include "transform/output_puts.h"

#include <utility>

#include "core/worker_pool.h"
#include "transform/answer_excerpt.h"

namespace gyre::transform {
namespace {

constexpr size_t kMostWaiting = 64;  // small ones
/// Nobody waits for an output, so others may come to share its commit.
constexpr size_t kEnough = 32;
constexpr core::milliseconds kGather{50};

}  // namespace

OutputPuts::OutputPuts(objects::ObjectStore& store, Journal& journal, std::string bucket,
                       std::function<void(const core::Error&)> broken)
    : store_(store), journal_(journal), bucket_(std::move(bucket)), broken_(std::move(broken)) {
    thread_ = std::thread([this] { Run(); });
}

OutputPuts::~OutputPuts() {
    state_.Lock()->waiting.clear();
    Finish();
}

void OutputPuts::Add(Output output) {
    size_t waiting = 0;
    {
        auto state = state_.Lock();
        state.Wait([&] { return state->waiting.size() < kMostWaiting || state->broken; });
        if (state->broken) return;
        state->waiting.push_back(std::move(output));
        waiting = state->waiting.size();
    }
    if (waiting == 1 || waiting == kEnough) state_.NotifyAll();
}

void OutputPuts::Finish() {
    state_.Lock()->ended = true;
    state_.NotifyAll();
    if (thread_.joinable()) thread_.join();
}

void OutputPuts::Run() {
    core::SetThreadName("transform-put");
    while (true) {
        std::vector<Output> outputs;
        {
            auto state = state_.Lock();
            state.Wait([&] { return !state->waiting.empty() || state->ended; });
            if (state->waiting.empty()) return;
            state.WaitUntil(core::SystemClock().Now() + kGather,
                            [&] { return state->waiting.size() >= kEnough || state->ended; });
            outputs.swap(state->waiting);
        }
        state_.NotifyAll();
        core::Status put;
        try {
            put = Put(outputs);
        } catch (const std::exception& error) {  // out of memory
            put = core::Fail(core::Code::kInternal, error.what());
        }
        if (put) continue;
        {
            auto state = state_.Lock();
            state->broken = true;
            state->waiting.clear();
        }
        state_.NotifyAll();
        return broken_(put.error());
    }
}

core::Status OutputPuts::Put(const std::vector<Output>& outputs) {
    std::vector<objects::SmallObject> objects;
    Journal::Lines begun;
    const core::WallTime now = core::SystemClock().WallNow();
    for (const Output& output : outputs) {
        objects.push_back({bucket_, output.key, output.body, output.content_type});
        begun.Intent(output.index, {output.body.size(), now, output.records});
    }
    GYRE_TRY(journal_.Write(begun));
    const auto answers = store_.PutTogether(objects);
    Journal::Lines ended;
    for (size_t i = 0; i < outputs.size(); i++) {
        const Output& output = outputs[i];
        if (answers[i]) {
            ended.Done(output.index, output.input, output.records);
            continue;
        }
        RecordFailure failure = output.failure;
        failure.reason = AnswerExcerpt("the output s3://" + bucket_ + "/" + output.key +
                                       " cannot be put: " + answers[i].error().message);
        ended.Failed(output.index, output.input, failure);
    }
    return journal_.Write(ended);
}

}  // namespace gyre::transform
