#include "serving/torchserve/system_metrics.h"

#include <sys/statvfs.h>
#include <unistd.h>

#include <fstream>
#include <map>

namespace gyre::serving::torchserve {
namespace {

constexpr double kKilobytesOfMegabyte = 1024;
constexpr double kBytesOfGigabyte = 1024.0 * 1024 * 1024;

/// Kilobytes by name, of /proc/meminfo.
std::map<std::string, double> Memory() {
    std::map<std::string, double> memory;
    std::ifstream file("/proc/meminfo");
    std::string name;
    double kilobytes = 0;
    std::string rest;
    while (file >> name >> kilobytes && std::getline(file, rest)) {
        memory[name.substr(0, name.size() - 1)] = kilobytes;
    }
    return memory;
}

}  // namespace

std::string HostName() {
    char name[256] = {};
    return ::gethostname(name, sizeof(name) - 1) == 0 ? name : "localhost";
}

SystemMetrics::SystemMetrics(core::MetricsRegistry& registry)
    : registry_(registry), host_(HostName()) {
}

void SystemMetrics::Refresh() {
    const auto set = [&](const char* name, const char* help, double value) {
        registry_.GetGauge(name, help, {{"Level", "Host"}, {"Hostname", host_}}).Set(value);
    };
    // user nice system idle iowait irq softirq steal: proc(5).
    std::ifstream file("/proc/stat");
    std::string cpu;
    double ticks[8] = {};
    file >> cpu;
    for (double& one : ticks) file >> one;
    Ticks now;
    for (const double one : ticks) now.all += one;
    now.busy = now.all - ticks[3] - ticks[4];
    if (auto last = last_.Lock(); now.all > last->all) {
        set("CPUUtilization", "Percent of the machine's CPU",
            100 * (now.busy - last->busy) / (now.all - last->all));
        *last = now;
    }
    auto memory = Memory();
    const double total = memory["MemTotal"];
    const double available = memory["MemAvailable"];
    if (total > 0) {
        set("MemoryUsed", "Megabytes of the machine's memory that are in use",
            (total - available) / kKilobytesOfMegabyte);
        set("MemoryAvailable", "Megabytes of the machine's memory that are free",
            available / kKilobytesOfMegabyte);
        set("MemoryUtilization", "Percent of the machine's memory",
            100 * (total - available) / total);
    }
    struct statvfs disk = {};
    if (::statvfs("/", &disk) == 0 && disk.f_blocks > 0) {
        const auto block = static_cast<double>(disk.f_frsize);
        const double used = static_cast<double>(disk.f_blocks - disk.f_bfree) * block;
        const double free = static_cast<double>(disk.f_bavail) * block;
        set("DiskUsage", "Gigabytes of the root's disk that are in use", used / kBytesOfGigabyte);
        set("DiskAvailable", "Gigabytes of the root's disk that are free", free / kBytesOfGigabyte);
        set("DiskUtilization", "Percent of the root's disk", 100 * used / (used + free));
    }
}

}  // namespace gyre::serving::torchserve
