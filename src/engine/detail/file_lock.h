#pragma once

#include <filesystem>
#include <memory>

#include "core/clock.h"
#include "core/result.h"

namespace gyre::engine::detail {

/// A lock between processes (flock of a file that stays). Gone with the object, or its process.
class FileLock {
  public:
    /// Waits for it. Errors: kDeadlineExceeded; otherwise from errno.
    [[nodiscard]] static core::Result<std::unique_ptr<FileLock>> Take(
        const std::filesystem::path& path, core::SteadyTime deadline);
    ~FileLock();
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

  private:
    explicit FileLock(int descriptor) : descriptor_(descriptor) {}
    const int descriptor_;
};

}  // namespace gyre::engine::detail
