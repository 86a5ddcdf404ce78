#include <cstddef>
#include <cstdint>
#include <string_view>

#include "telemetry/detail/cells.h"
#include "telemetry/detail/journal.h"
#include "telemetry/statistic.h"

using namespace gyre;
using namespace gyre::telemetry;

/// A block of cells that is read is written and read the same again; a journal of any bytes ends.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    for (const auto& cell : detail::DecodeJournal(bytes)) {
        std::string_view in = cell.statistic;
        Statistic value;
        static_cast<void>(value.Decode(in));
    }
    const auto cells = detail::DecodeCells(bytes, 0, 60);
    if (!cells) return 0;
    const std::string written = detail::EncodeCells(*cells, 0, 60);
    const auto again = detail::DecodeCells(written, 0, 60);
    if (!again || again->size() != cells->size()) __builtin_trap();
    for (const auto& [time, value] : *cells) {
        static_cast<void>(value.has_sketch ? value.Percentile(99) : 0);
    }
    return 0;
}
