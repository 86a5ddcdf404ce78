#include "graph/exec/together.h"

#include <atomic>
#include <exception>
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

/// Those that one query has; they are given back at its end.
class Helpers {
  public:
    Helpers() = default;
    ~Helpers() { Free().fetch_add(taken_); }
    Helpers(const Helpers&) = delete;
    Helpers& operator=(const Helpers&) = delete;

    /// False where none is free.
    bool Take() {
        for (int free = Free().load(); free > 0;) {
            if (!Free().compare_exchange_weak(free, free - 1)) continue;
            ++taken_;
            return true;
        }
        return false;
    }

  private:
    int taken_ = 0;
};

}  // namespace

void Together(const FunctionRef<void(bool own)>& work) {
    std::atomic<bool> failed{false};
    std::exception_ptr error;
    const auto guarded = [&](bool own) {
        try {
            work(own);
        } catch (...) {
            if (!failed.exchange(true)) error = std::current_exception();
        }
    };
    Helpers helpers;
    {
        std::vector<std::jthread> others;
        while (helpers.Take()) {
            try {
                others.emplace_back([&guarded] { guarded(false); });
            } catch (const std::system_error&) {
                break;  // the process has as many as it may
            }
        }
        guarded(true);
    }
    if (error) std::rethrow_exception(error);
}

}  // namespace gyre::graph::exec
