// Two models' answers compared, as JSON, CSV and .npy: the first byte is where the second begins.
// An answer is never different from itself.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "serving/shadow/answer_comparison.h"

using namespace gyre::serving::shadow;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) return 0;
    const std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
    const size_t middle = std::min<size_t>(data[0], text.size());
    for (const char* type : {"application/json", "text/csv", "application/x-npy"}) {
        const ModelAnswer first{
            .status = 200, .content_type = type, .body = text.substr(0, middle)};
        const ModelAnswer second{.status = 200, .content_type = type, .body = text.substr(middle)};
        (void)DifferenceOf(first, second, 0.01);
        if (DifferenceOf(first, first, 0)) __builtin_trap();
    }
    return 0;
}
