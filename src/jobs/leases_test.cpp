#include "jobs/leases.h"

#include <doctest/doctest.h>

#include <atomic>

#include "db/test_databases.h"
#include "jobs/controller.h"

using namespace gyre::jobs;
using gyre::core::Code;
using gyre::core::FakeClock;
using gyre::core::milliseconds;
using gyre::core::seconds;
using gyre::core::Status;

namespace {

/// Two servers over one database, whose time a test moves.
struct TwoServers {
    explicit TwoServers(const gyre::db::TestDatabase& kind) : database(kind.open()) {
        one = Open("one");
        two = Open("two");
    }
    std::unique_ptr<Leases> Open(const std::string& folder, const std::string& objects = "s3") {
        auto opened = Leases::Open(*database, clock,
                                   {.folder = folder,
                                    .address = "http://" + folder,
                                    .objects = objects,
                                    .lifetime = milliseconds(1000)});
        REQUIRE_MESSAGE(opened, opened.error().ToString());
        return std::move(*opened);
    }
    void Pass(milliseconds time) { clock.Advance(time); }

    FakeClock clock;
    std::unique_ptr<gyre::db::Database> database;
    std::unique_ptr<Leases> one;
    std::unique_ptr<Leases> two;
};

void OverEach(const std::function<void(TwoServers&)>& test) {
    for (const gyre::db::TestDatabase& kind : gyre::db::EachDatabase()) {
        CAPTURE(kind.kind);
        TwoServers servers(kind);
        test(servers);
    }
}

}  // namespace

TEST_CASE("one of two servers holds a resource, and gives it back") {
    OverEach([](TwoServers& servers) {
        Leases& one = *servers.one;
        Leases& two = *servers.two;
        CHECK(one.Hold("k", "a") == true);
        CHECK(one.Hold("k", "a") == true);
        CHECK(two.Hold("k", "a") == false);
        CHECK(two.Hold("k", "b") == true);
        CHECK(two.Hold("other", "a") == true);
        CHECK(one.Holds("k", "a"));
        CHECK_FALSE(two.Holds("k", "a"));
        const auto certain = [&](const Leases& leases) {
            bool holds = false;
            REQUIRE(servers.database->Read([&](gyre::db::Transaction& transaction) -> Status {
                GYRE_ASSIGN(holds, leases.Holds(transaction, "k", "a"));
                return {};
            }));
            return holds;
        };
        CHECK(certain(one));
        CHECK_FALSE(certain(two));
        one.Release("k", "a");
        CHECK_FALSE(one.Holds("k", "a"));
        CHECK(two.Hold("k", "a") == true);
        CHECK(one.Hold("k", "a") == false);
        CHECK(servers.one->Living() == std::set<std::string>{one.Id()});
        servers.one->Beat();
        CHECK(servers.one->Living() == std::set<std::string>{one.Id(), two.Id()});
    });
}

TEST_CASE("what a dead server held goes to the others, and one that lives after all begins anew") {
    OverEach([](TwoServers& servers) {
        Leases& one = *servers.one;
        Leases& two = *servers.two;
        REQUIRE(one.Hold("k", "a") == true);
        std::vector<std::string> gone;
        int told = 0;
        const auto watching = two.Watch([&](const std::vector<std::string>& servers_gone) {
            gone = servers_gone;
            ++told;
        });
        two.Beat();
        for (int i = 0; i < 10; ++i) {
            servers.Pass(milliseconds(100));
            two.Beat();
            CHECK(two.Hold("k", "a") == false);
        }
        CHECK(told == 0);
        // It does not trust itself any more, long before.
        CHECK(one.Hold("k", "a") == false);
        CHECK_FALSE(one.Holds("k", "a"));
        servers.Pass(milliseconds(100));
        two.Beat();
        CHECK(gone == std::vector<std::string>{one.Id()});
        CHECK(two.Hold("k", "a") == true);

        int lost = 0;
        const auto losing = one.Watch([&](const std::vector<std::string>& none) {
            CHECK(none.empty());
            ++lost;
        });
        one.Beat();
        CHECK(lost == 1);
        CHECK(one.Hold("k", "a") == false);
        CHECK(one.Hold("k", "b") == true);
    });
}

TEST_CASE("a server that could not beat for a while holds what it held, if nobody took it") {
    OverEach([](TwoServers& servers) {
        Leases& one = *servers.one;
        REQUIRE(one.Hold("k", "a") == true);
        int told = 0;
        const auto watching = one.Watch([&](const std::vector<std::string>&) { ++told; });
        servers.Pass(milliseconds(700));
        CHECK(one.Hold("k", "a") == false);
        one.Beat();
        CHECK(one.Hold("k", "a") == true);
        CHECK(told == 0);
    });
}

TEST_CASE("servers that could all not beat for a while do not take each other for dead") {
    OverEach([](TwoServers& servers) {
        REQUIRE(servers.one->Hold("k", "a") == true);
        servers.two->Beat();
        servers.Pass(seconds(60));
        servers.two->Beat();
        CHECK(servers.two->Hold("k", "a") == false);
        servers.one->Beat();
        CHECK(servers.one->Hold("k", "a") == true);
    });
}

TEST_CASE("a server that stops gives all back, and so does an earlier run over the same folder") {
    OverEach([](TwoServers& servers) {
        REQUIRE(servers.one->Hold("k", "a") == true);
        servers.two->Beat();
        servers.one->Stop();
        servers.one->Stop();
        std::vector<std::string> gone;
        const auto watching = servers.two->Watch(
            [&](const std::vector<std::string>& servers_gone) { gone = servers_gone; });
        servers.two->Beat();
        CHECK(gone == std::vector<std::string>{servers.one->Id()});
        CHECK(servers.two->Hold("k", "a") == true);
        // Killed, and started again.
        const auto again = servers.Open("two");
        CHECK(again->Hold("k", "a") == true);
        CHECK(again->Id() != servers.two->Id());
    });
}

TEST_CASE("servers with their objects at different places are not let in together") {
    for (const gyre::db::TestDatabase& kind : gyre::db::EachDatabase()) {
        TwoServers servers(kind);
        servers.one->Stop();
        std::atomic<bool> over{false};
        std::thread beating([&] {
            while (!over) {
                servers.two->Beat();
                std::this_thread::sleep_for(milliseconds(20));
            }
        });
        const auto refused = Leases::Open(
            *servers.database, servers.clock,
            {.folder = "three", .address = "", .objects = "here", .lifetime = seconds(20)});
        over = true;
        beating.join();
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == Code::kFailedPrecondition);
        CHECK(refused.error().message.find("http://two") != std::string::npos);
        // One that does not beat any more is no reason.
        CHECK(servers.Open("three", "here"));
    }
}

namespace {

struct Noting final : Controller {
    [[nodiscard]] gyre::catalog::Kind Kind() const override { return "k"; }
    [[nodiscard]] gyre::core::Result<std::optional<milliseconds>> Reconcile(
        const std::string& name) override {
        return Note("drives " + name);
    }
    [[nodiscard]] gyre::core::Result<std::optional<milliseconds>> Follow(
        const std::string& name) override {
        return Note("follows " + name);
    }
    [[nodiscard]] gyre::core::Result<bool> Settled(const std::string& name) override {
        return name == "settled";
    }
    std::optional<milliseconds> Note(const std::string& what) {
        seen.Lock()->insert(what);
        seen.NotifyAll();
        return seconds(1000);
    }
    bool Sees(const std::string& what) {
        auto locked = seen.Lock();
        return locked.WaitUntil(std::chrono::steady_clock::now() + seconds(20),
                                [&] { return locked->contains(what); });
    }
    gyre::core::Guarded<std::set<std::string>> seen;
};

}  // namespace

TEST_CASE("one server drives, the other follows, and drives when the first is gone") {
    OverEach([](TwoServers& servers) {
        auto catalog = gyre::catalog::OpenCatalog(*servers.database, servers.clock).value();
        REQUIRE(servers.one->Hold("k", "a") == true);
        Noting first;
        Noting second;
        ControllerRunner one(*catalog, gyre::core::SystemClock(), 1, servers.one.get());
        ControllerRunner two(*catalog, gyre::core::SystemClock(), 1, servers.two.get());
        one.Register(first);
        two.Register(second);
        servers.two->Beat();
        REQUIRE(one.Start());
        REQUIRE(two.Start());
        for (const char* name : {"a", "settled"}) {
            gyre::catalog::Resource resource;
            resource.kind = "k";
            resource.name = name;
            REQUIRE(catalog->Create(resource, {}));
        }
        CHECK(first.Sees("drives a"));
        CHECK(second.Sees("follows a"));
        CHECK(first.Sees("drives settled"));
        CHECK(second.Sees("drives settled"));
        servers.one->Stop();
        servers.two->Beat();
        CHECK(second.Sees("drives a"));
        CHECK_FALSE(first.seen.Lock()->contains("follows a"));
        one.Stop();
        two.Stop();
    });
}
