#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace gyre::wire {

/// The tables that tools/wire_generate.py makes of botocore's service models: constant data, with
/// no code of its own.

enum class ShapeType : uint8_t {
    kStructure,
    kList,
    kMap,
    kString,
    kInteger,
    kLong,
    kFloat,
    kDouble,
    kBoolean,
    kTimestamp,
    kBlob
};
enum class Location : uint8_t { kBody, kUri, kQuery, kHeader, kHeaders, kStatusCode };
enum class TimeFormat : uint8_t { kDefault, kIso8601, kRfc822, kUnix };

struct Shape;

struct Member {
    std::string_view name{};       ///< in documents: "ModelName"
    std::string_view wire_name{};  ///< in bodies, headers and queries
    const Shape* shape = nullptr;
    Location location = Location::kBody;
    bool required = false;
    bool flattened = false;  ///< XML and query: a list without an element around it
    bool attribute = false;  ///< XML
    TimeFormat time_format = TimeFormat::kDefault;
};

struct Shape {
    ShapeType type = ShapeType::kString;
    std::span<const Member> members{};      ///< of a structure
    const Shape* value = nullptr;           ///< of a list's items or a map's values
    const Shape* key = nullptr;             ///< of a map
    std::string_view item_name = "member";  ///< XML element of a list's items
    bool flattened = false;
    TimeFormat time_format = TimeFormat::kDefault;
    bool has_min = false;
    bool has_max = false;
    int64_t min = 0;  ///< of a number's value, a text's or list's length
    int64_t max = 0;
    std::string_view pattern{};                  ///< for RE2
    std::string_view published_pattern{};        ///< as the model has it, where that differs
    std::span<const std::string_view> values{};  ///< of an enum
    std::string_view payload{};                  ///< the member that is the whole body; "" for none
    bool streaming = false;
};

struct Operation {
    std::string_view name{};
    std::string_view method{};
    std::string_view path{};   ///< "/{Bucket}/{Key+}"
    std::string_view query{};  ///< literals it must have: "uploads", "list-type=2"
    /// A header (of the members that are) that must be there: tells CopyObject from PutObject.
    std::string_view header{};
    const Shape* input = nullptr;  ///< null: the operation is known and not served
    const Shape* output = nullptr;
    std::string_view result_wrapper{};  ///< query: "GetRoleResult"
    std::string_view input_root{};      ///< rest-xml: the element of the input's body
    std::string_view output_root{};     ///< rest-xml: the element of the answer's body
    int status = 200;
};

struct ErrorShape {
    std::string_view code{};
    int status = 400;
    std::string_view numbers{};  ///< members that are numbers, by spaces: "OriginalStatusCode"
    std::string_view shape{};    ///< its own name: "InvalidParameterValueException"
};

struct OperationTable {
    std::span<const Operation> operations{};  ///< served ones first
    std::span<const ErrorShape> errors{};
};

}  // namespace gyre::wire
