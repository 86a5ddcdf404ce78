#include "host/batcher.h"

#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <set>
#include <thread>

#include "core/guarded.h"
#include "host/fake_model.h"

namespace gyre::host {
namespace {

using core::Code;
using core::microseconds;
using core::milliseconds;
using core::SteadyTime;
using serving::LeaveReason;

SteadyTime InGoodTime() {
    return core::SystemClock().Now() + core::seconds(20);
}

/// Gathers outcomes in the order in which they come.
class Answers {
  public:
    Batcher::Callback Take(std::string id) {
        return [this, id = std::move(id)](Batcher::Outcome outcome) {
            auto list = list_.Lock();
            list->emplace_back(id, std::move(outcome));
            list_.NotifyAll();
        };
    }
    std::vector<std::pair<std::string, Batcher::Outcome>> Wait(size_t count) {
        auto list = list_.Lock();
        REQUIRE(list.WaitUntil(InGoodTime(), [&] { return list->size() >= count; }));
        return *list;
    }
    size_t Count() { return list_.Lock()->size(); }

  private:
    core::Guarded<std::vector<std::pair<std::string, Batcher::Outcome>>> list_;
};

struct Bench {
    explicit Bench(FakeModel::Options fake = {}, ModelOptions options = {})
        : model(fake),
          metrics("e", "v", "i"),
          batcher(model, {options, 2}, metrics, core::SystemClock()) {}

    void Submit(const std::string& body, milliseconds left = milliseconds(20'000)) {
        const SteadyTime now = core::SystemClock().Now();
        batcher.Submit({{.id = body, .body = body}, now, now + left, answers.Take(body)});
    }
    /// Occupies the only worker: returns when the model runs it.
    void Block() {
        model.Hold();
        Submit("block");
        model.WaitForRuns(1);
    }

    Answers answers;
    FakeModel model;
    HostMetrics metrics;
    Batcher batcher;
};

TEST_CASE("what gathers behind a busy worker leaves as one batch, in order of arrival") {
    Bench bench;
    bench.Block();
    for (const char* body : {"a", "b", "c"}) bench.Submit(body);
    CHECK(bench.batcher.Outstanding() == 4);
    bench.model.Release();
    const auto answers = bench.answers.Wait(4);
    CHECK(bench.model.Batches() == std::vector<std::string>{"block", "a b c"});
    for (size_t i = 1; i < answers.size(); i++) {
        const auto& [id, outcome] = answers[i];
        REQUIRE(outcome.reply);
        CHECK(outcome.reply->body == id);
        CHECK(outcome.trace->batch_size == 3);
        CHECK(outcome.trace->reason == LeaveReason::kIdle);
    }
    CHECK(answers[1].first == "a");
    CHECK(answers[3].first == "c");
}

TEST_CASE("a full batch is laid out while another computes, a smaller one stays open") {
    Bench bench({.concurrency = 2, .lanes = 1}, [] {
        ModelOptions options;
        options.batch_size = 2;
        return options;
    }());
    bench.Block();
    bench.Submit("a");
    bench.Submit("b");
    bench.model.WaitForRuns(2);
    bench.Submit("c");
    bench.model.Release();
    bench.answers.Wait(4);
    CHECK(bench.model.Batches() == std::vector<std::string>{"block", "a b", "c"});
}

TEST_CASE("what the warm-up found cheapest is the size to gather") {
    Bench bench;
    for (int i = 0; i < 5; i++) {
        bench.batcher.Learn(1, core::microseconds(1'000));
        bench.batcher.Learn(2, core::microseconds(4'000));
    }
    CHECK(bench.batcher.Limits().max_rows == 1);
    bench.Block();
    for (const char* body : {"a", "b"}) bench.Submit(body);
    bench.model.Release();
    bench.answers.Wait(3);
    CHECK(bench.model.Batches() == std::vector<std::string>{"block", "a", "b"});
}

TEST_CASE("batch size and delay: whichever comes first") {
    ModelOptions options;
    options.batch_size = 2;
    options.batch_delay = milliseconds(10'000);
    Bench bench({}, options);
    bench.Submit("a");
    bench.Submit("b");
    CHECK(bench.answers.Wait(2)[0].second.trace->reason == LeaveReason::kFull);
    const SteadyTime started = core::SystemClock().Now();
    bench.batcher.Submit({{.id = "c", .body = "c"},
                          started - milliseconds(9'960),
                          SteadyTime::max(),
                          bench.answers.Take("c")});
    const auto last = bench.answers.Wait(3)[2];
    CHECK(last.first == "c");
    CHECK(last.second.trace->reason == LeaveReason::kDelay);
    CHECK(last.second.trace->queue_us >= 10'000'000);
    CHECK(core::SystemClock().Now() - started >= milliseconds(40));
    CHECK(bench.model.Batches() == std::vector<std::string>{"a b", "c"});
}

TEST_CASE("age counts from the arrival at the front door") {
    ModelOptions options;
    options.batch_size = 8;
    options.batch_delay = milliseconds(10'000);
    Bench bench({}, options);
    const SteadyTime now = core::SystemClock().Now();
    bench.batcher.Submit({{.id = "old", .body = "old"},
                          now - milliseconds(10'000),
                          SteadyTime::max(),
                          bench.answers.Take("old")});
    CHECK(bench.answers.Wait(1)[0].second.trace->reason == LeaveReason::kDelay);
}

TEST_CASE("a batch holds one key only") {
    Bench bench;
    bench.Block();
    for (const char* body : {"key:x 1", "key:y 1", "key:x 2"}) bench.Submit(body);
    bench.model.Release();
    const auto answers = bench.answers.Wait(4);
    CHECK(bench.model.Batches() == std::vector<std::string>{"block", "key:x 1 key:x 2", "key:y 1"});
    CHECK(answers[1].second.trace->reason == LeaveReason::kShape);
    CHECK(answers[3].second.trace->reason == LeaveReason::kIdle);
}

TEST_CASE("a batch that took several calls is counted and told by these") {
    Bench bench;
    bench.Block();
    for (const char* body : {"call:0 a", "call:1! b", "call:0 c", "call:none d", "call:2 e"}) {
        bench.Submit(body);
    }
    bench.model.Release();
    const auto answers = bench.answers.Wait(6);
    const auto trace = [&](size_t i) { return *answers[i].second.trace; };
    const uint32_t sizes[] = {1, 2, 1, 2, 0, 1};
    for (size_t i = 0; i < std::size(sizes); i++) CHECK(trace(i).batch_size == sizes[i]);
    for (const size_t i : {1, 3, 4}) CHECK(trace(i).reason == LeaveReason::kIdle);
    for (const size_t i : {2, 5}) CHECK(trace(i).reason == LeaveReason::kShape);
    bench.batcher.Stop();
    const std::string text = bench.metrics.PrometheusText();
    const std::string labels = "endpoint=\"e\",instance=\"i\",";
    for (const std::string& expected :
         {"gyre_batch_size_count{" + labels + "variant=\"v\"} 4",
          "gyre_batch_size_sum{" + labels + "variant=\"v\"} 5",
          "gyre_batches_total{" + labels + "reason=\"idle\",variant=\"v\"} 2",
          "gyre_batches_total{" + labels + "reason=\"shape\",variant=\"v\"} 1"}) {
        CAPTURE(text);
        CHECK(text.find(expected) != std::string::npos);
    }
    CHECK(bench.metrics.Statistics().by_size[1].count == 3);
    CHECK(bench.metrics.Statistics().by_size[2].count == 1);
}

TEST_CASE("rows count, and a request larger than a batch goes alone") {
    ModelOptions options;
    options.batch_size = 4;
    options.batch_delay = milliseconds(0);
    Bench bench({}, options);
    bench.Block();
    for (const char* body : {"rows:3 a", "rows:2 b", "rows:9 c", "d"}) bench.Submit(body);
    bench.model.Release();
    bench.answers.Wait(5);
    CHECK(bench.model.Batches() ==
          std::vector<std::string>{"block", "rows:3 a", "rows:2 b", "rows:9 c", "d"});
}

TEST_CASE("a bad request is answered alone, at once and whatever else happens") {
    Bench bench;
    bench.Block();
    bench.Submit("good");
    bench.Submit("refuse");
    const auto early = bench.answers.Wait(1);
    CHECK(early[0].first == "refuse");
    CHECK(early[0].second.reply.error().code == Code::kInvalidArgument);
    bench.model.Release();
    const auto answers = bench.answers.Wait(3);
    CHECK(answers[2].second.reply->body == "good");
}

TEST_CASE("a model that throws or forgets an answer fails its batch and lives on") {
    Bench bench;
    bench.Submit("throw");
    CHECK(bench.answers.Wait(1)[0].second.reply.error().message.find("thrown") !=
          std::string::npos);
    bench.Submit("forget");
    CHECK(bench.answers.Wait(2)[1].second.reply.error().code == Code::kInternal);
    bench.Submit("throw in prepare");
    CHECK(bench.answers.Wait(3)[2].second.reply.error().code == Code::kInternal);
    bench.Submit("fine");
    CHECK(bench.answers.Wait(4)[3].second.reply->body == "fine");
}

TEST_CASE("what expires while it waits is answered then, though the worker is busy") {
    Bench bench;
    bench.Block();
    bench.Submit("late", milliseconds(20));
    bench.Submit("patient");
    const auto early = bench.answers.Wait(1);
    CHECK(early[0].first == "late");
    CHECK(early[0].second.reply.error().code == Code::kDeadlineExceeded);
    bench.model.Release();
    bench.answers.Wait(3);
    CHECK(bench.model.Batches() == std::vector<std::string>{"block", "patient"});
}

TEST_CASE("a request without a deadline gets the response timeout") {
    ModelOptions options;
    options.response_timeout = milliseconds(30);
    Bench bench({}, options);
    bench.Block();
    const SteadyTime now = core::SystemClock().Now();
    bench.batcher.Submit({{.body = "x"}, now, SteadyTime::max(), bench.answers.Take("x")});
    CHECK(bench.answers.Wait(1)[0].second.reply.error().code == Code::kDeadlineExceeded);
    bench.model.Release();
    bench.answers.Wait(2);
}

TEST_CASE("who cannot be served in time is refused at once, with when to come back") {
    ModelOptions options;
    options.batch_size = 1;
    Bench bench({}, options);
    for (int i = 0; i < 5; i++) bench.batcher.Learn(1, milliseconds(4'000));
    bench.Block();
    for (const char* body : {"a", "b"}) bench.Submit(body);
    bench.Submit("hurried", milliseconds(5'000));
    const auto refused = bench.answers.Wait(1)[0];  // while the worker is busy with the first
    CHECK(refused.first == "hurried");
    CHECK(refused.second.reply.error().code == Code::kUnavailable);
    CHECK(refused.second.reply.error().http_status == 503);
    CHECK(std::stoi(refused.second.reply.error().details.at("Retry-After")) >= 1);
    const int predicted = std::stoi(refused.second.reply.error().details.at("PredictedWaitMs"));
    CHECK(predicted > 10'000);
    CHECK(predicted <= 16'500);
    bench.Submit("patient", milliseconds(100'000));
    bench.model.Release();
    CHECK(bench.answers.Wait(5).size() == 5);
    CHECK(bench.metrics.PrometheusText().find("outcome=\"refused\"") != std::string::npos);
}

TEST_CASE("an idle model takes a request whatever it once took") {
    Bench bench;
    for (int i = 0; i < 5; i++) bench.batcher.Learn(1, core::seconds(100));
    bench.Submit("try");
    CHECK(bench.answers.Wait(1)[0].second.reply);
}

TEST_CASE("a p99 target refuses what would break it") {
    ModelOptions options;
    options.target_p99 = core::seconds(100);
    Bench bench({}, options);
    for (int i = 0; i < 5; i++) bench.batcher.Learn(1, core::seconds(60));
    CHECK(bench.batcher.Limits().max_rows == 1);
    bench.Block();
    bench.Submit("second", core::seconds(1'000));
    const auto answers = bench.answers.Wait(1);
    CHECK(answers[0].second.reply.error().code == Code::kUnavailable);
    bench.model.Release();
    bench.answers.Wait(2);
}

TEST_CASE("the queue is bounded by requests and by bytes") {
    ModelOptions by_count;
    by_count.max_queue = 2;
    ModelOptions by_bytes;
    by_bytes.max_queue_bytes = 12;
    for (const ModelOptions& options : {by_count, by_bytes}) {
        Bench bench({}, options);
        bench.Block();
        bench.Submit("second");
        bench.Submit("third!!");
        const auto early = bench.answers.Wait(1);
        CHECK(early[0].first == "third!!");
        CHECK(early[0].second.reply.error().code == Code::kUnavailable);
        CHECK(early[0].second.reply.error().message.find("queue is full") != std::string::npos);
        bench.model.Release();
        bench.answers.Wait(3);
        bench.Submit("again");
        CHECK(bench.answers.Wait(4)[3].second.reply);
    }
}

TEST_CASE("draining answers what came, refuses what comes, and says when all is done") {
    ModelOptions options;
    options.batch_size = 8;
    options.batch_delay = milliseconds(10'000);
    Bench bench({}, options);
    bench.model.Hold();
    bench.Submit("a");
    std::atomic<int> drained{0};
    bench.batcher.Drain([&] { drained++; });
    bench.model.WaitForRuns(1);
    CHECK(drained == 0);
    bench.Submit("b");
    const auto early = bench.answers.Wait(1);
    CHECK(early[0].second.reply.error().code == Code::kUnavailable);
    bench.model.Release();
    CHECK(bench.answers.Wait(2)[1].second.trace->reason == LeaveReason::kDrain);
    bench.batcher.Stop();
    CHECK(drained == 1);
    bench.batcher.Drain([&] { drained++; });
    CHECK(drained == 2);
}

TEST_CASE("stopping answers what waits and lets what runs finish") {
    Bench bench;
    bench.Block();
    bench.Submit("waits");
    std::thread stopper([&] { bench.batcher.Stop(); });
    const auto early = bench.answers.Wait(1);
    CHECK(early[0].first == "waits");
    CHECK(early[0].second.reply.error().code == Code::kUnavailable);
    bench.model.Release();
    stopper.join();
    CHECK(bench.answers.Wait(2)[1].second.reply->body == "block");
    bench.Submit("too late");
    CHECK(bench.answers.Wait(3)[2].second.reply.error().code == Code::kUnavailable);
    bench.batcher.Stop();
}

TEST_CASE("a decoding that takes long runs on the pool and keeps the submitter free") {
    Bench bench;
    bench.model.HoldPrepare();
    bench.Submit(std::string(100'000, 'x'));
    bench.Submit("small");
    CHECK(bench.answers.Wait(1)[0].first == "small");
    bench.model.ReleasePrepare();
    CHECK(bench.answers.Wait(2)[1].second.reply->body.size() == 100'000);
}

/// A stream of an empty body.
class NoBody final : public engine::Stream {
  public:
    core::Result<core::Body> NextPiece() override { return core::Body(); }
    core::Status Give(engine::Reply) override { return {}; }
    const core::CancelToken& Cancelled() const override { return cancelled_; }
    milliseconds Patience() const override { return milliseconds(1'000); }

  private:
    core::CancelToken cancelled_;
};

TEST_CASE("a quick model runs on the submitter's thread, but no stream, whose pieces that brings") {
    Bench bench;
    bench.batcher.Learn(1, microseconds(1));
    bench.Submit("quick");
    CHECK(bench.model.RanOn() == std::this_thread::get_id());
    bench.batcher.Submit({.request = {.body = "streamed", .stream = std::make_shared<NoBody>()},
                          .arrival = core::SystemClock().Now(),
                          .deadline = InGoodTime(),
                          .done = bench.answers.Take("streamed")});
    CHECK(bench.answers.Wait(2)[1].second.reply->body == "streamed");
    CHECK(bench.model.RanOn() != std::this_thread::get_id());
}

TEST_CASE("a model that is down teaches nothing about how long it takes") {
    Bench bench;
    for (size_t i = 1; i <= 20; i++) {
        bench.Submit("down");
        CHECK(bench.answers.Wait(i).back().second.reply.error().code == Code::kUnavailable);
        CHECK(bench.model.RanOn() != std::this_thread::get_id());
    }
}

TEST_CASE("many threads, workers, shapes, deadlines and failures: one answer each") {
    FakeModel::Options fake;
    fake.concurrency = 3;
    ModelOptions options;
    options.batch_size = 8;
    options.batch_delay = milliseconds(1);
    options.max_queue = 400;
    Bench bench(fake, options);
    constexpr int kThreads = 4;
    constexpr int kEach = 1'500;
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; t++) {
        threads.emplace_back([&bench, t] {
            const char* kinds[] = {"key:x ", "key:y ", "", "refuse ", "throw ", "rows:5 "};
            for (int i = 0; i < kEach; i++) {
                const std::string body = kinds[(i * 7 + t) % 6] + std::to_string(t * kEach + i);
                bench.Submit(body, milliseconds(i % 11 == 0 ? 1 : 20'000));
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    const auto answers = bench.answers.Wait(kThreads * kEach);
    bench.batcher.Stop();
    CHECK(bench.answers.Count() == kThreads * kEach);
    std::set<std::string> seen;
    size_t good = 0;
    for (const auto& [id, outcome] : answers) {
        seen.insert(id);
        if (!outcome.reply) continue;
        good++;
        CHECK(outcome.reply->body == id);
    }
    CHECK(seen.size() == kThreads * kEach);
    CHECK(good > 0);
    CHECK(bench.batcher.Outstanding() == 0);
    CHECK(bench.model.MostAtOnce() <= 3);
    CHECK(bench.model.LargestBatch() <= 8);
}

TEST_CASE("metrics say how requests were batched, with the variant's labels") {
    Bench bench;
    bench.Submit("one");
    bench.answers.Wait(1);
    bench.batcher.Stop();
    const std::string text = bench.metrics.PrometheusText();
    for (const char* expected :
         {"gyre_batch_size_count{endpoint=\"e\",instance=\"i\",variant=\"v\"} 1",
          "gyre_request_queue_seconds_bucket", "gyre_inference_seconds_sum",
          "gyre_batches_total{endpoint=\"e\",instance=\"i\",reason=\"idle\",variant=\"v\"} 1",
          "gyre_requests_total{endpoint=\"e\",instance=\"i\",outcome=\"ok\",variant=\"v\"} 1"}) {
        CAPTURE(text);
        CHECK(text.find(expected) != std::string::npos);
    }
}

}  // namespace
}  // namespace gyre::host
