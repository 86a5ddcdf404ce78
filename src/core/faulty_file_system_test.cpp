#include "core/faulty_file_system.h"

#include <doctest/doctest.h>

using namespace gyre::core;
using Unsynced = FaultyFileSystem::Unsynced;

TEST_CASE("a power cut keeps what was synced, and the tail that a test asks for") {
    struct Case {
        Unsynced unsynced;
        std::string left;
    };
    for (const Case& c : {Case{Unsynced::kLost, "synced"}, Case{Unsynced::kTorn, "synced12"},
                          Case{Unsynced::kKept, "synced1234"}}) {
        FaultyFileSystem files;
        REQUIRE(files.MakeDirectories("/data/logs"));
        auto file = files.OpenAppend("/data/logs/a");
        REQUIRE(file);
        REQUIRE((*file)->Append("synced"));
        REQUIRE((*file)->Sync());
        REQUIRE(files.SyncDirectory("/data/logs"));
        REQUIRE((*file)->Append("1234"));
        CHECK(ReadFile(files, "/data/logs/a") == std::string("synced1234"));
        files.Restart(c.unsynced);
        CHECK(ReadFile(files, "/data/logs/a") == c.left);
        CHECK((*file)->Append("x").error().code == Code::kUnavailable);
    }
}

TEST_CASE("names are durable only after their folder was synced") {
    FaultyFileSystem files;
    REQUIRE(files.MakeDirectories("/d"));
    REQUIRE(WriteFileAtomically(files, "/d/kept", "old"));
    REQUIRE((*files.Create("/d/new"))->Append("x"));
    REQUIRE(files.Rename("/d/new", "/d/kept"));
    CHECK(ReadFile(files, "/d/kept") == std::string("x"));
    files.Restart();
    CHECK(ReadFile(files, "/d/kept") == std::string("old"));
    REQUIRE(files.Remove("/d/kept"));
    files.Restart();
    CHECK(files.List("/d") == std::vector<std::string>{"kept"});
    REQUIRE(files.RemoveAll("/d/kept"));
    REQUIRE(files.SyncDirectory("/d"));
    files.Restart();
    CHECK(files.List("/d")->empty());
    CHECK(files.Create("/none/a").error().code == Code::kNotFound);
}

TEST_CASE("an atomic write that crashes anywhere leaves the old or the new") {
    FaultyFileSystem dry;
    REQUIRE(dry.MakeDirectories("/d"));
    REQUIRE(WriteFileAtomically(dry, "/d/f", "new"));
    const uint64_t calls = dry.Calls() - 1;
    for (uint64_t n = 0; n <= calls; ++n) {
        for (const Unsynced unsynced : {Unsynced::kLost, Unsynced::kTorn, Unsynced::kKept}) {
            FaultyFileSystem files;
            REQUIRE(files.MakeDirectories("/d"));
            REQUIRE(WriteFileAtomically(files, "/d/f", "old"));
            files.CrashAt(n);
            const bool written = static_cast<bool>(WriteFileAtomically(files, "/d/f", "new"));
            CHECK(written == (n == calls));
            CHECK(files.Crashed() == !written);
            files.Restart(unsynced);
            CHECK(ReadFile(files, "/d/f") == std::string(written ? "new" : "old"));
        }
    }
}

TEST_CASE("one call fails, one write is short, one byte rots") {
    FaultyFileSystem files;
    auto file = files.Create("/f");
    REQUIRE(file);
    files.FailAt(1, {Code::kInternal, "broken"});
    CHECK((*file)->Append("a"));
    CHECK((*file)->Append("b").error().message == "broken");
    files.ShortWriteAt(1);
    CHECK((*file)->Append("c"));
    CHECK((*file)->Append("1234").error().code == Code::kResourceExhausted);
    CHECK((*file)->Append("d"));
    CHECK(ReadFile(files, "/f") == std::string("ac12d"));
    files.Damage("/f", 0);
    CHECK(ReadFile(files, "/f")->substr(1) == "c12d");
    CHECK(ReadFile(files, "/f")->front() != 'a');
}
