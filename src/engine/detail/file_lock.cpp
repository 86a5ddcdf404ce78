#include "engine/detail/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

namespace gyre::engine::detail {
namespace {

constexpr core::milliseconds kPause{50};

}  // namespace

core::Result<std::unique_ptr<FileLock>> FileLock::Take(const std::filesystem::path& path,
                                                       core::SteadyTime deadline) {
    const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) return core::Fail(core::ErrnoError(path.string(), errno));
    while (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        const int error = errno;
        const bool busy = error == EWOULDBLOCK || error == EINTR;
        if (busy && core::SystemClock().Now() < deadline) {
            std::this_thread::sleep_for(kPause);
            continue;
        }
        close(descriptor);
        if (!busy) return core::Fail(core::ErrnoError(path.string(), error));
        return core::Fail(core::Code::kDeadlineExceeded,
                          path.string() + " is held by another process");
    }
    return std::unique_ptr<FileLock>(new FileLock(descriptor));
}

FileLock::~FileLock() {
    close(descriptor_);
}

}  // namespace gyre::engine::detail
