#pragma once

#include "core/json.h"
#include "net/http_message.h"

namespace gyre::graph::door {

/// 200 with a document.
[[nodiscard]] net::Response JsonPage(const core::Json& json);

}  // namespace gyre::graph::door
