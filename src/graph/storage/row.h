#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "graph/value.h"

namespace gyre::graph {

/// A label or a property key, by its number in the store.
using NameId = uint32_t;

/// One value of a vertex's property: several have the same key under set and list cardinality.
struct VertexValue {
    NameId key = 0;
    Value value;
    int64_t id = 0;  ///< 0: derived from the vertex, the key and the value
    std::vector<std::pair<NameId, Value>> meta;
};
struct VertexRow {
    Value id;  ///< as the user gave it; null: made from the vertex's number
    std::vector<NameId> labels;
    std::vector<VertexValue> values;
};
struct EdgeRow {
    Value id;  ///< as above
    NameId label = 0;
    uint64_t out = 0, in = 0;
    std::vector<std::pair<NameId, Value>> values;
};

/// Of a value in a row.
inline NameId KeyOf(const VertexValue& value) {
    return value.key;
}
inline NameId KeyOf(const std::pair<NameId, Value>& value) {
    return value.first;
}
inline const Value& ValueOf(const VertexValue& value) {
    return value.value;
}
inline const Value& ValueOf(const std::pair<NameId, Value>& value) {
    return value.second;
}

/// Whole numbers of all widths are one id: 1 is 1L. WholeId is of such a one.
/// In VertexValue::id, where 0 says that none was given: the id 0.
constexpr int64_t kZeroValueId = INT64_MIN;

[[nodiscard]] bool IsWholeId(const Value& id);
[[nodiscard]] int64_t WholeId(const Value& id);
/// The bytes under which an element of that id is found: `val`, whole numbers of all widths as a
/// Long.
[[nodiscard]] std::string IdBytes(const Value& id);
/// The same, empty for null: the id was not given.
[[nodiscard]] std::string GivenIdBytes(const Value& id);

[[nodiscard]] std::string EncodeRow(const VertexRow& row);
[[nodiscard]] std::string EncodeRow(const EdgeRow& row);
/// What is left of an edge's row when its label and ends are known; empty where that is nothing.
[[nodiscard]] std::string EncodeIdAndValues(const EdgeRow& row);
/// Of what EncodeIdAndValues has made, the value under a key. False for damaged bytes.
[[nodiscard]] bool DecodeEdgeValue(std::string_view bytes, NameId key, Value& value, bool& found);
/// Of bytes that are not empty. False for damaged ones.
[[nodiscard]] bool DecodeIdAndValues(std::string_view bytes, EdgeRow& row);
/// False for damaged bytes.
[[nodiscard]] bool DecodeRow(std::string_view bytes, VertexRow& row);
/// Parts of a vertex's row, without the rest. False for damaged bytes.
[[nodiscard]] bool DecodeValuesOf(std::string_view bytes, NameId key, Values& into);
/// Its keys and, as they stand in it, its values.
[[nodiscard]] bool ReadVertexValues(std::string_view bytes,
                                    std::vector<std::pair<NameId, std::string_view>>& values);
/// The last of `found` values under the key.
[[nodiscard]] bool DecodeValueOf(std::string_view bytes, NameId key, Value& value, size_t& found);
[[nodiscard]] bool DecodeRow(std::string_view bytes, EdgeRow& row);

}  // namespace gyre::graph
