#pragma once

#include <string>

#include "core/json.h"
#include "core/result.h"
#include "wire/detail/tables.h"

namespace gyre::wire::detail {

/// A JSON body as a document of that shape: members that the shape does not have and nulls are left
/// out, timestamps become numbers. Errors: SerializationException for a value of another type.
[[nodiscard]] core::Result<core::Json> ReadJsonShape(const Shape& shape, const core::Json& value,
                                                     const std::string& path);

}  // namespace gyre::wire::detail
