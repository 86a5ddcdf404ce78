#pragma once

#include <string>
#include <string_view>

namespace gyre::serving::torchserve {

/// Prometheus' text with the samples of TorchServe's own metrics, which are those with a label
/// Hostname or hostname, written as its Java server writes them: `Name{Model="m",Level="Host",
/// Hostname="h",} 1.0`. To Prometheus that is the same; scripts look for such lines.
[[nodiscard]] std::string AsTorchServeWrites(std::string_view text);

}  // namespace gyre::serving::torchserve
