#pragma once

#include <memory>

#include "core/file_system.h"

namespace gyre::core {

/// For tests: a file system in memory that knows what a disk would still hold after a power cut,
/// and fails or stops at the call that a test names. Bytes are durable after WritableFile::Sync;
/// that a file is there, gone or renamed after SyncDirectory of its folder; a made directory at
/// once.
///
///     FaultyFileSystem files;
///     files.CrashAt(n);                    // for every n below a good run's Calls()
///     DoWork(files);                       // fails from the n-th change on
///     files.Restart(FaultyFileSystem::Unsynced::kTorn);
///     CheckWhatWasAcknowledged(files);
///
/// Calls are counted that change something: Create, OpenAppend, Append, Sync, Rename, Remove,
/// RemoveAll, MakeDirectories, SyncDirectory. Thread-safe. Files opened before Restart answer
/// errors.
class FaultyFileSystem final : public FileSystem {
  public:
    /// What of the bytes that were appended and not synced is there after Restart.
    enum class Unsynced { kLost, kTorn /** half of them */, kKept };

    FaultyFileSystem();
    ~FaultyFileSystem() override;

    /// The n-th change from now (0: the next) answers `error` and changes nothing; later ones work.
    void FailAt(uint64_t n, Error error = {Code::kResourceExhausted, "no space left (test)"});
    /// The n-th change from now, if an Append, writes half of its bytes and answers an error.
    void ShortWriteAt(uint64_t n);
    /// The n-th change from now, if a Sync, answers an error, and what it should have made durable
    /// is gone: kernels drop pages that they could not write.
    void LoseSyncAt(uint64_t n);
    /// The n-th change from now, if a Sync or a SyncDirectory, answers success and does nothing: a
    /// disk that lies about its cache.
    void SkipSyncAt(uint64_t n);
    /// The n-th change from now and every call after it answer kUnavailable, until Restart.
    void CrashAt(uint64_t n);
    [[nodiscard]] bool Crashed() const;
    /// Changes asked for since the beginning.
    [[nodiscard]] uint64_t Calls() const;
    /// As after a power cut: what was not made durable is lost, planned faults are forgotten.
    void Restart(Unsynced unsynced = Unsynced::kLost);
    /// Flips the bits of one byte, on the disk too: a rotten sector.
    void Damage(const Path& path, uint64_t offset);

    Result<std::unique_ptr<WritableFile>> Create(const Path& path) override;
    Result<std::unique_ptr<WritableFile>> OpenAppend(const Path& path) override;
    Result<std::unique_ptr<ReadableFile>> Open(const Path& path) override;
    Status Rename(const Path& from, const Path& to) override;
    Status Remove(const Path& path) override;
    Status RemoveAll(const Path& path) override;
    Status MakeDirectories(const Path& path) override;
    Status SyncDirectory(const Path& directory) override;
    Result<FileInfo> Stat(const Path& path) override;
    Result<std::vector<std::string>> List(const Path& directory) override;

    struct Disk;

  private:
    Result<std::unique_ptr<WritableFile>> OpenForWriting(const Path& path, bool truncate);
    std::shared_ptr<Disk> disk_;
};

}  // namespace gyre::core
