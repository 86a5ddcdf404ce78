#pragma once

#include <functional>
#include <string>

#include "grpc/services.h"

namespace gyre::grpc {

/// Works on one message of a stream: `done` is to be called once, from any thread, with the message
/// that answers it.
using StreamStep = std::function<void(std::string message, std::function<void(std::string)> done)>;

/// A call with a stream each way and one answer for each message: messages are worked on as they
/// come, up to 64 at once, and answered in their order. The call ends with kOk when the client's
/// last one is answered.
void ServeInOrder(const Call& call, StreamStep step);

}  // namespace gyre::grpc
