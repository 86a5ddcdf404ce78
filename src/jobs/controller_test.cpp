#include "jobs/controller.h"

#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <vector>

#include "core/guarded.h"
#include "core/temp_dir.h"
#include "db/database.h"
#include "jobs/detail/reconcile_queue.h"

using namespace gyre::jobs;
using detail::ReconcileQueue;
using gyre::core::Code;
using gyre::core::Fail;
using gyre::core::milliseconds;
using gyre::core::seconds;
using gyre::core::SteadyTime;

TEST_CASE("the queue decides when a name comes again") {
    double random = 0;
    ReconcileQueue queue({.first = milliseconds(100), .longest = milliseconds(1000)},
                         [&] { return random; });
    const ReconcileQueue::Key a{"k", "a"};
    const ReconcileQueue::Key b{"k", "b"};
    SteadyTime now{};
    CHECK_FALSE(queue.Take(now));
    CHECK_FALSE(queue.NextDue());

    SUBCASE("in the order of waking, each once") {
        queue.Wake(b, now);
        queue.Wake(a, now + milliseconds(1));
        queue.Wake(b, now + milliseconds(2));
        now += milliseconds(5);
        CHECK(queue.Take(now) == b);
        CHECK(queue.Take(now) == a);
        CHECK_FALSE(queue.Take(now));
    }
    SUBCASE("all wake at once: what waits, what is at work, and not what is at rest") {
        const ReconcileQueue::Key c{"k", "c"};
        for (const auto& key : {a, b, c}) queue.Wake(key, now);
        CHECK(queue.Take(now) == a);
        queue.Succeeded(a, now, seconds(100));
        CHECK(queue.Take(now) == b);
        queue.Succeeded(b, now, std::nullopt);
        CHECK(queue.Take(now) == c);
        queue.WakeAll(now);
        CHECK(queue.Take(now) == a);
        CHECK_FALSE(queue.Take(now));
        queue.Succeeded(c, now, std::nullopt);
        CHECK(queue.Take(now) == c);
    }
    SUBCASE("a wake during a step makes one more, not two at once") {
        queue.Wake(a, now);
        CHECK(queue.Take(now) == a);
        queue.Wake(a, now);
        queue.Wake(a, now);
        CHECK_FALSE(queue.Take(now));
        queue.Succeeded(a, now, seconds(100));
        CHECK(queue.Take(now) == a);
        queue.Succeeded(a, now, std::nullopt);
        CHECK_FALSE(queue.NextDue());
    }
    SUBCASE("a step asks to come again, and a change comes before") {
        queue.Wake(a, now);
        CHECK(queue.Take(now) == a);
        queue.Succeeded(a, now, seconds(10));
        CHECK(queue.NextDue() == now + seconds(10));
        CHECK_FALSE(queue.Take(now + seconds(9)));
        queue.Wake(a, now + seconds(3));
        CHECK(queue.Take(now + seconds(3)) == a);
        queue.Succeeded(a, now + seconds(3), std::nullopt);
        CHECK_FALSE(queue.Take(now + seconds(20)));
    }
    SUBCASE("failures back off, each name for itself, until a success") {
        for (const int expected : {100, 200, 400, 800, 1000, 1000}) {
            queue.Wake(a, now);
            CHECK(queue.Take(now) == a);
            queue.Wake(a, now);  // by what the step wrote before it failed
            CHECK(queue.Failed(a, now) == milliseconds(expected));
            CHECK_FALSE(queue.Take(now + milliseconds(expected - 1)));
            now += milliseconds(expected);
        }
        CHECK(queue.Take(now) == a);
        queue.Succeeded(a, now, std::nullopt);
        queue.Wake(a, now);
        CHECK(queue.Take(now) == a);
        random = 0.5;
        CHECK(queue.Failed(a, now) == milliseconds(75));
        queue.Wake(b, now);
        CHECK(queue.Take(now) == b);
    }
}

TEST_CASE("a program that keeps ending waits longer each time, until it ran well") {
    RestartPolicy policy(seconds(10), seconds(60));
    for (const int expected : {0, 1, 1, 2, 3, 5, 8, 10, 10}) {
        CHECK(policy.NextDelay(milliseconds(500)) == seconds(expected));
    }
    CHECK(policy.Failures() == 9);
    CHECK(policy.NextDelay(seconds(60)) == seconds(0));
    CHECK(policy.NextDelay(seconds(1)) == seconds(1));
    CHECK(policy.Failures() == 2);
}

namespace {

const auto kLongest = [] { return std::chrono::steady_clock::now() + seconds(20); };

/// Notes its calls and does what a test says.
class ThingController final : public Controller {
  public:
    using Step = std::function<gyre::core::Result<std::optional<milliseconds>>(
        const std::string& name, int call)>;
    explicit ThingController(Step step) : step_(std::move(step)) {}
    gyre::catalog::Kind Kind() const override { return "test.thing"; }
    gyre::core::Result<std::optional<milliseconds>> Reconcile(const std::string& name) override {
        int call = 0;
        {
            auto seen = seen_.Lock();
            if (seen->running[name]++ != 0) seen->overlapped = true;
            call = ++seen->calls[name];
        }
        auto outcome = step_(name, call);
        --seen_.Lock()->running[name];
        seen_.NotifyAll();
        return outcome;
    }
    bool WaitForCalls(const std::string& name, int calls) {
        auto seen = seen_.Lock();
        return seen.WaitUntil(
            kLongest(), [&] { return seen->calls[name] >= calls && seen->running[name] == 0; });
    }
    int Calls(const std::string& name) { return seen_.Lock()->calls[name]; }
    bool Overlapped() { return seen_.Lock()->overlapped; }

  private:
    struct Seen {
        std::map<std::string, int> calls;
        std::map<std::string, int> running;
        bool overlapped = false;
    };
    Step step_;
    gyre::core::Guarded<Seen> seen_;
};

struct House {
    gyre::core::TempDir folder;
    std::unique_ptr<gyre::db::Database> database =
        gyre::db::Database::Open(folder.Path() / "gyre.db").value();
    std::unique_ptr<gyre::catalog::Catalog> catalog =
        gyre::catalog::OpenCatalog(*database, gyre::core::SystemClock()).value();

    void Make(const std::string& name) {
        gyre::catalog::Resource resource;
        resource.kind = "test.thing";
        resource.name = name;
        REQUIRE(catalog->Create(resource, {}));
    }
    void Count(const std::string& name) {
        REQUIRE(catalog->Update("test.thing", name,
                                [](gyre::catalog::Resource& resource) -> gyre::core::Status {
                                    resource.status.as_object()["v"] = resource.version;
                                    return {};
                                }));
    }
};

}  // namespace

TEST_CASE(
    "a controller is called for what is there, what changes, what it asks and what is woken") {
    House house;
    house.Make("before");
    ThingController controller(
        [](const std::string& name, int call) -> gyre::core::Result<std::optional<milliseconds>> {
            if (name == "failing" && call < 3) return Fail(Code::kUnavailable, "not yet");
            if (name == "again" && call < 4) return milliseconds(1);
            return std::nullopt;
        });
    ControllerRunner runner(*house.catalog, gyre::core::SystemClock(), 3);
    runner.Register(controller);
    REQUIRE(runner.Start());
    CHECK(controller.WaitForCalls("before", 1));
    for (const char* name : {"changed", "failing", "again"}) house.Make(name);
    CHECK(controller.WaitForCalls("changed", 1));
    house.Count("changed");
    CHECK(controller.WaitForCalls("changed", 2));
    REQUIRE(house.catalog->Delete("test.thing", "changed"));
    CHECK(controller.WaitForCalls("changed", 3));
    CHECK(controller.WaitForCalls("failing", 3));
    CHECK(controller.WaitForCalls("again", 4));
    runner.Wake("test.thing", "gone");
    CHECK(controller.WaitForCalls("gone", 1));
    runner.Wake("test.other", "x");
    runner.Stop();
    runner.Stop();
    house.Count("before");
    CHECK(controller.Calls("before") == 1);
}

TEST_CASE("what is due is not kept waiting by a long step while another thread sleeps") {
    // One after another: a thread that sleeps since before them did not hear of both.
    constexpr int kThreads = 2;
    constexpr int kRounds = 10;
    House house;
    gyre::core::Guarded<std::map<char, int>> at_work;
    std::atomic<bool> all_met{true};
    ThingController controller(
        [&](const std::string& name, int call) -> gyre::core::Result<std::optional<milliseconds>> {
            if (call == 1) return milliseconds(100);
            auto met = at_work.Lock();
            int& here = (*met)[name.front()];
            ++here;
            at_work.NotifyAll();
            if (!met.WaitUntil(kLongest(), [&] { return here == kThreads; })) all_met = false;
            return std::nullopt;
        });
    ControllerRunner runner(*house.catalog, gyre::core::SystemClock(), kThreads);
    runner.Register(controller);
    REQUIRE(runner.Start());
    for (char round = 'a'; round < 'a' + kRounds; ++round) {
        std::vector<std::string> names;
        for (int i = 0; i < kThreads; ++i) {
            names.push_back(std::string(1, round) + std::to_string(i));
            runner.Wake("test.thing", names.back());
            REQUIRE(controller.WaitForCalls(names.back(), 1));
        }
        for (const std::string& name : names) REQUIRE(controller.WaitForCalls(name, 2));
    }
    CHECK(all_met);
}

TEST_CASE("one name is never reconciled by two threads at once, and no change is lost") {
    House house;
    std::atomic<int64_t> seen_version{0};
    ThingController controller(
        [&](const std::string& name, int) -> gyre::core::Result<std::optional<milliseconds>> {
            seen_version = house.catalog->Get("test.thing", name)->version;
            return std::nullopt;
        });
    house.Make("a");
    ControllerRunner runner(*house.catalog, gyre::core::SystemClock(), 4);
    runner.Register(controller);
    REQUIRE(runner.Start());
    for (int i = 0; i < 100; ++i) house.Count("a");
    const int calls = controller.Calls("a");
    runner.Wake("test.thing", "a");
    CHECK(controller.WaitForCalls("a", calls + 1));
    while (seen_version < 101) REQUIRE(controller.WaitForCalls("a", controller.Calls("a")));
    runner.Stop();
    CHECK(seen_version == 101);
    CHECK_FALSE(controller.Overlapped());
}
