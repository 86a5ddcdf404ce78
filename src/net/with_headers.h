#pragma once

#include <memory>

#include "net/exchange.h"

namespace gyre::net {

/// The same exchange, whose answer gets these headers too, in place of its own of those names.
[[nodiscard]] std::shared_ptr<Exchange> WithHeaders(std::shared_ptr<Exchange> exchange,
                                                    Headers headers);

}  // namespace gyre::net
