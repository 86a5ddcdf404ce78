#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/network.h"

namespace gyre::engine::torch_plugin {

struct Order {
    std::string file;
    std::vector<TensorSpec> inputs;  ///< empty: any, as many as forward takes
    int threads = 1;
};

/// What libgyre_torch.so offers under kEntry. It is built from the same sources by the same
/// compiler, so C++ values cross; exceptions do not.
using LoadNetwork = core::Result<std::unique_ptr<Network>> (*)(const Order& order);
constexpr const char* kEntry = "GyreLoadTorchNetwork";

}  // namespace gyre::engine::torch_plugin
