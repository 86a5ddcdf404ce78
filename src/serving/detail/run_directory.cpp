#include "serving/detail/run_directory.h"

#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "core/file_system.h"

namespace gyre::serving::detail {
namespace {

constexpr size_t kLongestPath = 75;  // leaves room for a name, well below 100 in all
constexpr std::string_view kElsewhere = "/tmp/gyre-run-";

/// Removes the folder below /tmp that a server which was killed left behind.
void SweepElsewhere(const std::filesystem::path& link) {
    std::error_code failed;
    const std::filesystem::path left = std::filesystem::read_symlink(link, failed);
    if (failed || !left.native().starts_with(kElsewhere)) return;
    (void)core::RealFileSystem().RemoveAll(left);
    std::filesystem::remove(link, failed);
}

core::Result<std::filesystem::path> MakeElsewhere(const std::filesystem::path& link) {
    std::string name = std::string(kElsewhere) + "XXXXXX";
    if (mkdtemp(name.data()) == nullptr) {
        return core::Fail(core::ErrnoError("a folder for sockets below /tmp", errno));
    }
    std::error_code failed;
    std::filesystem::create_directories(link.parent_path(), failed);
    std::filesystem::create_symlink(name, link, failed);
    return name;
}

}  // namespace

core::Result<std::unique_ptr<RunDirectory>> RunDirectory::Make(const std::filesystem::path& wanted,
                                                               bool for_sockets) {
    std::error_code failed;
    std::filesystem::path path = std::filesystem::absolute(wanted, failed);
    SweepElsewhere(path);
    if (failed || (for_sockets && path.native().size() > kLongestPath)) {
        GYRE_ASSIGN(std::filesystem::path elsewhere, MakeElsewhere(path));
        return std::unique_ptr<RunDirectory>(new RunDirectory(std::move(elsewhere)));
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
