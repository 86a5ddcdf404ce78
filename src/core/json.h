#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"

namespace gyre::core {

/// A JSON document. Members keep the order they came in. Numbers are int64, uint64 or double.
using Json = boost::json::value;
using JsonObject = boost::json::object;
using JsonArray = boost::json::array;

struct JsonLimits {
    size_t max_depth = 64;
};

/// Parses one document that fills `text` (UTF-8). Errors: kInvalidArgument with the byte offset.
[[nodiscard]] Result<Json> ParseJson(std::string_view text, JsonLimits limits = {});

/// The same for what this program stored. Older ones kept bytes that are not UTF-8 as they came;
/// they are read as ToUtf8 reads them.
[[nodiscard]] Result<Json> ParseStoredJson(std::string_view text);

/// Compact text. Doubles print in the shortest form that reads back the same; a whole double keeps
/// no exponent ("1.5E9" never appears: clients in other languages read timestamps from these).
[[nodiscard]] std::string JsonText(const Json& json);

/// Indented by two spaces, for people.
[[nodiscard]] std::string JsonPretty(const Json& json);

/// The member of an object, or null where `json` is no object or has no such member.
[[nodiscard]] const Json* JsonFind(const Json& json, std::string_view member);

/// The member's string, or nullopt where it is absent or of another type.
[[nodiscard]] std::optional<std::string_view> JsonString(const Json& json, std::string_view member);
/// The same, as a text of its own, or `otherwise`.
[[nodiscard]] std::string JsonStringOr(const Json& json, std::string_view member,
                                       std::string_view otherwise = {});
[[nodiscard]] std::optional<int64_t> JsonInt(const Json& json, std::string_view member);
[[nodiscard]] std::optional<double> JsonDouble(const Json& json, std::string_view member);
[[nodiscard]] std::optional<bool> JsonBool(const Json& json, std::string_view member);

}  // namespace gyre::core
