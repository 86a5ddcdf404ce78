#pragma once

#include "core/clock.h"
#include "engine/model.h"
#include "host/batcher.h"

namespace gyre::host {

/// Runs zeros through a model whose one input has a known shape, in batches of 1, 2, 4… up to what
/// the batcher may form, until larger ones no longer make a row cheaper or some seconds are gone:
/// the first user then meets no cold path, and the batcher knows what sizes are worth. A model that
/// cannot be fed like that (a handler of the user's) is left as it is.
void WarmUp(engine::Model& model, Batcher& batcher, const core::Clock& clock);

}  // namespace gyre::host
