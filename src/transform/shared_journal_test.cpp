#include "transform/shared_journal.h"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "core/temp_dir.h"
#include "db/test_databases.h"
#include "transform/journal.h"
#include "transform/transform_spec.h"

namespace gyre::transform {
namespace {

/// A server that drives the job "job", with a folder of its own.
struct Server {
    Server(db::Database& of, const core::Clock& clock, const std::string& name)
        : database(of),
          leases(jobs::Leases::Open(of, clock, {.folder = name, .address = "", .objects = ""})
                     .value()) {
        REQUIRE(leases->Hold(kTransformKind, "job") == true);
    }
    SharedJournal Journal() { return {database, *leases, "job", cancel}; }
    std::filesystem::path Folder() const { return folder.Path() / "job"; }

    db::Database& database;
    core::TempDir folder;
    core::CancelToken cancel;
    std::unique_ptr<jobs::Leases> leases;
};

std::string Read(const std::filesystem::path& file) {
    std::ifstream stream(file);
    return (std::ostringstream() << stream.rdbuf()).str();
}

}  // namespace

TEST_CASE("another server goes on from the plan and the journal that the first one left") {
    for (const db::TestDatabase& kind : db::EachDatabase()) {
        CAPTURE(kind.kind);
        const auto database = kind.open();
        const core::FakeClock clock;
        REQUIRE(SharedJournal::MakeTables(*database));
        std::string plan;
        while (plan.size() < 1'500'000)
            plan += "{\"key\":\"" + std::to_string(plan.size()) + "\"}\n";
        {
            Server first(*database, clock, "first");
            SharedJournal shared = first.Journal();
            REQUIRE(shared.Restore(first.Folder()));
            CHECK_FALSE(std::filesystem::exists(first.Folder() / "plan"));
            std::ofstream(first.Folder() / "plan") << plan;
            REQUIRE(shared.KeepPlan(first.Folder()));
            REQUIRE(shared.KeepPlan(first.Folder()));
            auto journal = Journal::Open(first.Folder(), &shared).value();
            std::vector<std::thread> lanes;
            for (uint64_t lane = 0; lane < 4; lane++) {
                lanes.emplace_back([&, lane] {
                    for (uint64_t i = 0; i < 300; i++) {
                        if (!journal->Done(lane + 4 * i, 10, 1)) std::abort();
                    }
                });
            }
            for (std::thread& lane : lanes) lane.join();
            REQUIRE(journal->Part(2000, {100, 7, 60, "text/csv"}));
            REQUIRE(journal->Intent(2001, {1, core::WallTime{}, 1}));
            RecordFailure failure;
            failure.reason = "why";
            REQUIRE(journal->Failed(2002, 5, failure));
            first.leases->Stop();
        }
        Server second(*database, clock, "second");
        SharedJournal shared = second.Journal();
        std::filesystem::create_directories(second.Folder());
        std::ofstream(second.Folder() / "object-2000") << "of an earlier time";
        REQUIRE(shared.Restore(second.Folder()));
        CHECK_FALSE(std::filesystem::exists(second.Folder() / "object-2000"));
        CHECK(Read(second.Folder() / "plan") == plan);
        auto journal = Journal::Open(second.Folder(), &shared).value();
        CHECK(journal->Sum().done == 1200);
        CHECK(journal->Sum().failed == 1);
        CHECK_FALSE(journal->IsOpen(1199));
        CHECK(journal->IsOpen(2000));
        CHECK_FALSE(journal->PartOf(2000));
        CHECK(journal->IntentOf(2001));
        REQUIRE(journal->Done(2001, 1, 1));

        REQUIRE(SharedJournal::Remove(*database, "job"));
        REQUIRE(SharedJournal::Remove(*database, "job"));
        SharedJournal fresh = second.Journal();
        REQUIRE(fresh.Restore(second.Folder()));
        CHECK_FALSE(std::filesystem::exists(second.Folder() / "plan"));
    }
}

TEST_CASE("a server that lost the job writes nothing more of it") {
    for (const db::TestDatabase& kind : db::EachDatabase()) {
        CAPTURE(kind.kind);
        const auto database = kind.open();
        const core::FakeClock clock;
        REQUIRE(SharedJournal::MakeTables(*database));
        Server server(*database, clock, "first");
        SharedJournal shared = server.Journal();
        REQUIRE(shared.Restore(server.Folder()));
        REQUIRE(shared.Append("{}"));
        server.leases->Stop();
        CHECK(shared.Append("{}").error().code == core::Code::kCancelled);
    }
}

}  // namespace gyre::transform
