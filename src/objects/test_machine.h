#pragma once

#include <doctest/doctest.h>

#include <array>
#include <filesystem>
#include <memory>
#include <string>

#include "core/digest.h"
#include "core/faulty_file_system.h"
#include "objects/local_store.h"
#include "objects/test_faulty_database.h"

namespace gyre::objects {

using Unsynced = core::FaultyFileSystem::Unsynced;

/// In memory where the system has such a folder: real syncs are not what is tested here.
struct FastFolder {
    FastFolder() {
        const std::filesystem::path memory = "/dev/shm";
        path = (std::filesystem::is_directory(memory) ? memory
                                                      : std::filesystem::temp_directory_path()) /
               ("gyre-" + core::RandomUuid());
        std::filesystem::create_directory(path);
    }
    ~FastFolder() { std::filesystem::remove_all(path); }
    FastFolder(const FastFolder&) = delete;
    FastFolder& operator=(const FastFolder&) = delete;
    std::filesystem::path path;
};

/// A store on a machine that can fail; the machine outlives restarts.
struct Machine {
    Machine() : inner(db::Database::Open(folder.path / "a.db").value()) {
        REQUIRE(files.MakeDirectories("/data"));
        Start();
    }
    void Start() {
        Open();
        if (Count("object_dropped") == 0) return;
        store->Tidy();
        Open();  // forgets what Tidy removed
    }
    void Open() {
        store.reset();
        auto opened = OpenLocalStore(database, files, "/data/objects", clock, nullptr);
        REQUIRE_MESSAGE(opened, opened.error().ToString());
        store = std::move(*opened);
    }
    void Restart(Unsynced unsynced) {
        store.reset();
        files.Restart(unsynced);
        Start();
    }
    int64_t Count(const std::string& sql) {
        int64_t count = -1;
        const core::Status done = inner->Read([&](db::Transaction& transaction) -> core::Status {
            GYRE_ASSIGN(const auto row, transaction.QueryOne("SELECT COUNT(*) FROM " + sql));
            count = row->Int(0);
            return {};
        });
        REQUIRE_MESSAGE(done, done.error().ToString());
        return count;
    }
    int64_t Files() {
        int64_t count = 0;
        const auto directories = files.List("/data/objects");
        REQUIRE(directories);
        for (const std::string& directory : *directories) {
            count += static_cast<int64_t>(files.List("/data/objects/" + directory)->size());
        }
        return count;
    }
    /// After a start: rows agree with each other and with the files.
    void CheckHouse() {
        CHECK(Count("object_parts WHERE upload NOT IN (SELECT id FROM object_uploads) AND "
                    "upload NOT IN (SELECT upload FROM objects) AND upload NOT IN (SELECT upload "
                    "FROM object_versions)") == 0);
        CHECK(Count("object_blobs WHERE refs <> (SELECT COUNT(*) FROM objects WHERE blob = "
                    "object_blobs.id) + (SELECT COUNT(*) FROM object_versions WHERE blob = "
                    "object_blobs.id) + (SELECT COUNT(*) FROM object_parts WHERE blob = "
                    "object_blobs.id)") == 0);
        // What is current is newer than what stands behind it, and hides no object.
        CHECK(Count("object_versions v WHERE EXISTS (SELECT 1 FROM objects o WHERE o.bucket = "
                    "v.bucket AND o.key = v.key AND o.seq <= v.seq)") == 0);
        CHECK(Count("object_versions v WHERE marker = 0 AND NOT EXISTS (SELECT 1 FROM objects o "
                    "WHERE o.bucket = v.bucket AND o.key = v.key) AND NOT EXISTS (SELECT 1 FROM "
                    "object_versions w WHERE w.bucket = v.bucket AND w.key = v.key AND w.seq > "
                    "v.seq)") == 0);
        CHECK(Count("object_garbage") == 0);
        CHECK(Count("object_dropped") == 0);
        CHECK(Files() == Count("object_blobs WHERE data IS NULL"));
    }

    FastFolder folder;
    core::FaultyFileSystem files;
    std::unique_ptr<db::Database> inner;
    FaultyDatabase database{*inner, files};
    core::FakeClock clock;
    std::unique_ptr<LocalStore> store;
};

struct Fault {
    const char* name;
    void (*plan)(core::FaultyFileSystem&, uint64_t n);
    Unsynced unsynced;
};
constexpr std::array<Fault, 6> kFaults = {{
    {"power cut", [](core::FaultyFileSystem& files, uint64_t n) { files.CrashAt(n); },
     Unsynced::kLost},
    {"torn write", [](core::FaultyFileSystem& files, uint64_t n) { files.CrashAt(n); },
     Unsynced::kTorn},
    {"killed", [](core::FaultyFileSystem& files, uint64_t n) { files.CrashAt(n); },
     Unsynced::kKept},
    {"disk full", [](core::FaultyFileSystem& files, uint64_t n) { files.ShortWriteAt(n); },
     Unsynced::kKept},
    {"i/o error",
     [](core::FaultyFileSystem& files, uint64_t n) {
         files.FailAt(n, {core::Code::kInternal, "input/output error (test)"});
     },
     Unsynced::kKept},
    {"lost sync", [](core::FaultyFileSystem& files, uint64_t n) { files.LoseSyncAt(n); },
     Unsynced::kKept},
}};

}  // namespace gyre::objects
