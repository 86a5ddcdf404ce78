#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>

#include "core/clock.h"

namespace gyre::serving {

/// What the processes of a group use: a host and the workers that it started.
struct GroupUsage {
    double cpu_seconds = 0;  ///< since they began; may go back when one of them ends
    double memory_bytes = 0;
};

/// By process group, of all processes of the machine; empty where `proc` cannot be read.
[[nodiscard]] std::map<pid_t, GroupUsage> ReadUsage(const std::filesystem::path& proc = "/proc");

/// How busy groups were between two looks. One thread at a time.
class UsageMeter {
  public:
    struct Share {
        double cpu_percent = 0;  ///< 100 for each core that was busy all the time
        double memory_percent = 0;
    };
    /// Of the groups that were there at the last look too.
    [[nodiscard]] std::map<pid_t, Share> Look(const std::map<pid_t, GroupUsage>& usage,
                                              core::SteadyTime now, double memory_bytes);

  private:
    std::map<pid_t, GroupUsage> last_;
    core::SteadyTime last_look_{};
};

/// The machine's memory in bytes.
[[nodiscard]] double MachineMemory();

}  // namespace gyre::serving
