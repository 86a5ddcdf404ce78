#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "engine/network.h"

namespace gyre::engine {

/// One tensor for each input.
using Inputs = std::vector<Tensor>;

/// Runs once; the outputs are copies.
[[nodiscard]] core::Result<std::vector<Tensor>> Compute(Session& session, const Inputs& inputs);

/// ||given - expected|| / ||expected|| over all values; infinity where shapes or what is not finite
/// differ.
[[nodiscard]] double RelativeError(const Tensor& expected, const Tensor& given);

/// Inputs one below the other: dimension 0 adds up. All must agree in the other dimensions.
[[nodiscard]] Inputs Stack(const std::vector<Inputs>& parts);

/// Whether rows stacked give what each gives alone.
struct StackProof {
    bool stacks = false;
    double error = 0;    ///< the largest relative error of a row
    std::string reason;  ///< why not
};
/// `samples`: at least two of one row each, of one shape and different values.
[[nodiscard]] StackProof ProveStacking(Network& network, const std::vector<Inputs>& samples);

/// How far the answers of two networks are apart.
struct Difference {
    double error =
        0;  ///< ||other - reference|| / ||reference|| over all samples, of the worst output
    double worst = 0;  ///< the same of the worst single sample
    double same_best =
        1;  ///< part of the rows whose largest value of output 0 is in the same place
};
/// Errors: where one of them fails.
[[nodiscard]] core::Result<Difference> CompareNetworks(Network& reference, Network& other,
                                                       const std::vector<Inputs>& samples);

/// The least time of a run of each network with `inputs`, taking turns, so that what else the
/// machine does falls on all of them. At most about `budget`, but twice each.
[[nodiscard]] core::Result<std::vector<double>> MeasureMilliseconds(
    const std::vector<Network*>& networks, const Inputs& inputs, core::milliseconds budget,
    const core::Clock& clock);

/// With `sessions` computing at once, each on `inputs` again and again for about `budget`, but
/// twice.
[[nodiscard]] core::Result<double> MeasureRowsPerSecond(Network& network, const Inputs& inputs,
                                                        int sessions, core::milliseconds budget,
                                                        const core::Clock& clock);

}  // namespace gyre::engine
