#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace gyre::core {

/// The content of a gzip file that is all there. Errors: kInvalidArgument for what is none,
/// kResourceExhausted where the content is larger than `limit` bytes.
[[nodiscard]] Result<std::string> Gunzip(std::string_view bytes, size_t limit);
[[nodiscard]] std::string Gzip(std::string_view bytes);

/// The same for zlib's own format (RFC 1950), which HTTP calls "deflate".
[[nodiscard]] Result<std::string> Unzlib(std::string_view bytes, size_t limit);
[[nodiscard]] std::string Zlib(std::string_view bytes);

}  // namespace gyre::core
