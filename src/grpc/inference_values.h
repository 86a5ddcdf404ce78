#pragma once

#include <string>
#include <string_view>

#include "core/json.h"
#include "core/result.h"

namespace gyre::grpc {

/// How KServe V2's datatype of that name is written: its bytes (little-endian), and the field of
/// InferTensorContents that holds its values.
struct ValueType {
    enum class Kind { kBool, kSigned, kUnsigned, kFloat, kText };
    std::string_view name;
    Kind kind;
    size_t size;        ///< bytes of a value; 0 for texts
    uint32_t contents;  ///< 0: none, its values come raw only
};
/// Null for a name that is none.
[[nodiscard]] const ValueType* FindValueType(std::string_view name);

/// The values of an InferTensorContents (serialised), as a raw tensor holds them: BOOL as a byte
/// each, BYTES as 4 bytes of length and the bytes. Errors: kInvalidArgument for another type's
/// values, and for what the type cannot hold.
[[nodiscard]] core::Result<std::string> RawOfContents(const ValueType& type,
                                                      std::string_view contents);

/// The same of JSON: a list of numbers, booleans or strings, flat or nested. Errors:
/// kInvalidArgument.
[[nodiscard]] core::Result<std::string> RawOfJson(const ValueType& type, const core::Json& data);

/// A raw tensor's values as a flat JSON list; BYTES as base64, as TorchServe gives them to
/// handlers. Errors: kInvalidArgument for bytes that are no whole values, and for FP16 and BF16,
/// which JSON has no numbers of.
[[nodiscard]] core::Result<core::Json> JsonOfRaw(const ValueType& type, std::string_view raw);

/// A raw tensor as InferTensorContents (serialised). Errors as JsonOfRaw's.
[[nodiscard]] core::Result<std::string> ContentsOfRaw(const ValueType& type, std::string_view raw);

}  // namespace gyre::grpc
