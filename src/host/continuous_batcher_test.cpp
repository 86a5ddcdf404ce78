#include "host/continuous_batcher.h"

#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <thread>

#include "core/guarded.h"

namespace gyre::host {
namespace {

using core::Code;
using core::SteadyTime;

struct Sequence final : engine::Prepared {
    engine::Request request;
    std::string key;
    int left = 0;
    const std::string& BatchKey() const override { return key; }
    int Rows() const override { return 1; }
};

/// A request's body says how many steps it takes ("3"), or that it is to be alone ("alone 3"), or
/// that it ends its step with an exception ("throw").
class SteppingModel final : public engine::Model {
  public:
    explicit SteppingModel(int rows, int lanes = 1) : rows_(rows), lanes_(lanes) {}
    const engine::ModelInfo& Info() const override { return info_; }
    int Concurrency() const override { return lanes_; }
    int ContinuousRows() const override { return rows_; }
    std::vector<core::Result<engine::Reply>> Run(std::span<const std::unique_ptr<engine::Prepared>>,
                                                 SteadyTime) override {
        return {};
    }
    core::Result<std::unique_ptr<engine::Prepared>> Prepare(engine::Request request) override {
        std::string text(request.body.View());
        if (text == "refuse") return core::Fail(Code::kInvalidArgument, "a body that says refuse");
        auto prepared = std::make_unique<Sequence>();
        if (text.starts_with("alone ")) {
            prepared->key = text;
            text = text.substr(6);
        }
        prepared->left = text == "throw" ? -1 : std::stoi(text);
        prepared->request = std::move(request);
        return prepared;
    }
    std::unique_ptr<engine::Steps> NewSteps() override { return std::make_unique<Lane>(*this); }

    /// The ids that each step had, joined by spaces.
    std::vector<std::string> Steps() { return state_.Lock()->steps; }
    void Hold() { state_.Lock()->hold = true; }
    void Release() {
        state_.Lock()->hold = false;
        state_.NotifyAll();
    }
    /// Waits for the n-th step to begin.
    void WaitForStep(size_t n) {
        auto state = state_.Lock();
        state.Wait([&] { return state->steps.size() >= n; });
    }

  private:
    class Lane final : public engine::Steps {
      public:
        explicit Lane(SteppingModel& model) : model_(model) {}
        Replies Step(std::span<engine::Prepared* const> batch, SteadyTime) override {
            if (batch.empty()) return {};
            std::string ids;
            for (engine::Prepared* item : batch) {
                ids += (ids.empty() ? "" : " ") + static_cast<Sequence*>(item)->request.id;
            }
            {
                auto state = model_.state_.Lock();
                state->steps.push_back(ids);
                model_.state_.NotifyAll();
                state.Wait([&] { return !state->hold; });
            }
            Replies replies(batch.size());
            for (size_t i = 0; i < batch.size(); i++) {
                auto& sequence = static_cast<Sequence&>(*batch[i]);
                if (sequence.left < 0) throw std::runtime_error("thrown");
                if (--sequence.left <= 0) replies[i] = engine::Reply{.body = sequence.request.id};
            }
            return replies;
        }

      private:
        SteppingModel& model_;
    };
    struct State {
        std::vector<std::string> steps;
        bool hold = false;
    };
    const int rows_;
    const int lanes_;
    engine::ModelInfo info_;
    core::Guarded<State> state_;
};

/// A batcher over such a model, and what its requests were answered.
struct House {
    explicit House(int rows, int lanes = 1, const ModelOptions& options = {},
                   const core::Clock& time = core::SystemClock())
        : clock(time), model(rows, lanes), metrics("e", "v", "i") {
        batcher = StartContinuousBatcher(model, options, metrics, clock);
    }
    void Ask(const std::string& id, const std::string& body,
             SteadyTime deadline = SteadyTime::max(), bool whole = false) {
        engine::Request request;
        request.id = id;
        request.body = body;
        if (!whole) request.on_part = [](const engine::Reply&) {};
        batcher->Submit(
            {std::move(request), clock.Now(), deadline, [this, id](JobRunner::Outcome outcome) {
                 auto all = answers.Lock();
                 all->emplace(id, outcome.reply
                                      ? std::string(outcome.reply->body.View())
                                      : std::string(core::CodeName(outcome.reply.error().code)));
                 answers.NotifyAll();
             }});
    }
    /// "CODE" for an error.
    std::string AnswerOf(const std::string& id) {
        auto all = answers.Lock();
        REQUIRE(all.WaitUntil(core::SystemClock().Now() + core::seconds(30),
                              [&] { return all->contains(id); }));
        return all->find(id)->second;
    }

    const core::Clock& clock;
    SteppingModel model;
    HostMetrics metrics;
    core::Guarded<std::multimap<std::string, std::string>> answers;
    std::unique_ptr<JobRunner> batcher;
};

using Strings = std::vector<std::string>;

TEST_CASE("requests join at the next step and leave when they are done") {
    House house(3);
    house.model.Hold();
    house.Ask("a", "3");
    house.model.WaitForStep(1);
    house.Ask("b", "1");
    house.Ask("c", "2");
    house.Ask("d", "1");
    house.model.Release();
    for (const char* id : {"a", "b", "c", "d"}) CHECK(house.AnswerOf(id) == id);
    CHECK(house.model.Steps() == Strings{"a", "a b c", "a c d"});
    house.batcher->Stop();
    CHECK(house.batcher->Outstanding() == 0);
}

TEST_CASE("one that is to be alone waits for those before it, and holds back those behind it") {
    House house(4);
    house.model.Hold();
    house.Ask("a", "2");
    house.model.WaitForStep(1);
    house.Ask("b", "alone 2");
    house.Ask("c", "1");
    house.model.Release();
    CHECK(house.AnswerOf("c") == "c");
    CHECK(house.model.Steps() == Strings{"a", "a", "b", "b", "c"});
}

TEST_CASE("one that is forgotten leaves, wherever it is") {
    House house(2);
    house.model.Hold();
    house.Ask("a", "1000000");
    house.Ask("b", "3");
    house.model.WaitForStep(1);
    house.Ask("waits", "1");
    house.batcher->Forget("a");
    house.batcher->Forget("waits");
    house.batcher->Forget("nobody");
    house.model.Release();
    CHECK(house.AnswerOf("a") == core::CodeName(Code::kCancelled));
    CHECK(house.AnswerOf("waits") == core::CodeName(Code::kCancelled));
    CHECK(house.AnswerOf("b") == "b");
    house.Ask("a", "1");
    house.Ask("waits", "1");
    CHECK(house.AnswerOf("a") == core::CodeName(Code::kCancelled));
    while (house.answers.Lock()->count("waits") < 2) std::this_thread::yield();
    CHECK(house.answers.Lock()->count("a") == 2);
    CHECK(house.model.Steps().back().find("a") != std::string::npos);
}

TEST_CASE(
    "a deadline of its own ends a request between steps, the response timeout its wait, and one "
    "that is wanted whole") {
    ModelOptions options;
    options.response_timeout = core::milliseconds(20);
    core::FakeClock clock;
    House house(1, 1, options, clock);
    house.model.Hold();
    house.Ask("long", "2");
    house.model.WaitForStep(1);
    house.Ask("behind", "1");
    clock.Advance(core::milliseconds(20));
    house.model.Release();
    CHECK(house.AnswerOf("long") == "long");
    CHECK(house.AnswerOf("behind") == core::CodeName(Code::kDeadlineExceeded));
    house.model.Hold();
    house.Ask("hasty", "1000000", clock.Now() + core::milliseconds(10));
    house.model.WaitForStep(3);
    clock.Advance(core::milliseconds(10));
    house.model.Release();
    CHECK(house.AnswerOf("hasty") == core::CodeName(Code::kDeadlineExceeded));
    house.model.Hold();
    house.Ask("whole", "1000000", SteadyTime::max(), true);
    house.model.WaitForStep(4);
    clock.Advance(core::milliseconds(20));
    house.model.Release();
    CHECK(house.AnswerOf("whole") == core::CodeName(Code::kDeadlineExceeded));
}

TEST_CASE("a model that throws fails those of its step, and nobody else") {
    House house(4);
    CHECK((house.Ask("bad", "throw"), house.AnswerOf("bad")) == core::CodeName(Code::kInternal));
    CHECK((house.Ask("refused", "refuse"), house.AnswerOf("refused")) ==
          core::CodeName(Code::kInvalidArgument));
    CHECK((house.Ask("good", "2"), house.AnswerOf("good")) == "good");
}

TEST_CASE("what waits is bounded") {
    ModelOptions options;
    options.max_queue = 1;
    House house(1, 1, options);
    house.model.Hold();
    house.Ask("runs", "1");
    house.model.WaitForStep(1);
    house.Ask("waits", "1");
    house.Ask("one too many", "1");
    CHECK(house.AnswerOf("one too many") == core::CodeName(Code::kUnavailable));
    house.model.Release();
    CHECK(house.AnswerOf("waits") == "waits");
}

TEST_CASE("drained when nothing is under way; stopped between two steps") {
    core::Guarded<bool> drained;  // outlives the thread that tells
    House house(2);
    house.model.Hold();
    house.Ask("a", "2");
    house.model.WaitForStep(1);
    house.batcher->Drain([&] {
        *drained.Lock() = true;
        drained.NotifyAll();
    });
    house.Ask("late", "1");
    CHECK(house.AnswerOf("late") == core::CodeName(Code::kUnavailable));
    CHECK_FALSE(*drained.Lock());
    house.model.Release();
    CHECK(house.AnswerOf("a") == "a");
    auto done = drained.Lock();
    CHECK(done.WaitUntil(core::SystemClock().Now() + core::seconds(30), [&] { return *done; }));

    House other(2);
    other.Ask("endless", "1000000000");
    other.model.WaitForStep(2);
    other.batcher->Stop();
    other.batcher->Stop();
    CHECK(other.AnswerOf("endless") == core::CodeName(Code::kUnavailable));
}

TEST_CASE("many sequences from many threads: one answer each, and no batch is too large") {
    House house(4, 2);
    {
        std::vector<std::jthread> clients;
        for (int client = 0; client < 8; client++) {
            clients.emplace_back([&house, client] {
                for (int i = 0; i < 200; i++) {
                    const std::string id = std::to_string(client) + "-" + std::to_string(i);
                    const std::string alone = i % 17 == 0 ? "alone " : "";
                    house.Ask(id, i % 31 == 0 ? "throw" : alone + std::to_string(1 + i % 7));
                    if (i % 5 == 0) house.batcher->Forget(id);
                }
            });
        }
    }
    for (int client = 0; client < 8; client++) {
        for (int i = 0; i < 200; i++) {
            house.AnswerOf(std::to_string(client) + "-" + std::to_string(i));
        }
    }
    house.batcher->Stop();
    CHECK(house.answers.Lock()->size() == 1600);
    CHECK(house.batcher->Outstanding() == 0);
    for (const std::string& step : house.model.Steps()) {
        CHECK(std::ranges::count(step, ' ') < 4);
    }
}

}  // namespace
}  // namespace gyre::host
