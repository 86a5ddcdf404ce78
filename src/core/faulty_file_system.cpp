#include "core/faulty_file_system.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>

namespace gyre::core {
namespace {

using Path = std::filesystem::path;

struct Inode {
    std::string bytes;
    std::string durable;
};
// Null for a directory.
using Names = std::map<Path, std::shared_ptr<Inode>>;

Path Normal(const Path& path) {
    Path normal = path.lexically_normal();
    return normal.has_filename() ? normal : normal.parent_path();
}

bool IsBelow(const Path& path, const Path& directory) {
    const auto [end, rest] =
        std::mismatch(directory.begin(), directory.end(), path.begin(), path.end());
    return end == directory.end() && rest != path.end();
}

tl::unexpected<Error> Absent(const Path& path) {
    return Fail(Code::kNotFound, path.string() + ": no such file or directory");
}

}  // namespace

struct FaultyFileSystem::Disk {
    mutable std::mutex mutex;
    Names now;
    Names durable;
    uint64_t calls = 0;
    uint64_t generation = 0;  // grows with each Restart
    bool crashed = false;
    std::optional<uint64_t> fail_at, short_write_at, lose_sync_at, skip_sync_at, crash_at;
    Error failure;

    [[nodiscard]] Status Alive(uint64_t opened_in) const {
        if (crashed || opened_in != generation) {
            return Fail(Code::kUnavailable, "the machine crashed (test)");
        }
        return {};
    }
    /// Counts a change; the error when it is one that shall fail.
    [[nodiscard]] Status Change(uint64_t opened_in) {
        GYRE_TRY(Alive(opened_in));
        const uint64_t call = calls++;
        if (crash_at && call >= *crash_at) crashed = true;
        GYRE_TRY(Alive(opened_in));
        if (fail_at == call) return Fail(failure);
        return {};
    }
    [[nodiscard]] bool IsDirectory(const Path& path) const {
        const auto found = now.find(path);
        return path == "/" || path.empty() || (found != now.end() && !found->second);
    }
};

namespace {

using Disk = FaultyFileSystem::Disk;

class MemoryWritableFile final : public WritableFile {
  public:
    MemoryWritableFile(std::shared_ptr<Disk> disk, std::shared_ptr<Inode> inode)
        : disk_(std::move(disk)), inode_(std::move(inode)), generation_(disk_->generation) {}

    Status Append(std::string_view bytes) override {
        const std::lock_guard lock(disk_->mutex);
        const bool cut = disk_->short_write_at == disk_->calls;
        GYRE_TRY(disk_->Change(generation_));
        inode_->bytes += cut ? bytes.substr(0, bytes.size() / 2) : bytes;
        if (cut) return Fail(Code::kResourceExhausted, "no space left (test)");
        return {};
    }
    Status Sync() override {
        const std::lock_guard lock(disk_->mutex);
        const bool lost = disk_->lose_sync_at == disk_->calls;
        const bool skipped = disk_->skip_sync_at == disk_->calls;
        GYRE_TRY(disk_->Change(generation_));
        if (lost) {
            inode_->bytes = inode_->durable;
            return Fail(Code::kInternal, "input/output error (test)");
        }
        if (!skipped) inode_->durable = inode_->bytes;
        return {};
    }

  private:
    std::shared_ptr<Disk> disk_;
    std::shared_ptr<Inode> inode_;
    uint64_t generation_;
};

class MemoryReadableFile final : public ReadableFile {
  public:
    MemoryReadableFile(std::shared_ptr<Disk> disk, std::shared_ptr<Inode> inode)
        : disk_(std::move(disk)),
          inode_(std::move(inode)),
          generation_(disk_->generation),
          size_(inode_->bytes.size()) {}

    [[nodiscard]] Result<size_t> ReadAt(uint64_t offset, std::span<char> into) const override {
        const std::lock_guard lock(disk_->mutex);
        GYRE_TRY(disk_->Alive(generation_));
        const std::string& bytes = inode_->bytes;
        const size_t count =
            offset < bytes.size() ? std::min<size_t>(into.size(), bytes.size() - offset) : 0;
        std::memcpy(into.data(), bytes.data() + std::min<size_t>(offset, bytes.size()), count);
        return count;
    }
    [[nodiscard]] uint64_t Size() const override { return size_; }

  private:
    std::shared_ptr<Disk> disk_;
    std::shared_ptr<Inode> inode_;
    uint64_t generation_;
    uint64_t size_;
};

}  // namespace

FaultyFileSystem::FaultyFileSystem() : disk_(std::make_shared<Disk>()) {
}
FaultyFileSystem::~FaultyFileSystem() = default;

void FaultyFileSystem::FailAt(uint64_t n, Error error) {
    const std::lock_guard lock(disk_->mutex);
    disk_->fail_at = disk_->calls + n;
    disk_->failure = std::move(error);
}

void FaultyFileSystem::ShortWriteAt(uint64_t n) {
    const std::lock_guard lock(disk_->mutex);
    disk_->short_write_at = disk_->calls + n;
}

void FaultyFileSystem::LoseSyncAt(uint64_t n) {
    const std::lock_guard lock(disk_->mutex);
    disk_->lose_sync_at = disk_->calls + n;
}

void FaultyFileSystem::SkipSyncAt(uint64_t n) {
    const std::lock_guard lock(disk_->mutex);
    disk_->skip_sync_at = disk_->calls + n;
}

void FaultyFileSystem::CrashAt(uint64_t n) {
    const std::lock_guard lock(disk_->mutex);
    disk_->crash_at = disk_->calls + n;
}

bool FaultyFileSystem::Crashed() const {
    const std::lock_guard lock(disk_->mutex);
    return disk_->crashed;
}

uint64_t FaultyFileSystem::Calls() const {
    const std::lock_guard lock(disk_->mutex);
    return disk_->calls;
}

void FaultyFileSystem::Restart(Unsynced unsynced) {
    const std::lock_guard lock(disk_->mutex);
    ++disk_->generation;
    disk_->crashed = false;
    disk_->crash_at = disk_->fail_at = disk_->short_write_at = std::nullopt;
    disk_->lose_sync_at = disk_->skip_sync_at = std::nullopt;
    disk_->now = disk_->durable;
    for (auto& [path, inode] : disk_->now) {
        if (!inode) continue;
        // Bytes are only ever appended, so what is durable begins what is there now.
        const size_t synced = inode->durable.size();
        size_t kept = synced;
        if (inode->bytes.size() > synced && unsynced != Unsynced::kLost) {
            const size_t more = inode->bytes.size() - synced;
            kept += unsynced == Unsynced::kTorn ? more / 2 : more;
        }
        inode->bytes = kept == synced ? inode->durable : inode->bytes.substr(0, kept);
        inode->durable = inode->bytes;
    }
}

void FaultyFileSystem::Damage(const Path& path, uint64_t offset) {
    const std::lock_guard lock(disk_->mutex);
    const auto found = disk_->now.find(Normal(path));
    GYRE_CHECK(found != disk_->now.end() && found->second);
    for (std::string* bytes : {&found->second->bytes, &found->second->durable}) {
        if (offset < bytes->size()) (*bytes)[offset] = static_cast<char>(~(*bytes)[offset]);
    }
}

Result<std::unique_ptr<WritableFile>> FaultyFileSystem::OpenForWriting(const Path& path,
                                                                       bool truncate) {
    const std::lock_guard lock(disk_->mutex);
    GYRE_TRY(disk_->Change(disk_->generation));
    const Path normal = Normal(path);
    if (!disk_->IsDirectory(normal.parent_path())) return Absent(path);
    if (disk_->IsDirectory(normal)) {
        return Fail(Code::kInternal, path.string() + ": is a directory");
    }
    auto& inode = disk_->now[normal];
    if (!inode) inode = std::make_shared<Inode>();
    if (truncate) inode->bytes.clear();
    return std::make_unique<MemoryWritableFile>(disk_, inode);
}

Result<std::unique_ptr<WritableFile>> FaultyFileSystem::Create(const Path& path) {
    return OpenForWriting(path, true);
}

Result<std::unique_ptr<WritableFile>> FaultyFileSystem::OpenAppend(const Path& path) {
    return OpenForWriting(path, false);
}

Result<std::unique_ptr<ReadableFile>> FaultyFileSystem::Open(const Path& path) {
    const std::lock_guard lock(disk_->mutex);
    GYRE_TRY(disk_->Alive(disk_->generation));
    const auto found = disk_->now.find(Normal(path));
    if (found == disk_->now.end() || !found->second) return Absent(path);
    return std::make_unique<MemoryReadableFile>(disk_, found->second);
}

Status FaultyFileSystem::Rename(const Path& from, const Path& to) {
    const std::lock_guard lock(disk_->mutex);
    GYRE_TRY(disk_->Change(disk_->generation));
    const Path old_name = Normal(from);
    const Path new_name = Normal(to);
    if (!disk_->now.contains(old_name)) return Absent(from);
    if (!disk_->IsDirectory(new_name.parent_path())) return Absent(to);
    if (old_name == new_name) return {};
    Names moved;
    for (auto at = disk_->now.begin(); at != disk_->now.end();) {
        if (at->first == old_name) {
            moved[new_name] = at->second;
        } else if (IsBelow(at->first, old_name)) {
            moved[new_name / at->first.lexically_relative(old_name)] = at->second;
        } else {
            ++at;
            continue;
        }
        at = disk_->now.erase(at);
    }
    for (auto& [path, inode] : moved) disk_->now[path] = inode;
    return {};
}

Status FaultyFileSystem::Remove(const Path& path) {
    const std::lock_guard lock(disk_->mutex);
    GYRE_TRY(disk_->Change(disk_->generation));
    if (disk_->now.erase(Normal(path)) == 0) return Absent(path);
    return {};
}

Status FaultyFileSystem::RemoveAll(const Path& path) {
    const std::lock_guard lock(disk_->mutex);
    GYRE_TRY(disk_->Change(disk_->generation));
    const Path normal = Normal(path);
    std::erase_if(disk_->now, [&](const auto& entry) {
        return entry.first == normal || IsBelow(entry.first, normal);
    });
    return {};
}

Status FaultyFileSystem::MakeDirectories(const Path& path) {
    const std::lock_guard lock(disk_->mutex);
    GYRE_TRY(disk_->Change(disk_->generation));
    for (Path at = Normal(path); !at.empty() && at != "/"; at = at.parent_path()) {
        const auto [entry, added] = disk_->now.try_emplace(at, nullptr);
        if (!added && entry->second) {
            return Fail(Code::kInternal, at.string() + ": not a directory");
        }
        disk_->durable.try_emplace(at, nullptr);
    }
    return {};
}

Status FaultyFileSystem::SyncDirectory(const Path& directory) {
    const std::lock_guard lock(disk_->mutex);
    const bool skipped = disk_->skip_sync_at == disk_->calls;
    GYRE_TRY(disk_->Change(disk_->generation));
    const Path normal = Normal(directory);
    if (!disk_->IsDirectory(normal)) return Absent(directory);
    if (skipped) return {};
    std::vector<Path> gone;
    for (const auto& [path, inode] : disk_->durable) {
        if (path.parent_path() == normal && !disk_->now.contains(path)) gone.push_back(path);
    }
    for (const Path& path : gone) {
        std::erase_if(disk_->durable, [&](const auto& entry) {
            return entry.first == path || IsBelow(entry.first, path);
        });
    }
    for (const auto& [path, inode] : disk_->now) {
        if (path.parent_path() == normal) disk_->durable[path] = inode;
    }
    return {};
}

Result<FileInfo> FaultyFileSystem::Stat(const Path& path) {
    const std::lock_guard lock(disk_->mutex);
    GYRE_TRY(disk_->Alive(disk_->generation));
    const auto found = disk_->now.find(Normal(path));
    if (found == disk_->now.end()) return Absent(path);
    if (!found->second) return FileInfo{0, true, {}};
    return FileInfo{found->second->bytes.size(), false, {}};
}

Result<std::vector<std::string>> FaultyFileSystem::List(const Path& directory) {
    const std::lock_guard lock(disk_->mutex);
    GYRE_TRY(disk_->Alive(disk_->generation));
    const Path normal = Normal(directory);
    if (!disk_->IsDirectory(normal)) return Absent(directory);
    std::vector<std::string> names;
    for (const auto& [path, inode] : disk_->now) {
        if (path.parent_path() == normal) names.push_back(path.filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace gyre::core
