#pragma once

#include <string>

#include "core/json.h"

namespace gyre::cli::detail {

/// What the model is and takes, and a call that fits it. `ready` is what its host reported when it
/// was ready (its log has it behind "gyre: ready: "); null where that is not known.
[[nodiscard]] std::string HowToCall(const std::string& endpoint, const core::Json& ready);

}  // namespace gyre::cli::detail
