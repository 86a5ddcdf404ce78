#pragma once

#include <string>

#include "core/clock.h"
#include "core/json.h"
#include "serving/async/async_call.h"
#include "serving/async/async_request.h"

namespace gyre::serving::async {

/// The message that SageMaker publishes of a request that came to its end ("Check prediction
/// results" of the guide to asynchronous inference).
[[nodiscard]] core::Json NotificationOf(const AsyncRequest& request, const Attempt& attempt,
                                        const std::string& region, core::WallTime now);

}  // namespace gyre::serving::async
