#pragma once

#include <string>
#include <string_view>

#include "core/result.h"
#include "serving/host_protocol.h"

namespace gyre::serving {

/// Where an endpoint belongs, for errors that name it.
struct Place {
    std::string region;
    std::string account;
};

/// What SageMaker Runtime says of an endpoint or variant that cannot be asked. ValidationError.
[[nodiscard]] core::Error NoSuchEndpoint(const Place& place, std::string_view endpoint);
[[nodiscard]] core::Error NotInService(const Place& place, std::string_view endpoint,
                                       std::string_view status);
[[nodiscard]] core::Error NoSuchVariant(std::string_view endpoint, std::string_view variant);
/// An asynchronous endpoint was asked for an answer at once, or one of the other kind to queue.
[[nodiscard]] core::Error OnlyQueued(const Place& place, std::string_view endpoint);
[[nodiscard]] core::Error NotQueued(const Place& place, std::string_view endpoint);
/// A container was named where none is to be, not named where one is, or is not there.
[[nodiscard]] core::Error WrongContainer(std::string_view endpoint, std::string_view hostname,
                                         bool direct);
/// A model was named of an endpoint that has one, or none of one that has many.
[[nodiscard]] core::Error WrongModel(std::string_view endpoint, bool multi_model);
/// The model cannot be loaded. ValidationError.
[[nodiscard]] core::Error CannotLoad(std::string_view model, std::string_view reason);
/// It is being loaded: to be tried again. ModelNotReadyException, 429.
[[nodiscard]] core::Error ModelNotReady(std::string_view model);

/// The model answered with a status other than 2xx, or (0) not at all. ModelError, 424.
[[nodiscard]] core::Error ModelError(const Place& place, std::string_view endpoint, int status,
                                     std::string_view message);
/// All hosts are busy or away. ServiceUnavailable, 503; `retry_after` in whole seconds.
[[nodiscard]] core::Error Unavailable(std::string message, int retry_after);

/// The runtime's error for what a host said in place of an answer. `own_deadline`: the caller had
/// set one, so missing it is no fault of the model.
[[nodiscard]] core::Error FromHost(const Place& place, std::string_view endpoint,
                                   const core::Error& error, bool own_deadline);

}  // namespace gyre::serving
