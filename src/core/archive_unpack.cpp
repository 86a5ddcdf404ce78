#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>

#include "core/archive.h"
#include "core/detail/archive_source.h"
#include "core/detail/archive_text.h"
#include "core/detail/confined_directory.h"

namespace gyre::core {
namespace {

using detail::ArchiveSource;
using detail::ConfinedDirectory;
using detail::OwnedDescriptor;
using Path = std::filesystem::path;

struct FreeReader {
    void operator()(archive* reader) const { archive_read_free(reader); }
};
using Reader = std::unique_ptr<archive, FreeReader>;

ssize_t ReadPiece(archive*, void* source, const void** piece) {
    return static_cast<ArchiveSource*>(source)->Read(piece);
}

std::string EntryName(archive_entry* entry) {
    const char* name = archive_entry_pathname_utf8(entry);
    if (!name) name = archive_entry_pathname(entry);
    return name ? name : "";
}

std::string LinkTarget(const char* utf8, const char* raw) {
    if (utf8) return utf8;
    return raw ? raw : "";
}

class Unpacker {
  public:
    Unpacker(int descriptor, ConfinedDirectory directory, const ArchiveLimits& limits)
        : descriptor_(descriptor), directory_(std::move(directory)), limits_(limits) {}

    Status Run() {
        // A zip is read by its directory at the end, so it needs a file that can seek.
        const off_t start = lseek(descriptor_, 0, SEEK_CUR);
        ArchiveSource source(descriptor_);
        Reader reader(archive_read_new());
        archive_read_support_format_tar(reader.get());
        archive_read_support_format_zip(reader.get());
        int opened = ARCHIVE_FATAL;
        if (source.IsGzip()) {
            source_ = &source;
            opened = archive_read_open(reader.get(), &source, nullptr, ReadPiece, nullptr);
        } else {
            if (start < 0 || lseek(descriptor_, start, SEEK_SET) < 0) {
                return Fail(ErrnoError("seek in the archive", errno));
            }
            opened = archive_read_open_fd(reader.get(), descriptor_, 128 * 1024);
        }
        if (opened != ARCHIVE_OK) return Damaged(reader.get());
        reader_ = reader.get();

        archive_entry* entry = nullptr;
        int outcome = ARCHIVE_OK;
        while ((outcome = archive_read_next_header(reader_, &entry)) != ARCHIVE_EOF) {
            // ARCHIVE_WARN: the entry is usable, some attribute that is not kept was odd.
            if (outcome < ARCHIVE_WARN) return Damaged(reader_);
            if (Status unpacked = UnpackEntry(entry); !unpacked) {
                return Fail(std::move(unpacked.error())
                                .In("archive entry '" + detail::Printable(EntryName(entry)) + "'"));
            }
        }
        if (source_ && !source_->Drain()) return Damaged(reader_);
        return {};
    }

  private:
    tl::unexpected<Error> Damaged(archive* reader) const {
        if (source_ && !source_->Problem().empty()) {
            return Fail(Code::kInvalidArgument, "damaged archive: " + source_->Problem());
        }
        const char* text = archive_error_string(reader);
        return Fail(Code::kInvalidArgument,
                    std::string("not a tar, tar.gz or zip archive, or a damaged one: ") +
                        (text ? detail::Printable(text) : "no archive"));
    }

    Status UnpackEntry(archive_entry* entry) {
        const std::string name = EntryName(entry);
        const char* hard_link = archive_entry_hardlink(entry);
        const char* hard_link_utf8 = archive_entry_hardlink_utf8(entry);
        const mode_t type = archive_entry_filetype(entry);
        const bool is_directory = type == AE_IFDIR && !hard_link && !hard_link_utf8;
        // The destination itself; "/" is what the SageMaker SDK writes when it packs a model anew.
        if (is_directory && (name == "." || name == "./" || name == "/")) return {};
        GYRE_ASSIGN(const auto parts, detail::SafeParts(name));
        if (hard_link || hard_link_utf8) {
            GYRE_ASSIGN(const auto existing,
                        detail::SafeParts(LinkTarget(hard_link_utf8, hard_link)));
            GYRE_TRY(directory_.MakeHardLink(parts, existing));
        } else if (is_directory) {
            GYRE_TRY(directory_.MakeDirectory(parts));
        } else if (type == AE_IFLNK) {
            GYRE_TRY(directory_.MakeSymlink(parts, LinkTarget(archive_entry_symlink_utf8(entry),
                                                              archive_entry_symlink(entry))));
        } else if (type == AE_IFREG || type == 0) {
            GYRE_TRY(UnpackFile(entry, parts));
        } else {
            return Fail(Code::kInvalidArgument, "is a device, pipe or socket");
        }
        if (directory_.Made() > limits_.max_files) {
            return Fail(Code::kResourceExhausted, "is one more than the limit of " +
                                                      std::to_string(limits_.max_files) + " files");
        }
        return {};
    }

    Status UnpackFile(archive_entry* entry, const std::vector<std::string>& parts) {
        const bool runnable = (archive_entry_perm(entry) & 0111) != 0;
        uint64_t size = 0;
        const uint64_t declared =
            archive_entry_size_is_set(entry) ? static_cast<uint64_t>(archive_entry_size(entry)) : 0;
        GYRE_TRY(CheckSize(declared));
        GYRE_ASSIGN(const auto file, directory_.CreateFile(parts, runnable ? 0755 : 0644));
        while (true) {
            const void* piece = nullptr;
            size_t length = 0;
            la_int64_t offset = 0;
            const int outcome = archive_read_data_block(reader_, &piece, &length, &offset);
            if (outcome == ARCHIVE_EOF) break;
            if (outcome < ARCHIVE_OK) return Damaged(reader_);
            const uint64_t end = static_cast<uint64_t>(offset) + length;
            GYRE_TRY(CheckSize(end));
            GYRE_TRY(WriteAt(file, {static_cast<const char*>(piece), length}, offset));
            size = std::max(size, end);
        }
        if (size < declared) {  // a sparse file that ends in a hole
            if (ftruncate(file.Get(), static_cast<off_t>(declared)) != 0) {
                return Fail(ErrnoError("write", errno));
            }
            size = declared;
        }
        bytes_ += size;
        return {};
    }

    static Status WriteAt(const OwnedDescriptor& file, std::string_view bytes, off_t offset) {
        while (!bytes.empty()) {
            const ssize_t count = pwrite(file.Get(), bytes.data(), bytes.size(), offset);
            if (count < 0) {
                if (errno == EINTR) continue;
                return Fail(ErrnoError("write", errno));
            }
            bytes.remove_prefix(static_cast<size_t>(count));
            offset += count;
        }
        return {};
    }

    /// Whether the file that is being unpacked may be `size` bytes long.
    [[nodiscard]] Status CheckSize(uint64_t size) const {
        if (size > limits_.max_bytes || bytes_ + size > limits_.max_bytes) {
            return Fail(
                Code::kResourceExhausted,
                "goes over the limit of " + std::to_string(limits_.max_bytes) + " unpacked bytes");
        }
        const uint64_t packed = source_ ? source_->PackedBytes()
                                        : static_cast<uint64_t>(archive_filter_bytes(reader_, -1));
        if (bytes_ + size > limits_.ratio_free_bytes &&
            (bytes_ + size) / limits_.max_ratio > packed) {
            return Fail(Code::kResourceExhausted, "unpacks to more than " +
                                                      std::to_string(limits_.max_ratio) +
                                                      " times its packed size");
        }
        return {};
    }

    int descriptor_;
    ConfinedDirectory directory_;
    ArchiveLimits limits_;
    ArchiveSource* source_ = nullptr;
    archive* reader_ = nullptr;
    uint64_t bytes_ = 0;
};

void RemoveContents(const Path& directory) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
        std::filesystem::remove_all(entry.path(), ignored);
    }
}

}  // namespace

Status UnpackArchive(int archive_descriptor, const Path& destination, const ArchiveLimits& limits) {
    std::error_code error;
    std::filesystem::create_directories(destination, error);
    if (error) return Fail(ErrnoError("make directory " + destination.string(), error.value()));
    if (!std::filesystem::is_empty(destination, error) || error) {
        return Fail(Code::kFailedPrecondition,
                    "unpack into an empty directory, not " + destination.string());
    }
    const detail::Utf8Locale locale;
    GYRE_ASSIGN(auto directory, ConfinedDirectory::Open(destination));
    Status unpacked = Unpacker(archive_descriptor, std::move(directory), limits).Run();
    if (!unpacked) RemoveContents(destination);
    return unpacked;
}

Status UnpackArchive(const Path& archive, const Path& destination, const ArchiveLimits& limits) {
    const OwnedDescriptor file(open(archive.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.Get() < 0) return Fail(ErrnoError("open " + archive.string(), errno));
    return UnpackArchive(file.Get(), destination, limits);
}

}  // namespace gyre::core
