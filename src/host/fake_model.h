#pragma once

#include <algorithm>
#include <condition_variable>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/guarded.h"
#include "engine/model.h"

namespace gyre::host {

/// A model for tests that does what a request's body says, word by word: "key:K" is its batch key,
/// "rows:N" its rows, "refuse" fails to prepare, "throw" throws when it runs ("throw in prepare"
/// before), "forget" loses an answer, "down" is answered with kUnavailable; "call:N" says which
/// call of its batch answers it, "call:N!" that another shape began with that, "call:none" that
/// none did; every other request is echoed.
class FakeModel final : public engine::Model {
  public:
    struct Options {
        int concurrency = 1;
        bool batches = true;
        int lanes = 0;  ///< 0: all
    };

    explicit FakeModel(const Options& options)
        : concurrency_(options.concurrency), lanes_(options.lanes) {
        info_.platform = "fake";
        info_.batches = options.batches;
    }

    const engine::ModelInfo& Info() const override { return info_; }
    int Concurrency() const override { return concurrency_; }
    int Lanes() const override { return lanes_ > 0 ? lanes_ : concurrency_; }

    core::Result<std::unique_ptr<engine::Prepared>> Prepare(engine::Request request) override {
        if (request.body.View().starts_with("throw in prepare")) throw std::runtime_error("thrown");
        if (request.body.View().starts_with("refuse")) {
            return core::Fail(core::Code::kInvalidArgument, "a body that says refuse");
        }
        if (request.body.size() > 10'000) {
            auto state = state_.Lock();
            state.Wait([&] { return !state->hold_prepare; });
        }
        return std::make_unique<Input>(std::move(request.body).Text());
    }

    std::vector<core::Result<engine::Reply>> Run(
        std::span<const std::unique_ptr<engine::Prepared>> batch, core::SteadyTime) override {
        std::vector<core::Result<engine::Reply>> replies;
        std::string names;
        for (const auto& item : batch) {
            const std::string& body = static_cast<const Input&>(*item).body;
            names += (names.empty() ? "" : " ") + body;
            if (body == "down") {
                replies.emplace_back(core::Fail(core::Code::kUnavailable, "a model that is down"));
            } else {
                replies.emplace_back(engine::Reply{.body = body});
            }
        }
        {
            auto state = state_.Lock();
            state->batches.push_back(names);
            state->ran_on = std::this_thread::get_id();
            state->largest = std::max(state->largest, batch.size());
            state->most_at_once = std::max(state->most_at_once, ++state->running);
            state_.NotifyAll();
            state.Wait([&] { return !state->hold; });
            state->running--;
        }
        for (const auto& item : batch) {
            auto& input = static_cast<Input&>(*item);
            if (!input.call || input.uncalled) continue;
            input.call->requests =
                static_cast<uint32_t>(std::ranges::count_if(batch, [&](const auto& other) {
                    const auto& call = static_cast<const Input&>(*other).call;
                    return call && !static_cast<const Input&>(*other).uncalled &&
                           call->number == input.call->number;
                }));
        }
        if (names.find("throw") != std::string::npos) throw std::runtime_error("thrown");
        if (names.find("forget") != std::string::npos) replies.pop_back();
        return replies;
    }

    void Hold() { state_.Lock()->hold = true; }
    void Release() {
        state_.Lock()->hold = false;
        state_.NotifyAll();
    }
    void HoldPrepare() { state_.Lock()->hold_prepare = true; }
    void ReleasePrepare() {
        state_.Lock()->hold_prepare = false;
        state_.NotifyAll();
    }
    void WaitForRuns(size_t count) {
        auto state = state_.Lock();
        state.Wait([&] { return state->batches.size() >= count; });
    }
    /// The bodies of each batch that ran, joined by spaces.
    std::vector<std::string> Batches() { return state_.Lock()->batches; }
    size_t LargestBatch() { return state_.Lock()->largest; }
    int MostAtOnce() { return state_.Lock()->most_at_once; }
    /// The last batch's thread.
    std::thread::id RanOn() { return state_.Lock()->ran_on; }

  private:
    struct Input final : engine::Prepared {
        explicit Input(std::string text) : body(std::move(text)) {
            if (body.starts_with("key:")) key = body.substr(4, body.find(' ') - 4);
            if (body.starts_with("rows:")) rows = std::stoi(body.substr(5));
            if (!body.starts_with("call:")) return;
            uncalled = body.starts_with("call:none");
            call = engine::Call{uncalled ? 0U : static_cast<uint32_t>(std::stoi(body.substr(5))), 0,
                                body.find('!') != std::string::npos};
        }
        const std::string& BatchKey() const override { return key; }
        int Rows() const override { return rows; }
        const engine::Call* AnsweredBy() const override { return call ? &*call : nullptr; }

        std::string body;
        std::optional<engine::Call> call;
        bool uncalled = false;
        std::string key;
        int rows = 1;
    };
    struct State {
        bool hold = false;
        bool hold_prepare = false;
        int running = 0;
        int most_at_once = 0;
        std::thread::id ran_on;
        size_t largest = 0;
        std::vector<std::string> batches;
    };

    engine::ModelInfo info_;
    const int concurrency_;
    const int lanes_;
    core::Guarded<State> state_;
};

}  // namespace gyre::host
