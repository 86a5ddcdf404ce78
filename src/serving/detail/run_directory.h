#pragma once

#include <filesystem>
#include <memory>

#include "core/result.h"

namespace gyre::serving::detail {

/// A private folder for sockets, emptied at the start. The path of a Unix socket is limited to 107
/// bytes, so where the wanted path is too long it is a folder below /tmp instead, removed at the
/// end (where it is not for sockets, but for files that other machines read, it stays); a symbolic
/// link in its place names it, so that the next start removes it after a kill.
class RunDirectory {
  public:
    [[nodiscard]] static core::Result<std::unique_ptr<RunDirectory>> Make(
        const std::filesystem::path& wanted, bool for_sockets = true);
    ~RunDirectory();
    RunDirectory(const RunDirectory&) = delete;
    RunDirectory& operator=(const RunDirectory&) = delete;
    [[nodiscard]] const std::filesystem::path& Path() const { return path_; }

  private:
    explicit RunDirectory(std::filesystem::path path) : path_(std::move(path)) {}
    std::filesystem::path path_;
};

}  // namespace gyre::serving::detail
