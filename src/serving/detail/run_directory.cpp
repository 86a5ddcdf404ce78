#include "serving/detail/run_directory.h"

#include <cerrno>
#include <cstdlib>

#include "core/file_system.h"

namespace gyre::serving::detail {
namespace {

constexpr size_t kLongestPath = 75;  // leaves room for a name, well below 100 in all

}  // namespace

core::Result<std::unique_ptr<RunDirectory>> RunDirectory::Make(
    const std::filesystem::path& wanted) {
    std::error_code failed;
    std::filesystem::path path = std::filesystem::absolute(wanted, failed);
    if (failed || path.native().size() > kLongestPath) {
        char name[] = "/tmp/gyre-run-XXXXXX";
        if (mkdtemp(name) == nullptr) {
            return core::Fail(core::ErrnoError("a folder for sockets below /tmp", errno));
        }
        return std::unique_ptr<RunDirectory>(new RunDirectory(name));
    }
    GYRE_TRY(core::RealFileSystem().RemoveAll(path));
    GYRE_TRY(core::RealFileSystem().MakeDirectories(path));
    std::filesystem::permissions(path, std::filesystem::perms::owner_all, failed);
    return std::unique_ptr<RunDirectory>(new RunDirectory(std::move(path)));
}

RunDirectory::~RunDirectory() {
    (void)core::RealFileSystem().RemoveAll(path_);
}

}  // namespace gyre::serving::detail
