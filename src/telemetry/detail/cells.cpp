#include "telemetry/detail/cells.h"

#include <zlib.h>

#include "telemetry/detail/varint.h"

namespace gyre::telemetry::detail {

void MergeCell(Cells& cells, int64_t bucket, const Statistic& value) {
    cells[bucket].Merge(value);
}

std::string EncodeCells(const Cells& cells, int64_t partition, int64_t step) {
    std::string bytes;
    PutVarint(bytes, cells.size());
    int64_t before = 0;
    for (const auto& [bucket, value] : cells) {
        const int64_t index = (bucket - partition) / step;
        PutVarint(bytes, static_cast<uint64_t>(index - before));
        value.Encode(bytes);
        before = index;
    }
    return bytes;
}

core::Result<Cells> DecodeCells(std::string_view bytes, int64_t partition, int64_t step) {
    const auto broken = [] {
        return core::Fail(core::Code::kDataLoss, "a block of metrics is damaged");
    };
    uint64_t size = 0;
    if (!GetVarint(bytes, size) || size > bytes.size()) return broken();
    Cells cells;
    uint64_t index = 0;
    for (uint64_t i = 0; i < size; ++i) {
        uint64_t delta = 0;
        Statistic value;
        if (!GetVarint(bytes, delta) || delta > (1U << 30) || !value.Decode(bytes)) return broken();
        index += delta;
        if (index > (1U << 30)) return broken();
        cells.insert_or_assign(partition + static_cast<int64_t>(index) * step, std::move(value));
    }
    return bytes.empty() ? core::Result<Cells>(std::move(cells)) : broken();
}

uint32_t Checksum(std::string_view bytes) {
    return static_cast<uint32_t>(
        crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace gyre::telemetry::detail
