#pragma once

#include <string>
#include <string_view>

#include "console/assets.h"
#include "core/json.h"
#include "net/exchange.h"

namespace gyre::console::detail {

inline constexpr std::string_view kTokenHeader = "X-Gyre-Token";

/// The session's cookie; "" when none was sent.
[[nodiscard]] std::string_view CookieOf(const net::RequestHead& head);
/// Set-Cookie's value; an empty `value` takes the cookie away. Scripts cannot read it, other sites'
/// requests do not carry it, and over TLS it never goes in the clear.
[[nodiscard]] std::string SetCookie(const net::RequestHead& head, std::string_view value);

/// A file of the front end, in the best encoding that the client takes.
void AnswerAsset(net::Exchange& exchange, const Asset& asset);
void AnswerJson(net::Exchange& exchange, int status, const core::Json& json,
                net::Headers headers = {});
/// {"message": …}
void AnswerProblem(net::Exchange& exchange, int status, std::string_view message);

}  // namespace gyre::console::detail
