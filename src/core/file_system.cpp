#include "core/file_system.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace gyre::core {
namespace {

using Path = std::filesystem::path;

Error PathError(std::string_view what, const Path& path, int errno_value) {
    return ErrnoError(std::string(what) + " " + path.string(), errno_value);
}

Error PathError(std::string_view what, const Path& path, const std::error_code& error) {
    return PathError(what, path, error.value());
}

class RealWritableFile final : public WritableFile {
  public:
    RealWritableFile(int descriptor, Path path) : descriptor_(descriptor), path_(std::move(path)) {}
    ~RealWritableFile() override { close(descriptor_); }
    RealWritableFile(const RealWritableFile&) = delete;
    RealWritableFile& operator=(const RealWritableFile&) = delete;

    Status Append(std::string_view bytes) override {
        while (!bytes.empty()) {
            const ssize_t written = write(descriptor_, bytes.data(), bytes.size());
            if (written < 0) {
                if (errno == EINTR) continue;
                return Fail(PathError("write", path_, errno));
            }
            bytes.remove_prefix(static_cast<size_t>(written));
            appended_ += static_cast<uint64_t>(written);
        }
        return {};
    }

    void StartSync() override {
        const off_t end = lseek(descriptor_, 0, SEEK_CUR);
        const auto begin = end - static_cast<off_t>(std::exchange(appended_, 0));
        if (begin >= 0) sync_file_range(descriptor_, begin, end - begin, SYNC_FILE_RANGE_WRITE);
    }

    Status Sync() override {
        if (fdatasync(descriptor_) != 0) return Fail(PathError("sync", path_, errno));
        return {};
    }

  private:
    int descriptor_;
    Path path_;
    uint64_t appended_ = 0;  ///< since the last StartSync
};

class RealReadableFile final : public ReadableFile {
  public:
    RealReadableFile(int descriptor, uint64_t size, Path path)
        : descriptor_(descriptor), size_(size), path_(std::move(path)) {}
    ~RealReadableFile() override { close(descriptor_); }
    RealReadableFile(const RealReadableFile&) = delete;
    RealReadableFile& operator=(const RealReadableFile&) = delete;

    [[nodiscard]] Result<size_t> ReadAt(uint64_t offset, std::span<char> into) const override {
        size_t total = 0;
        while (total < into.size()) {
            const ssize_t count = pread(descriptor_, into.data() + total, into.size() - total,
                                        static_cast<off_t>(offset + total));
            if (count < 0) {
                if (errno == EINTR) continue;
                return Fail(PathError("read", path_, errno));
            }
            if (count == 0) break;
            total += static_cast<size_t>(count);
        }
        return total;
    }
    [[nodiscard]] uint64_t Size() const override { return size_; }
    [[nodiscard]] std::optional<int> Descriptor() const override { return descriptor_; }

  private:
    int descriptor_;
    uint64_t size_;
    Path path_;
};

class MachineFileSystem final : public FileSystem {
  public:
    Result<std::unique_ptr<WritableFile>> Create(const Path& path) override {
        return OpenForWriting(path, O_TRUNC);
    }
    Result<std::unique_ptr<WritableFile>> OpenAppend(const Path& path) override {
        return OpenForWriting(path, O_APPEND);
    }

    Result<std::unique_ptr<ReadableFile>> Open(const Path& path) override {
        const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (descriptor < 0) return Fail(PathError("open", path, errno));
        struct stat info{};
        if (fstat(descriptor, &info) != 0) {
            const int error = errno;
            close(descriptor);
            return Fail(PathError("stat", path, error));
        }
        return std::make_unique<RealReadableFile>(descriptor, static_cast<uint64_t>(info.st_size),
                                                  path);
    }

    Status Rename(const Path& from, const Path& to) override {
        if (rename(from.c_str(), to.c_str()) != 0) return Fail(PathError("rename to", to, errno));
        return {};
    }

    Status Remove(const Path& path) override {
        if (std::remove(path.c_str()) != 0) return Fail(PathError("remove", path, errno));
        return {};
    }

    Status RemoveAll(const Path& path) override {
        std::error_code error;
        std::filesystem::remove_all(path, error);
        if (error) return Fail(PathError("remove", path, error));
        return {};
    }

    Status MakeDirectories(const Path& path) override {
        std::error_code error;
        std::filesystem::create_directories(path, error);
        if (error) return Fail(PathError("make directory", path, error));
        return {};
    }

    Status SyncDirectory(const Path& directory) override {
        const int descriptor = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (descriptor < 0) return Fail(PathError("open", directory, errno));
        const int outcome = fsync(descriptor);
        const int error = errno;
        close(descriptor);
        if (outcome != 0) return Fail(PathError("sync", directory, error));
        return {};
    }

    Result<FileInfo> Stat(const Path& path) override {
        struct stat info{};
        if (stat(path.c_str(), &info) != 0) return Fail(PathError("stat", path, errno));
        const milliseconds modified =
            seconds(info.st_mtim.tv_sec) + milliseconds(info.st_mtim.tv_nsec / 1'000'000);
        return FileInfo{static_cast<uint64_t>(info.st_size), S_ISDIR(info.st_mode),
                        WallTime(modified)};
    }

    Result<std::vector<std::string>> List(const Path& directory) override {
        std::error_code error;
        std::vector<std::string> names;
        std::filesystem::directory_iterator entries(directory, error);
        while (!error && entries != std::filesystem::directory_iterator()) {
            names.push_back(entries->path().filename().string());
            entries.increment(error);
        }
        if (error) return Fail(PathError("list", directory, error));
        std::sort(names.begin(), names.end());
        return names;
    }

  private:
    static Result<std::unique_ptr<WritableFile>> OpenForWriting(const Path& path, int flag) {
        const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flag, 0644);
        if (descriptor < 0) return Fail(PathError("open", path, errno));
        return std::make_unique<RealWritableFile>(descriptor, path);
    }
};

}  // namespace

FileSystem& RealFileSystem() {
    static MachineFileSystem files;
    return files;
}

Result<std::string> ReadFile(FileSystem& files, const Path& path) {
    GYRE_ASSIGN(const auto file, files.Open(path));
    std::string bytes(file->Size(), '\0');
    GYRE_ASSIGN(const size_t count, file->ReadAt(0, bytes));
    bytes.resize(count);
    return bytes;
}

Status WriteFileAtomically(FileSystem& files, const Path& path, std::string_view bytes) {
    const Path beside = path.string() + ".tmp";
    {
        GYRE_ASSIGN(const auto file, files.Create(beside));
        GYRE_TRY(file->Append(bytes));
        GYRE_TRY(file->Sync());
    }
    GYRE_TRY(files.Rename(beside, path));
    return files.SyncDirectory(path.parent_path());
}

}  // namespace gyre::core
