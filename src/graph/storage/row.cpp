#include "graph/storage/row.h"

#include "graph/storage/codec.h"
#include "graph/storage/packed.h"

namespace gyre::graph {
namespace {

/// Bits of a vertex value's first byte.
constexpr uint8_t kHasId = 1;
constexpr uint8_t kHasMeta = 2;

void AppendPairs(std::string& bytes, const std::vector<std::pair<NameId, Value>>& pairs) {
    AppendVarint(bytes, pairs.size());
    for (const auto& [key, value] : pairs) {
        AppendVarint(bytes, key);
        AppendValue(bytes, value);
    }
}

bool ReadName(std::string_view& bytes, NameId& name) {
    uint64_t number = 0;
    if (!ReadVarint(bytes, number)) return false;
    name = static_cast<NameId>(number);
    return true;
}

bool ReadPairs(std::string_view& bytes, std::vector<std::pair<NameId, Value>>& pairs) {
    uint64_t count = 0;
    if (!ReadVarint(bytes, count) || count > bytes.size()) return false;
    pairs.resize(static_cast<size_t>(count));
    for (auto& [key, value] : pairs) {
        if (!ReadName(bytes, key) || !ReadValue(bytes, value)) return false;
    }
    return true;
}

/// Calls `read(key, bytes)` for each value, which it takes from the front of the bytes; passes the
/// rest of a vertex's row.
template <typename Read>
bool ForValues(std::string_view bytes, Read read) {
    uint64_t count = 0, number = 0;
    if (!PassValue(bytes) || !ReadSmall(bytes, count)) return false;
    for (; count > 0; --count) {
        if (!ReadSmall(bytes, number)) return false;  // a label
    }
    if (!ReadSmall(bytes, count)) return false;
    std::vector<std::pair<NameId, Value>> ignored;
    for (; count > 0; --count) {
        if (bytes.empty()) return false;
        const auto flags = static_cast<uint8_t>(bytes.front());
        bytes.remove_prefix(1);
        if (!ReadSmall(bytes, number) || !read(static_cast<NameId>(number), bytes)) return false;
        if ((flags & kHasId) != 0 && !ReadVarint(bytes, number)) return false;
        if ((flags & kHasMeta) != 0 && !ReadPairs(bytes, ignored)) return false;
    }
    return true;
}

/// Likewise only for those under the key.
template <typename Read>
bool ForValuesOf(std::string_view bytes, NameId key, Read read) {
    return ForValues(bytes, [&](NameId of, std::string_view& value) {
        return of == key ? read(value) : PassValue(value);
    });
}

}  // namespace

bool IsWholeId(const Value& id) {
    return id.Is<int8_t>() || id.Is<int16_t>() || id.Is<int32_t>() || id.Is<int64_t>();
}

int64_t WholeId(const Value& id) {
    if (const auto* v = id.If<int8_t>()) return *v;
    if (const auto* v = id.If<int16_t>()) return *v;
    if (const auto* v = id.If<int32_t>()) return *v;
    return id.As<int64_t>();
}

std::string IdBytes(const Value& id) {
    std::string bytes;
    AppendValue(bytes, IsWholeId(id) ? Value(WholeId(id)) : id);
    return bytes;
}

std::string GivenIdBytes(const Value& id) {
    return id.IsNull() ? std::string() : IdBytes(id);
}

std::string EncodeRow(const VertexRow& row) {
    std::string bytes;
    AppendValue(bytes, row.id);
    AppendVarint(bytes, row.labels.size());
    for (const NameId label : row.labels) AppendVarint(bytes, label);
    AppendVarint(bytes, row.values.size());
    for (const VertexValue& value : row.values) {
        bytes +=
            static_cast<char>((value.id != 0 ? kHasId : 0) | (value.meta.empty() ? 0 : kHasMeta));
        AppendVarint(bytes, value.key);
        AppendValue(bytes, value.value);
        if (value.id != 0) AppendVarint(bytes, static_cast<uint64_t>(value.id));
        if (!value.meta.empty()) AppendPairs(bytes, value.meta);
    }
    return bytes;
}

std::string EncodeRow(const EdgeRow& row) {
    std::string bytes;
    AppendValue(bytes, row.id);
    AppendVarint(bytes, row.label);
    AppendVarint(bytes, row.out);
    AppendVarint(bytes, row.in);
    AppendPairs(bytes, row.values);
    return bytes;
}

std::string EncodeIdAndValues(const EdgeRow& row) {
    std::string bytes;
    if (row.id.IsNull() && row.values.empty()) return bytes;
    AppendValue(bytes, row.id);
    AppendPairs(bytes, row.values);
    return bytes;
}

bool DecodeIdAndValues(std::string_view bytes, EdgeRow& row) {
    return ReadValue(bytes, row.id) && ReadPairs(bytes, row.values) && bytes.empty();
}

bool DecodeRow(std::string_view bytes, VertexRow& row) {
    uint64_t count = 0;
    if (!ReadValue(bytes, row.id) || !ReadVarint(bytes, count) || count > bytes.size())
        return false;
    row.labels.resize(static_cast<size_t>(count));
    for (NameId& label : row.labels) {
        if (!ReadName(bytes, label)) return false;
    }
    if (!ReadVarint(bytes, count) || count > bytes.size()) return false;
    row.values.resize(static_cast<size_t>(count));
    for (VertexValue& value : row.values) {
        if (bytes.empty()) return false;
        const auto flags = static_cast<uint8_t>(bytes.front());
        bytes.remove_prefix(1);
        if (!ReadName(bytes, value.key) || !ReadValue(bytes, value.value)) return false;
        uint64_t id = 0;
        if ((flags & kHasId) != 0 && !ReadVarint(bytes, id)) return false;
        value.id = static_cast<int64_t>(id);
        if ((flags & kHasMeta) != 0 && !ReadPairs(bytes, value.meta)) return false;
    }
    return bytes.empty();
}

bool DecodeValuesOf(std::string_view bytes, NameId key, Values& into) {
    return ForValuesOf(
        bytes, key, [&](std::string_view& value) { return ReadValue(value, into.emplace_back()); });
}

bool ReadVertexValues(std::string_view bytes,
                      std::vector<std::pair<NameId, std::string_view>>& values) {
    return ForValues(bytes, [&](NameId key, std::string_view& value) {
        const std::string_view from = value;
        if (!PassValue(value)) return false;
        values.emplace_back(key, from.substr(0, from.size() - value.size()));
        return true;
    });
}

bool DecodeValueOf(std::string_view bytes, NameId key, Value& value, size_t& found) {
    return ForValuesOf(bytes, key, [&](std::string_view& bytes_of) {
        ++found;
        return ReadValue(bytes_of, value);
    });
}

bool DecodeEdgeValue(std::string_view bytes, NameId key, Value& value, bool& found) {
    uint64_t count = 0, number = 0;
    found = false;
    if (!PassValue(bytes) || !ReadSmall(bytes, count)) return false;
    for (; count > 0 && !found; --count) {
        if (!ReadSmall(bytes, number)) return false;
        found = number == key;
        if (found ? !ReadValue(bytes, value) : !PassValue(bytes)) return false;
    }
    return true;
}

bool DecodeRow(std::string_view bytes, EdgeRow& row) {
    return ReadValue(bytes, row.id) && ReadName(bytes, row.label) && ReadVarint(bytes, row.out) &&
           ReadVarint(bytes, row.in) && ReadPairs(bytes, row.values) && bytes.empty();
}

}  // namespace gyre::graph
