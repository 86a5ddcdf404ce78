#pragma once

#include <string_view>

#include "core/json.h"
#include "core/result.h"
#include "net/http_message.h"
#include "wire/detail/tables.h"

namespace gyre::wire::detail {

/// Adds the members that come by query and headers. Errors: a value of another type.
[[nodiscard]] core::Status ReadRestMembers(const Shape& shape, const net::RequestHead& head,
                                           core::JsonObject& into);
/// Sets the output's header members on the answer.
void WriteRestHeaders(const Shape& shape, const core::Json& output, net::Headers& headers);

}  // namespace gyre::wire::detail
