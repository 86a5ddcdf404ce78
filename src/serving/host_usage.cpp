#include "serving/host_usage.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <string>

namespace gyre::serving {
namespace {

/// Adds what one process uses: proc(5), /proc/PID/stat. One that ended meanwhile counts nothing.
void AddProcess(const std::filesystem::path& stat, std::map<pid_t, GroupUsage>& usage) {
    std::ifstream file(stat);
    // Not by the stream's buffer: a read of a process that is gone fails (ESRCH), and there it
    // throws.
    std::string text;
    std::getline(file, text, '\0');
    // The second field is the program's name in parentheses, and may hold anything.
    const size_t name_end = text.rfind(')');
    if (name_end == text.npos) return;
    std::istringstream fields(text.substr(name_end + 1));
    std::string state;
    pid_t parent = 0;
    pid_t group = 0;
    fields >> state >> parent >> group;
    std::string skipped;
    for (int field = 6; field <= 13; ++field) fields >> skipped;
    double ticks = 0;
    for (int field = 14; field <= 17; ++field) {  // utime, stime, and those of ended children
        double more = 0;
        fields >> more;
        ticks += more;
    }
    for (int field = 18; field <= 23; ++field) fields >> skipped;
    double pages = 0;
    if (!(fields >> pages)) return;
    GroupUsage& of_group = usage[group];
    of_group.cpu_seconds += ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
    of_group.memory_bytes += pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

}  // namespace

std::map<pid_t, GroupUsage> ReadUsage(const std::filesystem::path& proc) {
    std::map<pid_t, GroupUsage> usage;
    std::error_code failed;
    for (std::filesystem::directory_iterator entry(proc, failed), end; !failed && entry != end;
         entry.increment(failed)) {
        const std::string name = entry->path().filename().string();
        const bool process =
            std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
        if (process) AddProcess(entry->path() / "stat", usage);
    }
    return usage;
}

std::map<pid_t, UsageMeter::Share> UsageMeter::Look(const std::map<pid_t, GroupUsage>& usage,
                                                    core::SteadyTime now, double memory_bytes) {
    std::map<pid_t, Share> shares;
    const double passed = std::chrono::duration<double>(now - last_look_).count();
    for (const auto& [group, of_group] : usage) {
        const auto before = last_.find(group);
        if (before == last_.end() || passed <= 0) continue;
        const double busy = of_group.cpu_seconds - before->second.cpu_seconds;
        shares[group] = {std::max(0.0, busy / passed * 100),
                         memory_bytes > 0 ? of_group.memory_bytes / memory_bytes * 100 : 0};
    }
    last_ = usage;
    last_look_ = now;
    return shares;
}

double MachineMemory() {
    return static_cast<double>(sysconf(_SC_PHYS_PAGES)) *
           static_cast<double>(sysconf(_SC_PAGESIZE));
}

}  // namespace gyre::serving
