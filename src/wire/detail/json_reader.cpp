#include "wire/detail/json_reader.h"

#include <cmath>

#include "wire/detail/constraints.h"
#include "wire/detail/timestamps.h"

namespace gyre::wire::detail {
namespace {

using core::Json;
using core::Result;

std::string_view TypeName(ShapeType type) {
    switch (type) {
        case ShapeType::kStructure:
            return "a structure";
        case ShapeType::kList:
            return "a list";
        case ShapeType::kMap:
            return "a map";
        case ShapeType::kString:
            return "a string";
        case ShapeType::kInteger:
            return "an integer";
        case ShapeType::kLong:
            return "a long";
        case ShapeType::kFloat:
        case ShapeType::kDouble:
            return "a number";
        case ShapeType::kBoolean:
            return "a boolean";
        case ShapeType::kTimestamp:
            return "a timestamp";
        case ShapeType::kBlob:
            return "a base64 blob";
    }
    return "";
}

std::string_view KindName(const Json& value) {
    switch (value.kind()) {
        case boost::json::kind::object:
            return "OBJECT";
        case boost::json::kind::array:
            return "ARRAY";
        case boost::json::kind::string:
            return "STRING_VALUE";
        case boost::json::kind::bool_:
            return value.as_bool() ? "TRUE_VALUE" : "FALSE_VALUE";
        case boost::json::kind::null:
            return "NULL_VALUE";
        default:
            return "NUMBER_VALUE";
    }
}

tl::unexpected<core::Error> WrongType(const Shape& shape, const Json& value,
                                      const std::string& path) {
    core::Error error(core::Code::kInvalidArgument, "SerializationException",
                      std::string(KindName(value)) + " can not be converted to " +
                          std::string(TypeName(shape.type)) +
                          (path.empty() ? "" : " at '" + path + "'"));
    error.http_status = 400;
    return core::Fail(std::move(error));
}

Result<Json> ReadObject(const Shape& shape, const Json& value, const std::string& path) {
    if (!value.is_object()) return WrongType(shape, value, path);
    core::JsonObject object;
    const auto below = [&](std::string_view name) {
        return path.empty() ? std::string(name) : path + "." + std::string(name);
    };
    if (shape.type == ShapeType::kMap) {
        for (const auto& [key, item] : value.as_object()) {
            if (item.is_null()) continue;
            GYRE_ASSIGN(object[key], ReadJsonShape(*shape.value, item, below(key)));
        }
        return object;
    }
    for (const Member& member : shape.members) {
        const Json* found = value.as_object().if_contains(member.wire_name);
        if (found == nullptr || found->is_null()) continue;
        GYRE_ASSIGN(object[member.name],
                    ReadJsonShape(*member.shape, *found, below(PathName(member.name))));
    }
    return object;
}

Result<Json> ReadNumber(const Shape& shape, const Json& value, const std::string& path) {
    const bool whole = shape.type == ShapeType::kInteger || shape.type == ShapeType::kLong;
    if (!value.is_number()) return WrongType(shape, value, path);
    if (!whole) return Json(value.to_number<double>());
    const double number = value.to_number<double>();
    if (value.is_uint64() ||
        (value.is_double() && (number != std::floor(number) || std::abs(number) > 9e15))) {
        return WrongType(shape, value, path);
    }
    const int64_t integer = value.is_int64() ? value.as_int64() : static_cast<int64_t>(number);
    if (shape.type == ShapeType::kInteger && (integer < INT32_MIN || integer > INT32_MAX)) {
        return WrongType(shape, value, path);
    }
    return Json(integer);
}

}  // namespace

Result<Json> ReadJsonShape(const Shape& shape, const Json& value, const std::string& path) {
    switch (shape.type) {
        case ShapeType::kStructure:
        case ShapeType::kMap:
            return ReadObject(shape, value, path);
        case ShapeType::kList: {
            if (!value.is_array()) return WrongType(shape, value, path);
            core::JsonArray items;
            for (const Json& item : value.as_array()) {
                GYRE_ASSIGN(Json read,
                            ReadJsonShape(*shape.value, item,
                                          path + "." + std::to_string(items.size() + 1)));
                items.push_back(std::move(read));
            }
            return items;
        }
        case ShapeType::kString:
        case ShapeType::kBlob:
            if (!value.is_string()) return WrongType(shape, value, path);
            return value;
        case ShapeType::kBoolean:
            if (!value.is_bool()) return WrongType(shape, value, path);
            return value;
        case ShapeType::kTimestamp: {
            if (value.is_number()) return Json(value.to_number<double>());
            const auto time = value.is_string() ? ParseTimestamp(value.as_string()) : std::nullopt;
            if (!time) return WrongType(shape, value, path);
            return Json(*time);
        }
        default:
            return ReadNumber(shape, value, path);
    }
}

}  // namespace gyre::wire::detail
