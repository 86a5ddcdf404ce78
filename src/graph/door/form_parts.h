#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "net/http_message.h"

namespace gyre::graph::door {

/// A part of a multipart body; views into it.
struct FormPart {
    std::string_view type;  ///< its Content-Type; "" where it has none
    std::string_view body;
};

/// The parts of a multipart body that is all there (RFC 2046, 5.1), as the Content-Type's boundary
/// divides it. nullopt where there is no boundary, or the body does not keep to it.
[[nodiscard]] std::optional<std::vector<FormPart>> FormParts(std::string_view content_type,
                                                             std::string_view body);

}  // namespace gyre::graph::door
