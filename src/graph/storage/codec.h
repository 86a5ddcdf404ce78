#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "graph/value.h"

namespace gyre::graph {

/// Pieces of keys and rows (docs/formats/graph_store.md). Each Read* takes its piece from the front
/// of `bytes`; false when it is not there whole.

/// Numbers that sort as bytes as they do by value: a length and as many bytes, the highest first.
void AppendOrdered(std::string& bytes, uint64_t number);
[[nodiscard]] bool ReadOrdered(std::string_view& bytes, uint64_t& number);

/// LEB128.
void AppendVarint(std::string& bytes, uint64_t number);
[[nodiscard]] bool ReadVarint(std::string_view& bytes, uint64_t& number);
void AppendText(std::string& bytes, std::string_view text);
[[nodiscard]] bool ReadText(std::string_view& bytes, std::string& text);
/// Where it lies.
[[nodiscard]] bool ReadText(std::string_view& bytes, std::string_view& text);

/// Whether a store keeps values of that type as a property or an id.
[[nodiscard]] bool IsStorable(const Value& value);
/// A storable value, its type first.
void AppendValue(std::string& bytes, const Value& value);
/// As AppendValue of that text.
void AppendTextValue(std::string& bytes, std::string_view text);
[[nodiscard]] bool ReadValue(std::string_view& bytes, Value& value);
/// As ReadValue, where nobody asks for the value.
[[nodiscard]] bool PassValue(std::string_view& bytes);

}  // namespace gyre::graph
