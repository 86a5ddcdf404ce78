#include "server/data_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/file_system.h"

namespace gyre::server {

core::Result<std::unique_ptr<DataFolder>> DataFolder::Take(const std::filesystem::path& path) {
    std::error_code error;
    const std::filesystem::path folder = std::filesystem::absolute(path, error);
    const bool made = std::filesystem::create_directories(folder, error);
    if (error) return core::Fail(core::ErrnoError(folder.string(), error.value()));
    if (made) ::chmod(folder.c_str(), S_IRWXU);

    const std::string lock = (folder / "lock").string();
    const int descriptor = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) return core::Fail(core::ErrnoError(lock, errno));
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        char text[32] = {};
        const ssize_t size = ::pread(descriptor, text, sizeof text - 1, 0);
        ::close(descriptor);
        return core::Fail(core::Code::kFailedPrecondition,
                          folder.string() + " is in use by another gyre serve" +
                              (size > 0 ? " (process " + std::string(text) + ")" : "") +
                              "; stop it, or choose another --data");
    }
    const std::string pid = std::to_string(::getpid());
    if (::ftruncate(descriptor, 0) != 0 ||
        ::pwrite(descriptor, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
        const int failed = errno;
        ::close(descriptor);
        return core::Fail(core::ErrnoError(lock, failed));
    }
    return std::unique_ptr<DataFolder>(new DataFolder(folder, descriptor));
}

DataFolder::~DataFolder() {
    std::error_code ignored;
    std::filesystem::remove(path_ / "address", ignored);
    ::close(descriptor_);
}

core::Status DataFolder::PublishAddress(const std::string& url) const {
    return core::WriteFileAtomically(core::RealFileSystem(), path_ / "address", url + "\n");
}

}  // namespace gyre::server
