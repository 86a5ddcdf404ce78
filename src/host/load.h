#pragma once

#include <functional>
#include <memory>

#include "core/result.h"
#include "engine/model.h"
#include "serving/host_protocol.h"

namespace gyre::host {

using Loader =
    std::function<core::Result<std::unique_ptr<engine::Model>>(const engine::LoadOptions&)>;

/// How the model of `spec` is made: a container's program, or whatever its directory holds.
[[nodiscard]] Loader LoaderOf(const serving::HostSpec& spec);

}  // namespace gyre::host
