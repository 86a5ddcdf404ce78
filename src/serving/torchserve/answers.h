#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/json.h"
#include "core/result.h"
#include "net/exchange.h"

namespace gyre::serving::torchserve {

/// An error as TorchServe's clients check it: `type` is one of its Java classes' names
/// ("ModelNotFoundException").
[[nodiscard]] core::Error Refusal(int status, std::string type, std::string message);

/// For a path that no API has.
[[nodiscard]] core::Error NoSuchResource();

[[nodiscard]] net::Response JsonAnswer(int status, const core::Json& json);
/// {"status": text}.
[[nodiscard]] net::Response StatusAnswer(int status, std::string_view text);
/// {"code", "type", "message"}; of an Error that Refusal did not make, its code chooses.
[[nodiscard]] net::Response ErrorAnswer(const core::Error& error);

/// The headers that every answer of TorchServe's has: x-request-id, and those against caches.
void AddUsualHeaders(const net::Exchange& exchange, net::Headers& headers);
/// With those headers.
void Answer(net::Exchange& exchange, net::Response response);

}  // namespace gyre::serving::torchserve
