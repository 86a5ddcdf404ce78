#pragma once

#include <string>
#include <string_view>

#include "core/json.h"
#include "core/result.h"

namespace gyre::wire {

/// One CBOR item (RFC 8949) that fills `bytes`, as the document of JSON's kinds that smithy's
/// rpc-v2-cbor means by it: byte strings as base64 text, a time (tag 1) as epoch seconds, undefined
/// as null. Errors: kInvalidArgument "SerializationException" for what is no CBOR, is nested deeper
/// than 64, has other keys than texts, or numbers outside 64 bits.
[[nodiscard]] core::Result<core::Json> ReadCbor(std::string_view bytes);

// Pieces of an item, for writers.
void AppendCborHead(std::string& out, int major, uint64_t value);
void AppendCborText(std::string& out, std::string_view text);
void AppendCborBytes(std::string& out, std::string_view bytes);
void AppendCborDouble(std::string& out, double value);
/// By its own kind: numbers as they are, no times and no byte strings.
void AppendCborJson(std::string& out, const core::Json& json);

}  // namespace gyre::wire
