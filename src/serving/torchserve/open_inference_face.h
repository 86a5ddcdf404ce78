#pragma once

#include "net/exchange.h"

namespace gyre::serving::torchserve {

/// What TorchServe's inference API has beside its own with ts_open_inference_protocol: KServe V2's
/// questions of the server, and a refusal (501) of models' versions.
[[nodiscard]] net::Handler MakeOpenInferenceFace(net::Handler next);

}  // namespace gyre::serving::torchserve
