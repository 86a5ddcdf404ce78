#include <algorithm>
#include <bit>
#include <chrono>
#include <optional>

#include "graph/format/graph_binary.h"
#include "graph/format/graph_binary_types.h"
#include "graph/number.h"
#include "graph/predicate.h"

namespace gyre::graph::format {
namespace {

using core::Code;
using core::Result;

constexpr int kMaxDepth = 200;
constexpr size_t kMostOfNumber = 4096;       // bytes, of which its digits are worked out
constexpr int64_t kMostOfBulk = 10'000'000;  // items of a bulk set, which may be unfolded

std::optional<TokenKind> KindOf(uint8_t type) {
    switch (type) {
        case kBinaryT:
            return TokenKind::kT;
        case kBinaryOrder:
            return TokenKind::kOrder;
        case kBinaryScope:
            return TokenKind::kScope;
        case kBinaryPop:
            return TokenKind::kPop;
        case kBinaryColumn:
            return TokenKind::kColumn;
        case kBinaryDirection:
            return TokenKind::kDirection;
        case kBinaryOperator:
            return TokenKind::kOperator;
        case kBinaryBarrier:
            return TokenKind::kBarrier;
        case kBinaryPick:
            return TokenKind::kPick;
        case kBinaryCardinality:
            return TokenKind::kCardinality;
        case kBinaryMerge:
            return TokenKind::kMerge;
        case kBinaryTimeUnit:
            return TokenKind::kTimeUnit;
        case kBinaryGType:
            return TokenKind::kGType;
        default:
            return std::nullopt;
    }
}

/// Decimal digits of a two's complement number.
std::string DigitsOf(std::string_view bytes) {
    const bool negative = !bytes.empty() && (bytes[0] & 0x80) != 0;
    std::string magnitude(bytes);
    if (negative) {
        unsigned carry = 1;
        for (size_t i = magnitude.size(); i-- > 0;) {
            carry += static_cast<uint8_t>(~magnitude[i]);
            magnitude[i] = static_cast<char>(carry);
            carry >>= 8;
        }
    }
    std::string digits;
    bool more = true;
    while (more) {  // divides by ten until nothing is left
        unsigned rest = 0;
        more = false;
        for (char& byte : magnitude) {
            rest = rest * 256 + static_cast<uint8_t>(byte);
            byte = static_cast<char>(rest / 10);
            more = more || byte != 0;
            rest %= 10;
        }
        digits.insert(digits.begin(), static_cast<char>('0' + rest));
    }
    return negative ? "-" + digits : digits;
}

class Reader {
  public:
    explicit Reader(std::string_view bytes) : bytes_(bytes) {}

    [[nodiscard]] bool AtEnd() const { return at_ == bytes_.size(); }
    tl::unexpected<core::Error> Wrong(const std::string& what) const {
        return core::Fail(
            Code::kInvalidArgument, "MalformedQueryException",
            "the request is no GraphBinary: " + what + " at byte " + std::to_string(at_));
    }

    Result<std::string_view> Take(size_t size) {
        if (bytes_.size() - at_ < size) return Wrong("an early end");
        const std::string_view taken = bytes_.substr(at_, size);
        at_ += size;
        return taken;
    }
    template <typename Whole>
    Result<Whole> Number() {
        GYRE_ASSIGN(const std::string_view taken, Take(sizeof(Whole)));
        std::make_unsigned_t<Whole> bits = 0;
        for (const char c : taken) {
            bits = static_cast<decltype(bits)>((uint64_t{bits} << 8) | static_cast<uint8_t>(c));
        }
        return static_cast<Whole>(bits);
    }
    Result<std::string> Text() {
        GYRE_ASSIGN(const int32_t size, Number<int32_t>());
        if (size < 0) return Wrong("a negative length");
        GYRE_ASSIGN(const std::string_view text, Take(static_cast<size_t>(size)));
        return std::string(text);
    }
    /// How many items follow: each takes two bytes at least.
    Result<size_t> Count() {
        GYRE_ASSIGN(const int32_t count, Number<int32_t>());
        if (count < 0 || static_cast<size_t>(count) > bytes_.size() - at_) {
            return Wrong("an impossible count");
        }
        return static_cast<size_t>(count);
    }

    Result<Value> Typed() {
        if (++depth_ > kMaxDepth) return Wrong("too deep a nesting");
        GYRE_ASSIGN(const auto type, Number<uint8_t>());
        GYRE_ASSIGN(const auto flag, Number<uint8_t>());
        if ((flag & 1) != 0) {
            --depth_;
            return Value();
        }
        auto value = Bare(type);
        --depth_;
        return value;
    }
    Result<Ptr<graph::Map>> BareMap() {
        GYRE_ASSIGN(const size_t count, Count());
        auto map = std::make_shared<graph::Map>();
        for (size_t i = 0; i < count; ++i) {
            GYRE_ASSIGN(const Value key, Typed());
            GYRE_ASSIGN(Value value, Typed());
            map->Put(key, std::move(value));
        }
        return map;
    }

  private:
    Result<Value> Bare(uint8_t type) {
        if (const auto kind = KindOf(type)) return Enumeration(*kind);
        switch (type) {
            case kBinaryInt:
                return Whole<int32_t>();
            case kBinaryLong:
                return Whole<int64_t>();
            case kBinaryByte:
                return Whole<int8_t>();
            case kBinaryShort:
                return Whole<int16_t>();
            case kBinaryBoolean: {
                GYRE_ASSIGN(const auto flag, Number<uint8_t>());
                return Value(flag != 0);
            }
            case kBinaryDouble: {
                GYRE_ASSIGN(const auto bits, Number<int64_t>());
                return Value(std::bit_cast<double>(bits));
            }
            case kBinaryFloat: {
                GYRE_ASSIGN(const auto bits, Number<int32_t>());
                return Value(std::bit_cast<float>(bits));
            }
            case kBinaryString:
            case kBinaryClass: {
                GYRE_ASSIGN(std::string text, Text());
                return Value(std::move(text));
            }
            case kBinaryDate:
            case kBinaryTimestamp: {
                GYRE_ASSIGN(const auto milliseconds, Number<int64_t>());
                return Value(Date{milliseconds, 0});
            }
            case kBinaryOffsetDateTime:
                return OffsetDateTime();
            case kBinaryUuid: {
                GYRE_ASSIGN(const std::string_view raw, Take(16));
                Uuid uuid;
                std::copy(raw.begin(), raw.end(), uuid.bytes.begin());
                return Value(uuid);
            }
            case kBinaryByteBuffer: {
                GYRE_ASSIGN(std::string raw, Text());
                return Value(Binary{std::move(raw)});
            }
            case kBinaryChar: {
                GYRE_ASSIGN(const auto first, Number<uint8_t>());
                const size_t more = first < 0x80 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
                GYRE_ASSIGN(const std::string_view rest, Take(more));
                char32_t code = more == 0 ? first : first & (0x3FU >> more);
                for (const char c : rest) code = code << 6 | (static_cast<uint8_t>(c) & 0x3F);
                return Value(Char{code});
            }
            case kBinaryDuration: {
                GYRE_ASSIGN(const auto seconds, Number<int64_t>());
                GYRE_ASSIGN(const auto nanos, Number<int32_t>());
                if (nanos < 0 || nanos > 999'999'999) return Wrong("no duration");
                return Value(Duration{0, 0, seconds, nanos});
            }
            case kBinaryBigInteger: {
                GYRE_ASSIGN(const std::string raw, Text());
                if (raw.size() > kMostOfNumber) return Wrong("a number that is too large");
                return Value(BigInteger{DigitsOf(raw)});
            }
            case kBinaryBigDecimal:
                return Decimal();
            case kBinaryList:
            case kBinarySet:
                return Items(type == kBinarySet);
            case kBinaryMap: {
                GYRE_ASSIGN(auto map, BareMap());
                return Value(std::move(map));
            }
            case kBinaryBulkSet:
                return Bulk();
            case kBinaryBytecode:
                return BytecodeValue();
            case kBinaryP:
            case kBinaryTextP:
                return PredicateValue();
            case kBinaryStrategy:
                return StrategyValue();
            case kBinaryVertex:
                return VertexReference();
            case kBinaryEdge:
                return EdgeReference();
            case kBinaryVertexProperty:
                return PropertyReference();
            case kBinaryProperty: {
                GYRE_ASSIGN(std::string key, Text());
                GYRE_ASSIGN(Value value, Typed());
                GYRE_TRY(Skip());
                return Value(std::make_shared<Property>(
                    Property{Value(), std::move(key), std::move(value)}));
            }
            case kBinaryBinding: {
                GYRE_TRY(Text());
                return Typed();
            }
            case kBinaryTraverser: {
                GYRE_TRY(Number<int64_t>());
                return Typed();
            }
            case kBinaryLambda:
                return LambdaBody();
            default:
                return Wrong("the unknown type " + std::to_string(type));
        }
    }

    core::Status Skip() {
        GYRE_ASSIGN(const Value ignored, Typed());
        static_cast<void>(ignored);
        return {};
    }
    template <typename W>
    Result<Value> Whole() {
        GYRE_ASSIGN(const W number, Number<W>());
        return Value(number);
    }
    Result<Value> Enumeration(TokenKind kind) {
        GYRE_ASSIGN(const Value name, Typed());
        Token token;
        if (!name.Is<std::string>() || !ParseToken(kind, name.As<std::string>(), token)) {
            return Wrong("no value of " + std::string(TokenClass(kind)));
        }
        return Value(token);
    }
    Result<Value> OffsetDateTime() {
        GYRE_ASSIGN(const auto year, Number<int32_t>());
        GYRE_ASSIGN(const auto month, Number<uint8_t>());
        GYRE_ASSIGN(const auto day, Number<uint8_t>());
        GYRE_ASSIGN(const auto nanos, Number<int64_t>());
        GYRE_ASSIGN(const auto offset, Number<int32_t>());
        const std::chrono::year_month_day calendar{
            std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
        if (!calendar.ok()) return Wrong("no date");
        const int64_t days = std::chrono::sys_days(calendar).time_since_epoch().count();
        return Value(Date{days * 86'400'000 + nanos / 1'000'000 - int64_t{offset} * 1000, offset});
    }
    Result<Value> Decimal() {
        GYRE_ASSIGN(const auto scale, Number<int32_t>());
        GYRE_ASSIGN(const std::string raw, Text());
        return Value(ToBigDecimal({DigitsOf(raw), scale}));
    }
    Result<Value> Items(bool set) {
        GYRE_ASSIGN(const size_t count, Count());
        Values items;
        for (size_t i = 0; i < count; ++i) {
            GYRE_ASSIGN(Value item, Typed());
            items.push_back(std::move(item));
        }
        if (!set) return MakeList(std::move(items));
        auto distinct = std::make_shared<Set>();
        for (Value& item : items) distinct->Add(std::move(item));
        return Value(std::move(distinct));
    }
    Result<Value> Bulk() {
        GYRE_ASSIGN(const size_t count, Count());
        auto bulk = std::make_shared<BulkSet>();
        int64_t total = 0;
        for (size_t i = 0; i < count; ++i) {
            GYRE_ASSIGN(Value item, Typed());
            GYRE_ASSIGN(const auto times, Number<int64_t>());
            if (times < 0 || times > kMostOfBulk - total) return Wrong("a bulk that is too large");
            total += times;
            bulk->items.emplace_back(std::move(item), times);
        }
        return Value(std::move(bulk));
    }
    Result<Value> LambdaBody() {
        auto lambda = std::make_shared<Lambda>();
        GYRE_ASSIGN(lambda->language, Text());
        GYRE_ASSIGN(lambda->script, Text());
        GYRE_ASSIGN(lambda->arguments, Number<int32_t>());
        return Value(std::move(lambda));
    }
    Result<std::vector<Instruction>> Instructions() {
        GYRE_ASSIGN(const size_t count, Count());
        std::vector<Instruction> instructions;
        for (size_t i = 0; i < count; ++i) {
            Instruction instruction;
            GYRE_ASSIGN(instruction.name, Text());
            GYRE_ASSIGN(const size_t arguments, Count());
            for (size_t j = 0; j < arguments; ++j) {
                GYRE_ASSIGN(Value argument, Typed());
                instruction.arguments.push_back(std::move(argument));
            }
            instructions.push_back(std::move(instruction));
        }
        return instructions;
    }
    Result<Value> BytecodeValue() {
        Bytecode bytecode;
        GYRE_ASSIGN(bytecode.steps, Instructions());
        GYRE_ASSIGN(bytecode.sources, Instructions());
        return FromBytecode(std::move(bytecode));
    }
    Result<Value> PredicateValue() {
        GYRE_ASSIGN(const std::string name, Text());
        GYRE_ASSIGN(const size_t count, Count());
        Values arguments;
        for (size_t i = 0; i < count; ++i) {
            GYRE_ASSIGN(Value argument, Typed());
            arguments.push_back(std::move(argument));
        }
        auto predicate = MakePredicate(name, std::move(arguments));
        if (!predicate) return Wrong(predicate.error().message);
        return Value(std::move(*predicate));
    }
    Result<Value> StrategyValue() {
        auto strategy = std::make_shared<Strategy>();
        GYRE_ASSIGN(strategy->name, Text());
        GYRE_ASSIGN(const auto configuration, BareMap());
        for (const auto& [key, value] : configuration->Items()) {
            strategy->configuration.emplace_back(DisplayText(key), value);
        }
        return Value(std::move(strategy));
    }
    Result<Value> VertexReference() {
        auto reference = std::make_shared<ElementReference>();
        GYRE_ASSIGN(reference->id, Typed());
        GYRE_ASSIGN(reference->label, Text());
        GYRE_TRY(Skip());
        return Value(std::move(reference));
    }
    Result<Value> EdgeReference() {
        auto reference = std::make_shared<ElementReference>();
        reference->kind = ElementReference::Kind::kEdge;
        GYRE_ASSIGN(reference->id, Typed());
        GYRE_ASSIGN(reference->label, Text());
        for (int end = 0; end < 2; ++end) {
            GYRE_TRY(Skip());
            GYRE_TRY(Text());
        }
        GYRE_TRY(Skip());
        GYRE_TRY(Skip());
        return Value(std::move(reference));
    }
    Result<Value> PropertyReference() {
        auto reference = std::make_shared<ElementReference>();
        reference->kind = ElementReference::Kind::kVertexProperty;
        GYRE_ASSIGN(reference->id, Typed());
        GYRE_ASSIGN(reference->label, Text());
        for (int part = 0; part < 3; ++part) GYRE_TRY(Skip());
        return Value(std::move(reference));
    }

    const std::string_view bytes_;
    size_t at_ = 0;
    int depth_ = 0;
};

}  // namespace

Result<Value> ReadGraphBinary(std::string_view bytes) {
    Reader reader(bytes);
    GYRE_ASSIGN(Value value, reader.Typed());
    if (!reader.AtEnd()) return reader.Wrong("more than a value");
    return value;
}

Result<Request> ReadBinaryRequest(std::string_view payload) {
    Reader reader(payload);
    GYRE_ASSIGN(const auto version, reader.Number<uint8_t>());
    if (version != 0x81) return reader.Wrong("an unknown version");
    Request request;
    GYRE_ASSIGN(const std::string_view id, reader.Take(16));
    std::copy(id.begin(), id.end(), request.id.bytes.begin());
    GYRE_ASSIGN(request.op, reader.Text());
    GYRE_ASSIGN(request.processor, reader.Text());
    GYRE_ASSIGN(const auto arguments, reader.BareMap());
    request.arguments = std::move(*arguments);
    return request;
}

}  // namespace gyre::graph::format
