#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.h"
#include "core/result.h"
#include "wire/detail/tables.h"

namespace gyre::wire::detail {

using FormFields = std::vector<std::pair<std::string, std::string>>;

/// A form of the query protocol ("Tags.member.1.Key=a") as a document of that shape. Errors: a
/// value of another type.
[[nodiscard]] core::Result<core::Json> ReadFormShape(const Shape& shape, const FormFields& fields);

}  // namespace gyre::wire::detail
