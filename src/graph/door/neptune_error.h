#pragma once

#include <string>
#include <string_view>

#include "core/result.h"
#include "net/http_message.h"

namespace gyre::graph::door {

/// An error as Neptune says it (the service model `neptunedata`): its name, HTTP status and the
/// status code of the Gremlin protocol.
struct NeptuneError {
    std::string code;  ///< "MalformedQueryException"
    int http_status = 500;
    int gremlin_status = 500;
    std::string message;

    /// {"detailedMessage":…,"requestId":…,"code":…}
    [[nodiscard]] std::string Json(std::string_view request_id) const;
    [[nodiscard]] net::Response Response(std::string_view request_id) const;
};

[[nodiscard]] NeptuneError ToNeptune(const core::Error& error);

}  // namespace gyre::graph::door
