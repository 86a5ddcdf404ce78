#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/clock.h"
#include "core/result.h"
#include "engine/model.h"
#include "serving/host_protocol.h"

namespace gyre::host {

constexpr int kMostFailedPings = 5;

struct ContainerTimes {
    core::milliseconds start_up{600'000};   ///< until GET /ping answers 200
    core::milliseconds ping_every{50};      ///< while it starts
    core::milliseconds first_pause{1'000};  ///< before a dead one starts again; doubles to a minute
    core::milliseconds grace{30'000};       ///< from SIGTERM to SIGKILL
    core::milliseconds ping_pause{5'000};   ///< between pings, once it has started
    core::milliseconds ping_timeout{2'000};  ///< SageMaker's
    core::milliseconds answer{60'000};       ///< what one may take
};

/// A model that is a program of the user's, in place of a SageMaker container: started as
/// `<command> serve` with a port of its own in SAGEMAKER_BIND_TO_PORT and PORT and the model's
/// folder in SM_MODEL_DIR; asked by POST /invocations, which streams where the request does. A
/// program that dies is started again, and what it was at work on is answered with how it ended and
/// what it said last. So is one that is stuck: kMostFailedPings in a row, while nothing that it may
/// be busy with is at work (ping_judge.h). Blocks until it is healthy.
///
/// Of a multi-model endpoint it is asked to load its model by POST /models, and then asked by POST
/// /models/NAME/invoke; one that has no /models gets POST /invocations all the same.
///
/// `workers` requests go to it at once. Errors: kInvalidArgument when it cannot be started, ends
/// or stays unhealthy, with its last lines.
[[nodiscard]] core::Result<std::unique_ptr<engine::Model>> StartContainer(
    const serving::HostSpec& spec, int workers, std::function<void(std::string_view)> on_log,
    const ContainerTimes& times = {});

}  // namespace gyre::host
