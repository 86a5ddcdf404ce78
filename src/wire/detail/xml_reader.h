#pragma once

#include <string_view>

#include "core/json.h"
#include "core/result.h"
#include "wire/detail/tables.h"

namespace gyre::wire::detail {

/// An XML body, whose outermost element stands for the structure, as a document of that shape.
/// Elements that the shape does not have are left out. There are no entities but XML's own five, so
/// none can expand. Errors: MalformedXML.
[[nodiscard]] core::Result<core::Json> ReadXmlShape(const Shape& shape, std::string_view body);

}  // namespace gyre::wire::detail
