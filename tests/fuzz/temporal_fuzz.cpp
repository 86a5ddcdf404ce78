// Dates, times and durations: what is read is written so that it is read again as the same.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "graph/temporal.h"

using namespace gyre::graph;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const auto kind :
         {Temporal::Kind::kDate, Temporal::Kind::kLocalTime, Temporal::Kind::kTime,
          Temporal::Kind::kLocalDateTime, Temporal::Kind::kDateTime}) {
        const auto read = ParseTemporal(kind, text);
        if (!read) continue;
        const auto again = ParseTemporal(kind, TemporalText(*read));
        if (!again || CompareTemporals(*again, *read) != 0) std::abort();
    }
    if (const auto duration = ParseDuration(text)) {
        static_cast<void>(DurationText(*duration));
        static_cast<void>(LengthOf(*duration));
    }
    return 0;
}
