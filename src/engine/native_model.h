#pragma once

#include <memory>
#include <string>

#include "engine/model.h"
#include "engine/model_settings.h"
#include "engine/network.h"

namespace gyre::engine {

/// What NativeModel is to know beside its network.
struct NativeOptions {
    ModelSettings settings;
    ModelInfo info;       ///< `batches`: rows of several requests may be stacked
    int concurrency = 2;  ///< batches at once: with one more than lanes its rows are stacked,
                          ///< and the answers before it written, while others compute
    int lanes = 1;        ///< of them, those that compute at once
    std::string default_accept;  ///< of requests that name none

    /// What the user says of it.
    static NativeOptions From(const LoadOptions& options, const ModelSettings& settings);
};

/// A Model over a network: bodies decoded to rows (codec/body_decoder.h), the rows of a batch
/// stacked in the network's own memory, outputs split and written as each request asked.
[[nodiscard]] core::Result<std::unique_ptr<Model>> MakeNativeModel(std::unique_ptr<Network> network,
                                                                   NativeOptions options);

/// The network under a model that MakeNativeModel made, for measuring it bare; null for others.
[[nodiscard]] Network* NetworkOf(Model& model);

}  // namespace gyre::engine
