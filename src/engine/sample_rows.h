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
                                                            const BodyDecoder& decoder,
                                                            size_t most);

/// A few made-up ones (generated_rows.h), of one row each.
[[nodiscard]] std::vector<Inputs> MadeUpSamples(const std::vector<TensorSpec>& inputs);

/// Those, at most `most`, that have the first one's shapes.
[[nodiscard]] std::vector<Inputs> Alike(const std::vector<Inputs>& samples, size_t most);

/// Two or three for ProveStacking: of `samples`, or made up where these are too few.
[[nodiscard]] std::vector<Inputs> SamplesToStack(const std::vector<Inputs>& samples,
                                                 const std::vector<TensorSpec>& inputs);

}  // namespace gyre::engine
