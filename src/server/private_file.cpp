#include "server/private_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "core/file_system.h"

namespace gyre::server {

core::Status WritePrivateFile(const std::filesystem::path& file, std::string_view text) {
    // Beside first, so that a crash leaves no half a file; never readable by others.
    const std::string beside = file.string() + ".new";
    ::unlink(beside.c_str());  // what a crash left may have another mode
    const int descriptor = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0) return core::Fail(core::ErrnoError(beside, errno));
    const bool written =
        ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
        ::fsync(descriptor) == 0;
    const int failed = errno;
    ::close(descriptor);
    if (!written) return core::Fail(core::ErrnoError(beside, failed));
    GYRE_TRY(core::RealFileSystem().Rename(beside, file));
    return core::RealFileSystem().SyncDirectory(file.parent_path());
}

}  // namespace gyre::server
