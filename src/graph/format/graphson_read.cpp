#include <charconv>
#include <cmath>
#include <limits>
#include <map>

#include "core/digest.h"
#include "core/utf8.h"
#include "graph/format/graphson.h"
#include "graph/predicate.h"
#include "graph/temporal.h"

namespace gyre::graph::format {
namespace {

using core::Code;
using core::Json;
using core::Result;

tl::unexpected<core::Error> Wrong(const std::string& what) {
    return core::Fail(Code::kInvalidArgument, "MalformedQueryException",
                      "the request is no GraphSON: " + what);
}

bool FirstCharacter(std::string_view text, char32_t& code) {
    const size_t size = text.empty() ? 0 : core::Utf8Length(text);
    if (size == 0) return false;
    code = static_cast<uint8_t>(text[0]) & (size == 1 ? 0x7FU : 0xFFU >> (size + 1));
    for (const char c : text.substr(1, size - 1)) {
        code = code << 6 | (static_cast<uint8_t>(c) & 0x3F);
    }
    return true;
}

Result<Value> Untyped(const Json& json) {
    switch (json.kind()) {
        case boost::json::kind::null:
            return Value();
        case boost::json::kind::bool_:
            return Value(json.get_bool());
        case boost::json::kind::int64: {
            const int64_t number = json.get_int64();
            const bool small = number >= INT32_MIN && number <= INT32_MAX;
            return small ? Value(static_cast<int32_t>(number)) : Value(number);
        }
        case boost::json::kind::uint64:
            return Value(BigInteger{std::to_string(json.get_uint64())});
        case boost::json::kind::double_:
            return Value(json.get_double());
        case boost::json::kind::string:
            return Value(std::string_view(json.get_string()));
        case boost::json::kind::array: {
            Values items;
            for (const Json& item : json.get_array()) {
                GYRE_ASSIGN(Value value, ReadGraphSon(item));
                items.push_back(std::move(value));
            }
            return MakeList(std::move(items));
        }
        case boost::json::kind::object:
            break;
    }
    auto map = std::make_shared<Map>();
    for (const auto& [key, inner] : json.get_object()) {
        GYRE_ASSIGN(Value value, ReadGraphSon(inner));
        map->Put(Value(std::string_view(key)), std::move(value));
    }
    return Value(std::move(map));
}

Result<double> Floating(const Json& json) {
    if (json.is_double()) return json.get_double();
    if (json.is_int64()) return static_cast<double>(json.get_int64());
    if (json.is_uint64()) return static_cast<double>(json.get_uint64());
    if (json.is_string()) {
        const std::string_view text = json.get_string();
        if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
        if (text == "Infinity") return std::numeric_limits<double>::infinity();
        if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
    }
    return Wrong("a number is expected");
}

template <typename Whole>
Result<Value> Number(const Json& json) {
    if (!json.is_int64()) return Wrong("a whole number is expected");
    const int64_t number = json.get_int64();
    if (number < std::numeric_limits<Whole>::min() || number > std::numeric_limits<Whole>::max()) {
        return Wrong(std::to_string(number) + " does not fit its type");
    }
    return Value(static_cast<Whole>(number));
}

Result<std::string> Digits(const Json& json) {
    if (json.is_string()) return std::string(std::string_view(json.get_string()));
    if (json.is_number()) return core::JsonText(json);
    return Wrong("digits are expected");
}

Result<Value> Items(const Json& json, bool set) {
    if (!json.is_array()) return Wrong("an array is expected");
    GYRE_ASSIGN(Value list, Untyped(json));
    if (!set) return list;
    auto distinct = std::make_shared<Set>();
    for (const Value& item : list.As<Ptr<List>>()->items) distinct->Add(item);
    return Value(std::move(distinct));
}

Result<Value> FlatMap(const Json& json) {
    if (json.is_object()) return Untyped(json);  // as GraphSON 2 has it
    if (!json.is_array() || json.get_array().size() % 2 != 0) return Wrong("pairs are expected");
    auto map = std::make_shared<Map>();
    const auto& flat = json.get_array();
    for (size_t i = 0; i < flat.size(); i += 2) {
        GYRE_ASSIGN(const Value key, ReadGraphSon(flat[i]));
        GYRE_ASSIGN(Value value, ReadGraphSon(flat[i + 1]));
        map->Put(key, std::move(value));
    }
    return Value(std::move(map));
}

Result<std::vector<Instruction>> Instructions(const Json* json) {
    std::vector<Instruction> instructions;
    if (json == nullptr) return instructions;
    if (!json->is_array()) return Wrong("instructions are expected");
    for (const Json& one : json->get_array()) {
        if (!one.is_array() || one.get_array().empty() || !one.get_array()[0].is_string()) {
            return Wrong("an instruction begins with its name");
        }
        const auto& call = one.get_array();
        Instruction instruction;
        instruction.name = std::string(std::string_view(call[0].get_string()));
        for (size_t i = 1; i < call.size(); ++i) {
            GYRE_ASSIGN(Value argument, ReadGraphSon(call[i]));
            instruction.arguments.push_back(std::move(argument));
        }
        instructions.push_back(std::move(instruction));
    }
    return instructions;
}

Result<Value> Bytecodes(const Json& json) {
    if (!json.is_object()) return Wrong("a bytecode is an object");
    Bytecode bytecode;
    GYRE_ASSIGN(bytecode.sources, Instructions(core::JsonFind(json, "source")));
    GYRE_ASSIGN(bytecode.steps, Instructions(core::JsonFind(json, "step")));
    return FromBytecode(std::move(bytecode));
}

Result<Value> Predicates(const Json& json) {
    const auto name = core::JsonString(json, "predicate");
    const Json* value = core::JsonFind(json, "value");
    if (!name || value == nullptr) return Wrong("a predicate has a name and a value");
    GYRE_ASSIGN(Value read, ReadGraphSon(*value));
    Values arguments;
    const bool of_list = *name == "and" || *name == "or" || *name == "between" ||
                         *name == "inside" || *name == "outside";
    if (of_list && read.Is<Ptr<List>>())
        arguments = read.As<Ptr<List>>()->items;
    else
        arguments.push_back(std::move(read));
    auto predicate = MakePredicate(*name, std::move(arguments));
    if (!predicate) return Wrong(predicate.error().message);
    return Value(std::move(*predicate));
}

Result<Value> Elements(const Json& json, ElementReference::Kind kind) {
    const Json* id = core::JsonFind(json, "id");
    if (id == nullptr) return Wrong("an element has an id");
    auto reference = std::make_shared<ElementReference>();
    reference->kind = kind;
    GYRE_ASSIGN(reference->id, ReadGraphSon(*id));
    reference->label = std::string(core::JsonString(json, "label").value_or(""));
    return Value(std::move(reference));
}

Result<Value> Strategies(std::string_view name, const Json& json) {
    auto strategy = std::make_shared<Strategy>();
    strategy->name = std::string(name);
    if (!json.is_object()) return Value(std::move(strategy));
    const Json* configuration = core::JsonFind(json, "conf");
    const Json& from = configuration != nullptr ? *configuration : json;
    if (const auto full = core::JsonString(json, "fqcn")) strategy->name = std::string(*full);
    if (!from.is_object()) return Wrong("a strategy's options are an object");
    for (const auto& [key, inner] : from.get_object()) {
        if (key == "fqcn") continue;
        GYRE_ASSIGN(Value value, ReadGraphSon(inner));
        strategy->configuration.emplace_back(std::string(std::string_view(key)), std::move(value));
    }
    return Value(std::move(strategy));
}

Result<Value> OfType(std::string_view type, const Json& json) {
    const size_t colon = type.find(':');
    const std::string_view name = type.substr(colon == std::string_view::npos ? 0 : colon + 1);
    if (name == "Int32") return Number<int32_t>(json);
    if (name == "Int64") return Number<int64_t>(json);
    if (name == "Byte") return Number<int8_t>(json);
    if (name == "Int16") return Number<int16_t>(json);
    if (name == "Double" || name == "Float") {
        GYRE_ASSIGN(const double number, Floating(json));
        return name == "Double" ? Value(number) : Value(static_cast<float>(number));
    }
    if (name == "BigInteger") {
        GYRE_ASSIGN(std::string digits, Digits(json));
        return Value(BigInteger{std::move(digits)});
    }
    if (name == "BigDecimal") {
        GYRE_ASSIGN(std::string digits, Digits(json));
        return Value(BigDecimal{std::move(digits)});
    }
    if (name == "List") return Items(json, false);
    if (name == "Set") return Items(json, true);
    if (name == "Map") return FlatMap(json);
    if (name == "Bytecode") return Bytecodes(json);
    if (name == "P" || name == "TextP") return Predicates(json);
    if (name == "Vertex") return Elements(json, ElementReference::Kind::kVertex);
    if (name == "Edge") return Elements(json, ElementReference::Kind::kEdge);
    if (name == "VertexProperty") return Elements(json, ElementReference::Kind::kVertexProperty);
    if (name == "UUID") {
        Uuid uuid;
        if (json.is_string() && ParseUuid(json.get_string(), uuid)) return Value(uuid);
        return Wrong("a UUID is expected");
    }
    if (name == "Date" || name == "Timestamp") {
        if (json.is_int64()) return Value(Date{json.get_int64(), 0});
        return Wrong("milliseconds are expected");
    }
    if (name == "OffsetDateTime" || name == "Instant") {
        Date date;
        if (json.is_string() && ParseDate(json.get_string(), date)) return Value(date);
        return Wrong("a date is expected");
    }
    if (name == "ByteBuffer") {
        auto bytes = json.is_string() ? core::Base64Decode(std::string_view(json.get_string()))
                                      : std::nullopt;
        if (bytes) return Value(Binary{std::move(*bytes)});
        return Wrong("bytes are expected in Base64");
    }
    if (name == "Char") {
        char32_t code = 0;
        if (json.is_string() && FirstCharacter(json.get_string(), code)) return Value(Char{code});
        return Wrong("a character is expected");
    }
    if (name == "Duration") {
        const auto duration = json.is_string() ? ParseDuration(json.get_string()) : std::nullopt;
        if (duration) return Value(*duration);
        return Wrong("a duration is expected");
    }
    if (name == "Traverser") {
        const Json* value = core::JsonFind(json, "value");
        if (value == nullptr) return Wrong("a traverser has a value");
        return ReadGraphSon(*value);
    }
    if (name == "Binding") {
        const Json* value = core::JsonFind(json, "value");
        if (value == nullptr) return Wrong("a binding has a value");
        return ReadGraphSon(*value);
    }
    if (name == "Lambda") {
        auto lambda = std::make_shared<Lambda>();
        lambda->language = core::JsonString(json, "language").value_or("");
        lambda->script = core::JsonString(json, "script").value_or("");
        lambda->arguments = static_cast<int32_t>(core::JsonInt(json, "arguments").value_or(-1));
        return Value(std::move(lambda));
    }
    TokenKind kind{};
    Token token;
    std::string_view enumeration = name;
    if (enumeration == "T" || ParseTokenClass(enumeration, kind)) {
        if (!json.is_string() || !ParseToken(kind, std::string_view(json.get_string()), token)) {
            return Wrong("a value of " + std::string(name) + " is expected");
        }
        return Value(token);
    }
    if (name.ends_with("Strategy")) return Strategies(name, json);
    return Wrong("there is no type " + std::string(type));
}

}  // namespace

Result<Value> ReadGraphSon(const Json& json) {
    if (!json.is_object()) return Untyped(json);
    const auto type = core::JsonString(json, "@type");
    if (!type) return Untyped(json);
    static const Json kNull;
    const Json* value = core::JsonFind(json, "@value");
    return OfType(*type, value ? *value : kNull);
}

Result<Request> ReadGraphSonRequest(std::string_view payload) {
    auto parsed = core::ParseJson(payload, {.max_depth = 200});
    if (!parsed) return Wrong(parsed.error().message);
    const Json& json = *parsed;
    Request request;
    const Json* id = core::JsonFind(json, "requestId");
    if (id != nullptr) {
        GYRE_ASSIGN(const Value value, ReadGraphSon(*id));
        if (value.Is<Uuid>())
            request.id = value.As<Uuid>();
        else if (!value.Is<std::string>() || !ParseUuid(value.As<std::string>(), request.id)) {
            return Wrong("requestId is no UUID");
        }
    }
    request.op = std::string(core::JsonString(json, "op").value_or(""));
    request.processor = std::string(core::JsonString(json, "processor").value_or(""));
    const Json* arguments = core::JsonFind(json, "args");
    if (arguments == nullptr) return request;
    GYRE_ASSIGN(const Value read, ReadGraphSon(*arguments));
    if (!read.Is<Ptr<Map>>()) return Wrong("args is no map");
    request.arguments = *read.As<Ptr<Map>>();
    return request;
}

}  // namespace gyre::graph::format
