#include <doctest/doctest.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <filesystem>
#include <limits>
#include <map>
#include <random>
#include <set>

#include "core/guarded.h"
#include "core/temp_dir.h"
#include "graph/storage/kv_store.h"

namespace gyre::graph {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

/// The machine's files, which fail when they are told to, and of which a power cut takes what was
/// not synced: the end of a file, and the whole of one whose folder was not synced since.
class FaultyDisk {
  public:
    /// After so many more operations that write: `times` of them fail.
    void FailAfter(int64_t operations, int64_t times) {
        auto state = state_.Lock();
        state->until_failure = operations;
        state->failures = times;
    }
    IOStatus Operate() {
        auto state = state_.Lock();
        state->operations++;
        if (state->until_failure > 0) {
            state->until_failure--;
            return IOStatus::OK();
        }
        if (state->failures <= 0) return IOStatus::OK();
        state->failures--;
        return state->operations % 2 == 0 ? IOStatus::IOError("a drill")
                                          : IOStatus::NoSpace("a drill");
    }
    void Made(const std::string& file) {
        auto state = state_.Lock();
        state->synced[file] = 0;
        state->new_files.insert(file);
    }
    void Synced(const std::string& file) {
        std::error_code gone;
        const auto size = std::filesystem::file_size(file, gone);
        if (!gone) state_.Lock()->synced[file] = size;
    }
    void FolderSynced(const std::string& folder) {
        std::erase_if(state_.Lock()->new_files, [&](const std::filesystem::path& file) {
            return file.parent_path() == std::filesystem::path(folder);
        });
    }
    void Moved(const std::string& from, const std::string& to, bool keeps) {
        auto state = state_.Lock();
        if (const auto at = state->synced.find(from); at != state->synced.end()) {
            state->synced[to] = at->second;
            if (!keeps) state->synced.erase(at);
        }
        if (!keeps && state->new_files.erase(from) > 0) state->new_files.insert(to);
    }
    void Removed(const std::string& file) {
        auto state = state_.Lock();
        state->synced.erase(file);
        state->new_files.erase(file);
    }
    /// Of what was not synced, some of the beginning may have come to the disk all the same.
    void CutPower(std::mt19937& random) {
        auto state = state_.Lock();
        std::error_code ignored;
        for (const std::string& file : state->new_files) std::filesystem::remove(file, ignored);
        for (const auto& [file, synced] : state->synced) {
            const auto size = std::filesystem::file_size(file, ignored);
            if (ignored || size <= synced) continue;
            const uint64_t kept = random() % 2 == 0 ? 0 : random() % (size - synced + 1);
            std::filesystem::resize_file(file, synced + kept, ignored);
        }
    }

  private:
    struct State {
        int64_t until_failure = kNever;
        int64_t failures = 0;
        int64_t operations = 0;
        std::map<std::string, uint64_t> synced;  ///< bytes, by file
        std::set<std::string> new_files;         ///< whose folder does not know of them for sure
    };
    core::Guarded<State> state_;
};

class FaultyFile final : public rocksdb::FSWritableFileOwnerWrapper {
  public:
    FaultyFile(std::unique_ptr<rocksdb::FSWritableFile> file, FaultyDisk& disk, std::string name)
        : FSWritableFileOwnerWrapper(std::move(file)), disk_(disk), name_(std::move(name)) {}

    IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                    IODebugContext* debug) override {
        if (IOStatus failed = disk_.Operate(); !failed.ok()) {
            // A write that fails may have written some.
            (void)target()->Append({data.data(), data.size() / 2}, options, debug);
            return failed;
        }
        return target()->Append(data, options, debug);
    }
    IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                    const rocksdb::DataVerificationInfo&, IODebugContext* debug) override {
        return Append(data, options, debug);
    }
    IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
        if (IOStatus failed = disk_.Operate(); !failed.ok()) return failed;
        if (IOStatus failed = target()->Flush(options, debug); !failed.ok()) return failed;
        disk_.Synced(name_);
        return IOStatus::OK();
    }
    IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
        return Sync(options, debug);
    }

  private:
    FaultyDisk& disk_;
    const std::string name_;
};

class FaultyFolder final : public rocksdb::FSDirectoryWrapper {
  public:
    FaultyFolder(std::unique_ptr<rocksdb::FSDirectory> folder, FaultyDisk& disk, std::string name)
        : FSDirectoryWrapper(std::move(folder)), disk_(disk), name_(std::move(name)) {}
    IOStatus Fsync(const IOOptions&, IODebugContext*) override {
        if (IOStatus failed = disk_.Operate(); !failed.ok()) return failed;
        disk_.FolderSynced(name_);
        return IOStatus::OK();
    }
    IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                                 const rocksdb::DirFsyncOptions&) override {
        return Fsync(options, debug);
    }

  private:
    FaultyDisk& disk_;
    const std::string name_;
};

class FaultyFiles final : public rocksdb::FileSystemWrapper {
  public:
    explicit FaultyFiles(FaultyDisk& disk)
        : FileSystemWrapper(rocksdb::FileSystem::Default()), disk_(disk) {}
    const char* Name() const override { return "FaultyFiles"; }

    IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                             std::unique_ptr<rocksdb::FSWritableFile>* file,
                             IODebugContext* debug) override {
        if (IOStatus failed = disk_.Operate(); !failed.ok()) return failed;
        if (IOStatus failed = target()->NewWritableFile(name, options, file, debug); !failed.ok()) {
            return failed;
        }
        disk_.Made(name);
        *file = std::make_unique<FaultyFile>(std::move(*file), disk_, name);
        return IOStatus::OK();
    }
    IOStatus ReopenWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                std::unique_ptr<rocksdb::FSWritableFile>* file,
                                IODebugContext* debug) override {
        if (IOStatus failed = disk_.Operate(); !failed.ok()) return failed;
        if (IOStatus failed = target()->ReopenWritableFile(name, options, file, debug);
            !failed.ok()) {
            return failed;
        }
        *file = std::make_unique<FaultyFile>(std::move(*file), disk_, name);
        return IOStatus::OK();
    }
    IOStatus NewDirectory(const std::string& name, const IOOptions& options,
                          std::unique_ptr<rocksdb::FSDirectory>* folder,
                          IODebugContext* debug) override {
        if (IOStatus failed = target()->NewDirectory(name, options, folder, debug); !failed.ok()) {
            return failed;
        }
        *folder = std::make_unique<FaultyFolder>(std::move(*folder), disk_, name);
        return IOStatus::OK();
    }
    IOStatus DeleteFile(const std::string& name, const IOOptions& options,
                        IODebugContext* debug) override {
        if (IOStatus failed = disk_.Operate(); !failed.ok()) return failed;
        disk_.Removed(name);
        return target()->DeleteFile(name, options, debug);
    }
    IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                        IODebugContext* debug) override {
        if (IOStatus failed = disk_.Operate(); !failed.ok()) return failed;
        if (IOStatus failed = target()->RenameFile(from, to, options, debug); !failed.ok()) {
            return failed;
        }
        disk_.Moved(from, to, false);
        return IOStatus::OK();
    }
    IOStatus LinkFile(const std::string& from, const std::string& to, const IOOptions& options,
                      IODebugContext* debug) override {
        if (IOStatus failed = disk_.Operate(); !failed.ok()) return failed;
        if (IOStatus failed = target()->LinkFile(from, to, options, debug); !failed.ok()) {
            return failed;
        }
        disk_.Moved(from, to, true);
        return IOStatus::OK();
    }

  private:
    FaultyDisk& disk_;
};

std::string DrillText(int number) {
    return std::string(2'000, static_cast<char>('a' + number % 26)) + std::to_string(number);
}

std::string DrillKey(char table, int number) {
    return table + std::to_string(1'000'000 + number);
}

/// Two keys at once, in either way of committing.
core::Status CommitPair(KvStore& store, int number) {
    auto transaction = store.Write();
    if (number % 11 == 10) {
        return transaction->CommitTables([&](const KvTransaction::PutSorted& put) -> core::Status {
            GYRE_TRY(put(DrillKey('a', number), DrillText(number)));
            return put(DrillKey('b', number), DrillText(number));
        });
    }
    transaction->Put(DrillKey('a', number), DrillText(number));
    transaction->Put(DrillKey('b', number), DrillText(number));
    return transaction->Commit();
}

/// What was acknowledged is there; what was not is there as a whole or not at all.
void CheckPairs(KvStore& store, const std::set<int>& acknowledged, int tried) {
    const auto read = store.Read();
    std::string first;
    std::string second;
    for (int number = 0; number < tried; number++) {
        const bool there = read->Get(DrillKey('a', number), first);
        CHECK(read->Get(DrillKey('b', number), second) == there);
        if (acknowledged.contains(number)) CHECK_MESSAGE(there, number);
        if (there) {
            CHECK(first == DrillText(number));
            CHECK(second == DrillText(number));
        }
    }
    CHECK(read->Health());
}

/// Commits until the disk has failed, cuts the power, and looks.
void Drill(uint32_t seed, int64_t fails_after, int64_t times) {
    CAPTURE(seed);
    CAPTURE(fails_after);
    CAPTURE(times);
    std::mt19937 random(seed);
    const core::TempDir folder;
    FaultyDisk disk;
    const auto env = rocksdb::NewCompositeEnv(std::make_shared<FaultyFiles>(disk));
    const KvOptions options{.cache_bytes = 1 << 20, .buffer_bytes = 128 << 10, .env = env.get()};
    std::set<int> acknowledged;
    int tried = 0;
    disk.FailAfter(fails_after, times);
    if (auto store = KvStore::Open(folder.Path() / "kv", options)) {
        for (int failures = 0; tried < 150 && failures < 4; tried++) {
            if (tried % 60 == 59) (void)(*store)->Compact();
            if (CommitPair(**store, tried)) {
                acknowledged.insert(tried);
            } else {
                failures++;
            }
        }
        if (times < kNever) CheckPairs(**store, acknowledged, tried);
    }
    disk.CutPower(random);
    disk.FailAfter(kNever, 0);
    auto store = KvStore::Open(folder.Path() / "kv", options);
    REQUIRE_MESSAGE(store, store.error().message);
    CheckPairs(**store, acknowledged, tried);
    REQUIRE(CommitPair(**store, tried));
    acknowledged.insert(tried++);
    CheckPairs(**store, acknowledged, tried);
}

TEST_CASE("The disk goes at any moment, and then the power: nothing acknowledged is lost") {
    for (uint32_t seed = 0; seed < 20; seed++) {
        Drill(seed, static_cast<int64_t>(std::mt19937(seed)() % 700), kNever);
    }
}

TEST_CASE("The disk fails once, and the power goes later: nothing acknowledged is lost") {
    for (uint32_t seed = 0; seed < 20; seed++) {
        Drill(seed, static_cast<int64_t>(std::mt19937(seed + 1000)() % 700), 1);
    }
}

TEST_CASE("The power goes without a fault before it: nothing acknowledged is lost") {
    for (uint32_t seed = 0; seed < 10; seed++) Drill(seed, kNever, 0);
}

}  // namespace
}  // namespace gyre::graph
