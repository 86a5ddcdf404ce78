#pragma once

#include <string>

#include "core/json.h"
#include "wire/detail/tables.h"

namespace gyre::wire::detail {

/// The document as rpc-v2-cbor writes a value of the shape: times with tag 1, blobs as byte
/// strings, floats as doubles.
void AppendCborShape(std::string& out, const Shape& shape, const core::Json& value);

}  // namespace gyre::wire::detail
