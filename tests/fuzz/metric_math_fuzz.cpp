#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "telemetry/metric_math.h"

using namespace gyre;
using namespace gyre::telemetry;

/// Whatever the expression is, its values are numbers.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size > 4096) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    static const MathSeries kSeries{{{0, 1}, {60, 2}, {180, 8}}, 60};
    const auto result = EvaluateMath(
        text, [](std::string_view id) { return id == "m1" ? &kSeries : nullptr; }, {&kSeries});
    if (!result) return 0;
    for (const auto& [time, value] : result->points) {
        if (!std::isfinite(value)) __builtin_trap();
    }
    return 0;
}
