#include "grpc/inference_values.h"

#include <boost/json.hpp>

#include <algorithm>
#include <cstring>
#include <limits>

#include "core/digest.h"
#include "grpc/wire.h"

namespace gyre::grpc {
namespace {

using core::Result;
using Kind = ValueType::Kind;

constexpr ValueType kTypes[] = {
    {"BOOL", Kind::kBool, 1, 1},       {"INT8", Kind::kSigned, 1, 2},
    {"INT16", Kind::kSigned, 2, 2},    {"INT32", Kind::kSigned, 4, 2},
    {"INT64", Kind::kSigned, 8, 3},    {"UINT8", Kind::kUnsigned, 1, 4},
    {"UINT16", Kind::kUnsigned, 2, 4}, {"UINT32", Kind::kUnsigned, 4, 4},
    {"UINT64", Kind::kUnsigned, 8, 5}, {"FP32", Kind::kFloat, 4, 6},
    {"FP64", Kind::kFloat, 8, 7},      {"BYTES", Kind::kText, 0, 8},
    {"FP16", Kind::kFloat, 2, 0},      {"BF16", Kind::kFloat, 2, 0},
};

tl::unexpected<core::Error> BadValue(std::string why) {
    return core::Fail(core::Code::kInvalidArgument, std::move(why));
}

tl::unexpected<core::Error> CannotHold(const ValueType& type) {
    return BadValue("a value is out of " + std::string(type.name) + "'s range");
}

/// The low bytes of a number: what little-endian memory holds.
void AppendLow(std::string& raw, uint64_t value, size_t size) {
    char bytes[sizeof(value)];
    std::memcpy(bytes, &value, sizeof(value));
    raw.append(bytes, size);
}

void AppendText(std::string& raw, std::string_view text) {
    AppendLow(raw, text.size(), 4);
    raw += text;
}

bool Holds(const ValueType& type, int64_t value) {
    const auto bits = static_cast<unsigned>(8 * type.size);
    if (type.kind == Kind::kBool) return value == 0 || value == 1;
    if (type.kind == Kind::kUnsigned) {
        return value >= 0 && (bits == 64 || static_cast<uint64_t>(value) >> bits == 0);
    }
    if (bits == 64) return true;
    const int64_t most = (int64_t{1} << (bits - 1)) - 1;
    return value >= -most - 1 && value <= most;
}

core::Status AppendWhole(std::string& raw, const ValueType& type, uint64_t value) {
    const bool huge = type.kind == Kind::kUnsigned && type.size == 8;  // all 64 bits are its own
    if (!huge && !Holds(type, static_cast<int64_t>(value))) return CannotHold(type);
    AppendLow(raw, value, type.size);
    return {};
}

/// One field of the contents: a packed list, or (as a client may write it) one value.
core::Status AppendField(std::string& raw, const ValueType& type, const WireReader& field) {
    using Type = WireReader::Type;
    if (type.kind == Kind::kText) {
        if (field.WireType() != Type::kBytes) return BadValue("bytes_contents holds no bytes");
        AppendText(raw, field.Bytes());
        return {};
    }
    if (type.kind == Kind::kFloat) {
        const Type single = type.size == 4 ? Type::kFixed32 : Type::kFixed64;
        if (field.WireType() == single) {
            AppendLow(raw, field.Value(), type.size);
        } else if (field.WireType() == Type::kBytes && field.Bytes().size() % type.size == 0) {
            raw += field.Bytes();
        } else {
            return BadValue("the contents are broken");
        }
        return {};
    }
    if (field.WireType() == Type::kVarint) return AppendWhole(raw, type, field.Value());
    if (field.WireType() != Type::kBytes) return BadValue("the contents are broken");
    std::string_view packed = field.Bytes();
    while (!packed.empty()) {
        uint64_t value = 0;
        if (!TakeVarint(packed, value)) return BadValue("the contents are broken");
        GYRE_TRY(AppendWhole(raw, type, value));
    }
    return {};
}

core::Status AppendJson(std::string& raw, const ValueType& type, const core::Json& value) {
    if (value.is_array()) {
        for (const core::Json& item : value.get_array()) GYRE_TRY(AppendJson(raw, type, item));
        return {};
    }
    const auto wrong = [&] { return BadValue("a value is no " + std::string(type.name)); };
    switch (type.kind) {
        case Kind::kText:
            if (!value.is_string()) return wrong();
            AppendText(raw, value.get_string());
            return {};
        case Kind::kFloat: {
            if (!value.is_number()) return wrong();
            const auto number = value.to_number<double>();
            const auto single = static_cast<float>(number);
            raw.append(type.size == 4 ? reinterpret_cast<const char*>(&single)
                                      : reinterpret_cast<const char*>(&number),
                       type.size);
            return {};
        }
        default:
            break;
    }
    if (value.is_bool()) return AppendWhole(raw, type, value.get_bool() ? 1 : 0);
    if (value.is_uint64()) {
        if (type.kind != Kind::kUnsigned || type.size != 8) return CannotHold(type);
        AppendLow(raw, value.get_uint64(), type.size);
        return {};
    }
    if (!value.is_int64()) return wrong();
    if (!Holds(type, value.get_int64())) return CannotHold(type);
    AppendLow(raw, static_cast<uint64_t>(value.get_int64()), type.size);
    return {};
}

/// Calls `take` with each value of a raw tensor: its bytes, or a text's.
template <typename Take>
core::Status EachValue(const ValueType& type, std::string_view raw, const Take& take) {
    if (type.kind == Kind::kFloat && type.contents == 0) {
        return BadValue(std::string(type.name) + " has no values but raw ones");
    }
    while (!raw.empty()) {
        size_t size = type.size;
        if (type.kind == Kind::kText) {
            uint32_t length = 0;
            if (raw.size() < sizeof(length)) return BadValue("a BYTES tensor ends inside a length");
            std::memcpy(&length, raw.data(), sizeof(length));
            raw.remove_prefix(sizeof(length));
            size = length;
        }
        if (raw.size() < size) return BadValue("a tensor ends inside a value");
        take(raw.substr(0, size));
        raw.remove_prefix(size);
    }
    return {};
}

template <typename T>
T As(std::string_view bytes) {
    T value{};
    std::memcpy(&value, bytes.data(), std::min(sizeof(T), bytes.size()));
    return value;
}

/// With its sign, of 1 to 8 bytes.
int64_t SignedOf(std::string_view bytes) {
    const auto spare = static_cast<unsigned>(8 * (8 - bytes.size()));
    return static_cast<int64_t>(As<uint64_t>(bytes) << spare) >> spare;
}

}  // namespace

const ValueType* FindValueType(std::string_view name) {
    const auto found = std::ranges::find(kTypes, name, &ValueType::name);
    return found == std::end(kTypes) ? nullptr : found;
}

Result<std::string> RawOfContents(const ValueType& type, std::string_view contents) {
    if (type.contents == 0) {
        return BadValue(std::string(type.name) + " has no place in contents: send it raw");
    }
    std::string raw;
    WireReader fields(contents);
    while (fields.Next()) {
        const bool empty = fields.WireType() == WireReader::Type::kBytes && fields.Bytes().empty();
        if (fields.Number() == type.contents) {
            if (!empty || type.kind == Kind::kText) GYRE_TRY(AppendField(raw, type, fields));
        } else if (!empty) {
            return BadValue("the contents are another type's than " + std::string(type.name));
        }
    }
    if (fields.Broken()) return BadValue("the contents are broken");
    return raw;
}

Result<std::string> RawOfJson(const ValueType& type, const core::Json& data) {
    if (type.kind == Kind::kFloat && type.contents == 0) {
        return BadValue(std::string(type.name) + " in JSON has no meaning");
    }
    std::string raw;
    GYRE_TRY(AppendJson(raw, type, data));
    return raw;
}

Result<core::Json> JsonOfRaw(const ValueType& type, std::string_view raw) {
    core::JsonArray values;
    GYRE_TRY(EachValue(type, raw, [&](std::string_view bytes) {
        switch (type.kind) {
            case Kind::kBool:
                return values.push_back(bytes[0] != 0);
            case Kind::kSigned:
                return values.push_back(SignedOf(bytes));
            case Kind::kUnsigned:
                return values.push_back(As<uint64_t>(bytes));
            case Kind::kFloat:
                return values.push_back(type.size == 4 ? double{As<float>(bytes)}
                                                       : As<double>(bytes));
            case Kind::kText:
                return values.push_back(core::Json(core::Base64Encode(bytes)));
        }
    }));
    return core::Json(std::move(values));
}

Result<std::string> ContentsOfRaw(const ValueType& type, std::string_view raw) {
    std::string packed;
    std::string contents;
    GYRE_TRY(EachValue(type, raw, [&](std::string_view bytes) {
        if (type.kind == Kind::kText) return AppendBytes(contents, type.contents, bytes);
        if (type.kind == Kind::kFloat) return void(packed += bytes);
        AppendVarint(packed, type.kind == Kind::kSigned ? static_cast<uint64_t>(SignedOf(bytes))
                                                        : As<uint64_t>(bytes));
    }));
    if (!packed.empty()) AppendBytes(contents, type.contents, packed);
    return contents;
}

}  // namespace gyre::grpc
