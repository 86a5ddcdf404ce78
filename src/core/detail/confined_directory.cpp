#include "core/detail/confined_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace gyre::core::detail {
namespace {

constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

std::vector<std::string> Split(std::string_view path) {
    std::vector<std::string> parts;
    while (!path.empty()) {
        const size_t slash = path.find('/');
        const std::string_view part = path.substr(0, slash);
        if (!part.empty() && part != ".") parts.emplace_back(part);
        if (slash == std::string_view::npos) break;
        path.remove_prefix(slash + 1);
    }
    return parts;
}

}  // namespace

OwnedDescriptor::~OwnedDescriptor() {
    if (descriptor_ >= 0) close(descriptor_);
}

OwnedDescriptor::OwnedDescriptor(OwnedDescriptor&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {
}

OwnedDescriptor& OwnedDescriptor::operator=(OwnedDescriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

Result<std::vector<std::string>> SafeParts(std::string_view path) {
    if (path.starts_with('/')) return Fail(Code::kInvalidArgument, "has an absolute name");
    if (path.find('\0') != std::string_view::npos) {
        return Fail(Code::kInvalidArgument, "has a NUL in its name");
    }
    std::vector<std::string> parts = Split(path);
    if (parts.empty()) return Fail(Code::kInvalidArgument, "has no name");
    for (const std::string& part : parts) {
        if (part == "..") return Fail(Code::kInvalidArgument, "has \"..\" in its name");
    }
    return parts;
}

Result<ConfinedDirectory> ConfinedDirectory::Open(const std::filesystem::path& root) {
    OwnedDescriptor descriptor(open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (descriptor.Get() < 0) return Fail(ErrnoError("open " + root.string(), errno));
    return ConfinedDirectory(std::move(descriptor));
}

Result<OwnedDescriptor> ConfinedDirectory::OpenParent(const std::vector<std::string>& parts,
                                                      size_t depth, bool make) {
    OwnedDescriptor here(dup(root_.Get()));
    if (here.Get() < 0) return Fail(ErrnoError("open", errno));
    for (size_t i = 0; i < depth; ++i) {
        if (make) {
            if (mkdirat(here.Get(), parts[i].c_str(), 0755) == 0) {
                ++made_;
            } else if (errno != EEXIST) {
                return Fail(ErrnoError("make directory", errno));
            }
        }
        OwnedDescriptor next(openat(here.Get(), parts[i].c_str(), kDirectoryFlags));
        if (next.Get() < 0) {
            if (errno == ELOOP || errno == ENOTDIR) {
                return Fail(Code::kInvalidArgument, "leads through a link or a file");
            }
            return Fail(ErrnoError("open directory", errno));
        }
        here = std::move(next);
    }
    return here;
}

Status ConfinedDirectory::MakeDirectory(const std::vector<std::string>& parts) {
    GYRE_TRY(OpenParent(parts, parts.size(), true));
    return {};
}

Result<OwnedDescriptor> ConfinedDirectory::OpenCleared(const std::vector<std::string>& parts) {
    GYRE_ASSIGN(auto parent, OpenParent(parts, parts.size() - 1, true));
    if (unlinkat(parent.Get(), parts.back().c_str(), 0) != 0) {
        if (errno == EISDIR || errno == EPERM) {
            return Fail(Code::kInvalidArgument, "has the name of a directory");
        }
        if (errno != ENOENT) return Fail(ErrnoError("replace", errno));
        ++made_;
    }
    return parent;
}

Result<OwnedDescriptor> ConfinedDirectory::CreateFile(const std::vector<std::string>& parts,
                                                      mode_t mode) {
    GYRE_ASSIGN(const auto parent, OpenCleared(parts));
    OwnedDescriptor file(openat(parent.Get(), parts.back().c_str(),
                                O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    if (file.Get() < 0) return Fail(ErrnoError("create", errno));
    return file;
}

Status ConfinedDirectory::MakeSymlink(const std::vector<std::string>& parts,
                                      const std::string& target) {
    if (target.empty() || target.starts_with('/')) {
        return Fail(Code::kInvalidArgument, "is a link to an absolute path");
    }
    size_t climbs = 0;
    bool descending = false;
    for (const std::string& part : Split(target)) {
        if (part != "..") {
            descending = true;
        } else if (descending || ++climbs > parts.size() - 1) {
            return Fail(Code::kInvalidArgument, "is a link that leads outside: " + target);
        }
    }
    GYRE_ASSIGN(const auto parent, OpenCleared(parts));
    if (symlinkat(target.c_str(), parent.Get(), parts.back().c_str()) != 0) {
        return Fail(ErrnoError("make link", errno));
    }
    return {};
}

Status ConfinedDirectory::MakeHardLink(const std::vector<std::string>& parts,
                                       const std::vector<std::string>& existing) {
    if (parts == existing) return Fail(Code::kInvalidArgument, "is a link to itself");
    GYRE_ASSIGN(const auto from, OpenParent(existing, existing.size() - 1, false));
    struct stat info{};
    if (fstatat(from.Get(), existing.back().c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(info.st_mode)) {
        return Fail(Code::kInvalidArgument, "is a link to what is no file of the archive");
    }
    GYRE_ASSIGN(const auto parent, OpenCleared(parts));
    if (linkat(from.Get(), existing.back().c_str(), parent.Get(), parts.back().c_str(), 0) != 0) {
        return Fail(ErrnoError("make link", errno));
    }
    return {};
}

}  // namespace gyre::core::detail
