#pragma once

#include <memory>

#include "engine/model.h"

namespace gyre::engine {

/// A model that answers with the request's own body, moved, so that a batch has it once: what is
/// left is the cost of everything around a model, for benchmarks and for tests of the rooms above.
/// gyre.json chooses it: {"runtime":"echo"}.
[[nodiscard]] std::unique_ptr<Model> MakeEchoModel(const LoadOptions& options);

}  // namespace gyre::engine
