#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "core/archive.h"
#include "core/detail/archive_text.h"
#include "core/detail/confined_directory.h"
#include "core/file_system.h"

namespace gyre::core {
namespace {

using detail::OwnedDescriptor;
using Path = std::filesystem::path;

struct FreeWriter {
    void operator()(archive* writer) const { archive_write_free(writer); }
};
using Writer = std::unique_ptr<archive, FreeWriter>;
struct FreeEntry {
    void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

Error WriteError(archive* writer) {
    const char* text = archive_error_string(writer);
    return {archive_errno(writer) == ENOSPC ? Code::kResourceExhausted : Code::kInternal,
            std::string("write archive: ") + (text ? text : "unknown error")};
}

Result<std::vector<Path>> PathsBelow(const Path& directory) {
    std::vector<Path> paths;
    std::error_code error;
    std::filesystem::recursive_directory_iterator entries(directory, error);
    while (!error && entries != std::filesystem::recursive_directory_iterator()) {
        paths.push_back(entries->path());
        entries.increment(error);
    }
    if (error) return Fail(ErrnoError("list " + directory.string(), error.value()));
    std::sort(paths.begin(), paths.end());
    return paths;
}

Status CopyFile(archive* writer, const Path& path, uint64_t size) {
    const OwnedDescriptor file(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (file.Get() < 0) return Fail(ErrnoError("open " + path.string(), errno));
    std::vector<char> buffer(128 * 1024);
    uint64_t copied = 0;
    while (copied < size) {
        const ssize_t count = read(file.Get(), buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return Fail(ErrnoError("read " + path.string(), errno));
        if (count == 0) {
            return Fail(Code::kConflict, path.string() + " became shorter while it was packed");
        }
        const size_t part = std::min<uint64_t>(static_cast<uint64_t>(count), size - copied);
        if (archive_write_data(writer, buffer.data(), part) < 0) return Fail(WriteError(writer));
        copied += part;
    }
    return {};
}

Status AddPath(archive* writer, const Path& root, const Path& path) {
    struct stat info{};
    if (lstat(path.c_str(), &info) != 0) return Fail(ErrnoError("stat " + path.string(), errno));
    const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), path.lexically_relative(root).c_str());
    archive_entry_set_mtime(entry.get(), info.st_mtim.tv_sec, 0);
    archive_entry_set_perm(entry.get(), info.st_mode & 0777);
    archive_entry_set_size(entry.get(), 0);
    if (S_ISREG(info.st_mode)) {
        archive_entry_set_filetype(entry.get(), AE_IFREG);
        archive_entry_set_size(entry.get(), info.st_size);
    } else if (S_ISDIR(info.st_mode)) {
        archive_entry_set_filetype(entry.get(), AE_IFDIR);
    } else if (S_ISLNK(info.st_mode)) {
        std::error_code error;
        const Path target = std::filesystem::read_symlink(path, error);
        if (error) return Fail(ErrnoError("read link " + path.string(), error.value()));
        archive_entry_set_filetype(entry.get(), AE_IFLNK);
        archive_entry_set_symlink(entry.get(), target.c_str());
    } else {
        return Fail(Code::kInvalidArgument, path.string() + " is a device, pipe or socket");
    }
    if (archive_write_header(writer, entry.get()) < ARCHIVE_WARN) return Fail(WriteError(writer));
    if (!S_ISREG(info.st_mode)) return {};
    return CopyFile(writer, path, static_cast<uint64_t>(info.st_size));
}

Status WriteTarGz(const Path& directory, const std::vector<Path>& paths, int out) {
    const Writer writer(archive_write_new());
    archive_write_set_format_pax_restricted(writer.get());
    archive_write_add_filter_gzip(writer.get());
    archive_write_set_options(writer.get(), "gzip:!timestamp");
    if (archive_write_open_fd(writer.get(), out) != ARCHIVE_OK) {
        return Fail(WriteError(writer.get()));
    }
    for (const Path& path : paths) GYRE_TRY(AddPath(writer.get(), directory, path));
    if (archive_write_close(writer.get()) != ARCHIVE_OK) return Fail(WriteError(writer.get()));
    return {};
}

}  // namespace

Status PackTarGz(const Path& directory, const Path& out) {
    const detail::Utf8Locale locale;
    GYRE_ASSIGN(const auto paths, PathsBelow(directory));
    const Path beside = out.string() + ".tmp";
    {
        const OwnedDescriptor file(
            open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
        if (file.Get() < 0) return Fail(ErrnoError("create " + beside.string(), errno));
        Status written = WriteTarGz(directory, paths, file.Get());
        if (written && fdatasync(file.Get()) != 0) {
            written = Fail(ErrnoError("sync " + beside.string(), errno));
        }
        if (!written) {
            unlink(beside.c_str());
            return written;
        }
    }
    FileSystem& files = RealFileSystem();
    GYRE_TRY(files.Rename(beside, out));
    return files.SyncDirectory(out.has_parent_path() ? out.parent_path() : Path("."));
}

}  // namespace gyre::core
