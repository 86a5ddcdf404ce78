#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "core/result.h"
#include "telemetry/statistic.h"

namespace gyre::telemetry::detail {

/// Statistics of one series at one level, by the second that their bucket begins with.
using Cells = std::map<int64_t, Statistic>;

/// One level of one partition: cells by the series' key.
using Table = std::map<std::string, Cells, std::less<>>;

void MergeCell(Cells& cells, int64_t bucket, const Statistic& value);

[[nodiscard]] std::string EncodeCells(const Cells& cells, int64_t partition, int64_t step);
/// Errors: kDataLoss.
[[nodiscard]] core::Result<Cells> DecodeCells(std::string_view bytes, int64_t partition,
                                              int64_t step);

/// CRC-32 as of zlib.
[[nodiscard]] uint32_t Checksum(std::string_view bytes);

}  // namespace gyre::telemetry::detail
