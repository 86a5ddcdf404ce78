#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "engine/codec/body_decoder.h"
#include "engine/network_trial.h"

namespace gyre::engine {

/// Rows of the bodies in the folder of samples (docs/formats/gyre_json.md), one row each, at most
/// `most`, in the order of the files' names; empty where there is no such folder. Errors: a file
/// that is no body of this model's.
[[nodiscard]] core::Result<std::vector<Inputs>> ReadSamples(const std::string& folder,
                                                            const BodyDecoder& decoder, size_t most);

}  // namespace gyre::engine
