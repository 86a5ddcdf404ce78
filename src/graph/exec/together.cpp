#include "graph/exec/together.h"

#include <atomic>
#include <system_error>
#include <thread>
#include <vector>

namespace gyre::graph::exec {
namespace {

/// Threads that are free to help.
std::atomic<int>& Free() {
    static std::atomic<int> free{static_cast<int>(std::thread::hardware_concurrency()) - 1};
    return free;
}

}  // namespace

void Together(const FunctionRef<void(bool own)>& work) {
    std::vector<std::jthread> others;
    int taken = 0;
    for (int free = Free().load(); free > 0;) {
        if (!Free().compare_exchange_weak(free, free - 1)) continue;
        ++taken;
        try {
            others.emplace_back([&work] { work(false); });
        } catch (const std::system_error&) {
            break;  // the process has as many as it may
        }
    }
    work(true);
    others.clear();
    Free().fetch_add(taken);
}

}  // namespace gyre::graph::exec
