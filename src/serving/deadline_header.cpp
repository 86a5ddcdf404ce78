#include "serving/deadline_header.h"

#include <algorithm>
#include <charconv>

namespace gyre::serving {
namespace {

constexpr uint64_t kDay = 86'400'000;  // ms

}  // namespace

core::Result<uint64_t> DeadlineIn(const net::Headers& headers) {
    const std::string_view ms = headers.Get("x-gyre-deadline-ms");
    if (ms.empty()) return 0;
    uint64_t value = 0;
    const auto [end, failed] = std::from_chars(ms.data(), ms.data() + ms.size(), value);
    if (failed != std::errc() || end != ms.data() + ms.size() || value == 0 || value > kDay) {
        return core::Fail(core::Code::kInvalidArgument, "ValidationError",
                          "x-gyre-deadline-ms must be a number from 1 to 86400000, not \"" +
                              std::string(ms) + "\".");
    }
    return value * 1000;
}

uint64_t MicrosecondsBetween(core::SteadyTime from, core::SteadyTime to) {
    const auto passed = std::chrono::duration_cast<core::microseconds>(to - from).count();
    return static_cast<uint64_t>(std::max<int64_t>(0, passed));
}

uint64_t DeadlineLeft(uint64_t deadline_us, uint64_t waited_us) {
    if (deadline_us == 0) return 0;
    return deadline_us > waited_us ? deadline_us - waited_us : 1;
}

}  // namespace gyre::serving
