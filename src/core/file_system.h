#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/result.h"

namespace gyre::core {

/// An open file for writing. Not thread-safe. Closing happens in the destructor; only Sync makes
/// bytes durable.
class WritableFile {
  public:
    virtual ~WritableFile() = default;
    [[nodiscard]] virtual Status Append(std::string_view bytes) = 0;
    /// fdatasync: returns after the bytes are on the disk.
    [[nodiscard]] virtual Status Sync() = 0;
    /// Has the disk begin with what was appended since the last time, so that a later Sync finds
    /// less to do. Promises nothing.
    virtual void StartSync() {}
};

/// An open file for reading at any place. Thread-safe.
class ReadableFile {
  public:
    virtual ~ReadableFile() = default;
    /// Bytes read at `offset`; fewer than asked only at the end.
    [[nodiscard]] virtual Result<size_t> ReadAt(uint64_t offset, std::span<char> into) const = 0;
    [[nodiscard]] virtual uint64_t Size() const = 0;
    /// The machine's own descriptor, for calls that take one; none where reads must come by ReadAt.
    [[nodiscard]] virtual std::optional<int> Descriptor() const { return std::nullopt; }
};

struct FileInfo {
    uint64_t size = 0;
    bool is_directory = false;
    WallTime modified{};
};

/// What rooms that keep data use instead of the machine's calls, so that tests can make any of
/// them fail. Errors carry the path. Thread-safe.
class FileSystem {
  public:
    using Path = std::filesystem::path;
    virtual ~FileSystem() = default;
    /// Creates or truncates.
    [[nodiscard]] virtual Result<std::unique_ptr<WritableFile>> Create(const Path& path) = 0;
    [[nodiscard]] virtual Result<std::unique_ptr<WritableFile>> OpenAppend(const Path& path) = 0;
    [[nodiscard]] virtual Result<std::unique_ptr<ReadableFile>> Open(const Path& path) = 0;
    /// Atomically replaces `to`.
    [[nodiscard]] virtual Status Rename(const Path& from, const Path& to) = 0;
    /// kNotFound when it was not there.
    [[nodiscard]] virtual Status Remove(const Path& path) = 0;
    /// All that is below, and itself; no error when it was not there.
    [[nodiscard]] virtual Status RemoveAll(const Path& path) = 0;
    /// With its parents; no error when it is there.
    [[nodiscard]] virtual Status MakeDirectories(const Path& path) = 0;
    /// Makes renames, creations and removals in `directory` durable.
    [[nodiscard]] virtual Status SyncDirectory(const Path& directory) = 0;
    [[nodiscard]] virtual Result<FileInfo> Stat(const Path& path) = 0;
    /// The names in it, sorted.
    [[nodiscard]] virtual Result<std::vector<std::string>> List(const Path& directory) = 0;
};

/// The machine's own.
FileSystem& RealFileSystem();

[[nodiscard]] Result<std::string> ReadFile(FileSystem& files, const std::filesystem::path& path);
/// Whole or not at all, and durable when it returns: writes beside, syncs, renames, syncs the
/// folder.
[[nodiscard]] Status WriteFileAtomically(FileSystem& files, const std::filesystem::path& path,
                                         std::string_view bytes);

}  // namespace gyre::core
