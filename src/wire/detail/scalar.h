#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/json.h"
#include "wire/detail/tables.h"

namespace gyre::wire::detail {

/// A text of a header, query, form or XML element as a document's value of the scalar shape;
/// nullopt where it is not one.
[[nodiscard]] std::optional<core::Json> ScalarFromText(const Shape& shape, std::string_view text);

/// A document's scalar as text for a header or an XML element. `format` is the member's, which goes
/// before the shape's; `otherwise` stands where neither says one.
[[nodiscard]] std::string ScalarToText(const Shape& shape, const core::Json& value,
                                       TimeFormat format, TimeFormat otherwise);

}  // namespace gyre::wire::detail
