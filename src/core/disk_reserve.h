#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "core/clock.h"
#include "core/file_system.h"
#include "core/guarded.h"

namespace gyre::core {

/// Room on a disk that is set aside while there is plenty, so that what makes room again (removing
/// objects, starting a server to do so) still works when the disk has run full. It is one file of
/// zeros. Thread-safe.
class DiskReserve {
  public:
    /// Takes up `bytes` at `path`, where it is not taken up already. Where the disk has no room for
    /// a small file, it gives the reserve back at once. Never fails for want of room.
    [[nodiscard]] static Result<std::unique_ptr<DiskReserve>> Open(FileSystem& files,
                                                                   std::filesystem::path path,
                                                                   uint64_t bytes,
                                                                   const Clock& clock);

    /// Gives the room back to whoever makes room; false when it was given back before.
    bool Release();
    /// True when the room is set aside. Where it was given back it is taken up again, if there is
    /// enough by now; asked for so that nothing else is written into it.
    [[nodiscard]] bool Restore();

  private:
    struct State {
        bool held = false;
        SteadyTime next_try{};
    };

    DiskReserve(FileSystem& files, std::filesystem::path path, uint64_t bytes, const Clock& clock)
        : files_(files), path_(std::move(path)), bytes_(bytes), clock_(clock) {}
    [[nodiscard]] Status Take(const std::filesystem::path& path, uint64_t bytes);

    FileSystem& files_;
    const std::filesystem::path path_;
    const uint64_t bytes_;
    const Clock& clock_;
    Guarded<State> state_;
};

}  // namespace gyre::core
