#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace gyre::graph {

class Value;
struct Bytecode;
struct Predicate;

/// A vertex of the store, by its internal number. What it is like is read when it is asked for.
struct VertexRef {
    uint64_t id = 0;
    bool operator==(const VertexRef&) const = default;
};

/// An edge of the store with what its adjacency entry tells, so that a hop needs no second read.
struct EdgeRef {
    uint64_t id = 0;
    uint64_t out = 0;    ///< the vertex it leaves
    uint64_t in = 0;     ///< the vertex it enters
    uint32_t label = 0;  ///< a name of the store
    bool operator==(const EdgeRef& other) const { return id == other.id; }
};

struct Uuid {
    std::array<uint8_t, 16> bytes{};
    auto operator<=>(const Uuid&) const = default;
};
/// Milliseconds since 1970 in UTC, and the offset that the value was written with.
struct Date {
    int64_t milliseconds = 0;
    int32_t offset_seconds = 0;
    bool operator==(const Date& o) const { return milliseconds == o.milliseconds; }
};
/// openCypher's dates and times.
struct Temporal {
    enum class Kind : uint8_t { kDate, kLocalTime, kTime, kLocalDateTime, kDateTime } kind{};
    int64_t days = 0;    ///< since 1970-01-01, where it is; 0 for times of day
    int64_t nanos = 0;   ///< of the day, where it is; 0 for dates
    int32_t offset = 0;  ///< seconds east of Greenwich, of a time and a date-time
    std::string zone;    ///< "Europe/Stockholm"; empty: only the offset is known
    bool operator==(const Temporal&) const = default;
};
/// openCypher's span of time. Months, days and seconds are counted apart, since none of them is so
/// many of another.
struct Duration {
    int64_t months = 0, days = 0, seconds = 0;
    int32_t nanos = 0;  ///< from 0 to 999,999,999, whatever the sign of the seconds
    bool operator==(const Duration&) const = default;
};
/// Numbers wider than 64 bits, as decimal text.
struct BigInteger {
    std::string digits;
    bool operator==(const BigInteger&) const = default;
};
struct BigDecimal {
    std::string digits;
    bool operator==(const BigDecimal&) const = default;
};
/// Bytes that mean nothing here: java.nio.ByteBuffer.
struct Binary {
    std::string bytes;
    bool operator==(const Binary&) const = default;
};
struct Char {
    char32_t code = 0;
    bool operator==(const Char&) const = default;
};

/// Gremlin's enumerations, all in one: T.id, Order.desc, Scope.local…
enum class TokenKind : uint8_t {
    kT,
    kOrder,
    kScope,
    kPop,
    kColumn,
    kDirection,
    kOperator,
    kBarrier,
    kPick,
    kCardinality,
    kMerge,
    kTimeUnit,
    kGType,
};
struct Token {
    TokenKind kind{};
    uint8_t value = 0;
    bool operator==(const Token&) const = default;
};
enum class T : uint8_t { kId, kKey, kLabel, kValue };
enum class Order : uint8_t { kAsc, kDesc, kShuffle };
enum class Scope : uint8_t { kGlobal, kLocal };
enum class Pop : uint8_t { kAll, kFirst, kLast, kMixed };
enum class Column : uint8_t { kKeys, kValues };
enum class Direction : uint8_t { kOut, kIn, kBoth };
enum class Operator : uint8_t {
    kAddAll,
    kAnd,
    kAssign,
    kDiv,
    kMax,
    kMin,
    kMinus,
    kMult,
    kOr,
    kSum,
    kSumLong
};
enum class Barrier : uint8_t { kNormSack };
enum class Pick : uint8_t { kAny, kNone, kUnproductive };
enum class Cardinality : uint8_t { kSingle, kSet, kList };
enum class Merge : uint8_t { kOnCreate, kOnMatch, kOutV, kInV };
enum class TimeUnit : uint8_t { kSecond, kMinute, kHour, kDay };

/// "OUT" of Direction, "onCreate" of Merge; as the language writes it. `name` may also be what
/// older clients write ("incr"). ParseToken: false for an unknown name.
[[nodiscard]] std::string_view TokenName(Token token);
[[nodiscard]] bool ParseToken(TokenKind kind, std::string_view name, Token& token);
/// "T", "Order"…: the class's name in GraphSON and in scripts.
[[nodiscard]] std::string_view TokenClass(TokenKind kind);
[[nodiscard]] bool ParseTokenClass(std::string_view name, TokenKind& kind);

/// How much a value is when it is written out, where what is shared comes as often as it is met.
struct Extent {
    uint64_t size = 0;   ///< values in it; a text or bytes count one more for each 256
    uint32_t depth = 0;  ///< of lists, maps and their like within each other
};
/// An extent that was found once. A copy begins without, since it may be changed.
struct KeptExtent {
    KeptExtent() = default;
    KeptExtent(const KeptExtent&) noexcept {}
    KeptExtent& operator=(const KeptExtent&) noexcept {
        found = {};
        return *this;
    }
    mutable Extent found;  ///< of size 0: not yet
};

struct VertexProperty;
struct Property;
struct Path;
struct List;
struct Set;
class Map;
struct Entry;
struct Tree;
struct BulkSet;
struct Strategy;
struct CardinalityValue;
struct ElementReference;
struct Subgraph;
struct TraversalMetrics;
struct Lambda;

template <typename T>
using Ptr = std::shared_ptr<T>;

/// Anything that a query handles: Gremlin's value model. Small values are held, large ones shared;
/// what is shared is not changed once another may see it. Copying is cheap.
class Value {
  public:
    using Variant =
        std::variant<std::monostate, bool, int8_t, int16_t, int32_t, int64_t, float, double,
                     BigInteger, BigDecimal, std::string, Char, Uuid, Date, Token, VertexRef,
                     EdgeRef, Ptr<VertexProperty>, Ptr<Property>, Ptr<Path>, Ptr<List>, Ptr<Set>,
                     Ptr<Map>, Ptr<Entry>, Ptr<Tree>, Ptr<BulkSet>, Ptr<Predicate>, Ptr<Bytecode>,
                     Ptr<Strategy>, Ptr<CardinalityValue>, Ptr<ElementReference>, Ptr<Temporal>,
                     Duration, Ptr<Subgraph>, Ptr<TraversalMetrics>, Ptr<Lambda>, Binary>;

    // Not inline: nearly every function of the room has some, and each is a table of 37 cases.
    Value() noexcept;
    Value(const Value&);
    Value(Value&&) noexcept;
    Value& operator=(const Value&);
    Value& operator=(Value&&) noexcept;
    ~Value();
    template <typename V>
        requires(!std::is_same_v<std::decay_t<V>, Value> && std::is_constructible_v<Variant, V>)
    Value(V&& value) : variant_(std::forward<V>(value)) {}
    Value(const char* text) : variant_(std::string(text)) {}
    Value(std::string_view text) : variant_(std::string(text)) {}
    template <typename Enum>
        requires std::is_enum_v<Enum>
    Value(TokenKind kind, Enum value) : variant_(Token{kind, static_cast<uint8_t>(value)}) {}

    template <typename V>
    [[nodiscard]] bool Is() const {
        return std::holds_alternative<V>(variant_);
    }
    /// Of the alternative that it holds; asking for another is a bug.
    template <typename V>
    [[nodiscard]] const V& As() const {
        return *std::get_if<V>(&variant_);
    }
    /// Null when it holds another.
    template <typename V>
    [[nodiscard]] const V* If() const {
        return std::get_if<V>(&variant_);
    }
    [[nodiscard]] bool IsNull() const { return Is<std::monostate>(); }
    [[nodiscard]] bool IsNumber() const { return variant_.index() >= 2 && variant_.index() <= 9; }
    [[nodiscard]] bool IsElement() const {
        return Is<VertexRef>() || Is<EdgeRef>() || Is<Ptr<VertexProperty>>();
    }
    /// A list, a map and their like: what has values within it.
    [[nodiscard]] bool IsNested() const { return variant_.index() >= 19 && variant_.index() <= 25; }
    [[nodiscard]] bool IsToken(TokenKind kind) const {
        return Is<Token>() && As<Token>().kind == kind;
    }
    template <typename Enum>
    [[nodiscard]] bool IsToken(TokenKind kind, Enum value) const {
        return IsToken(kind) && As<Token>().value == static_cast<uint8_t>(value);
    }
    [[nodiscard]] const Variant& Get() const { return variant_; }
    [[nodiscard]] size_t Index() const { return variant_.index(); }

  private:
    // In a union, so that what is nothing but its bytes needs no end (value.cpp).
    union {
        Variant variant_;
    };
};

using Values = std::vector<Value>;

/// Equal and of one type, as java.lang.Object.equals: what sets, groups and dedup compare by.
[[nodiscard]] bool SameValue(const Value& a, const Value& b);
[[nodiscard]] size_t HashValue(const Value& value);
struct ValueHash {
    size_t operator()(const Value& value) const { return HashValue(value); }
};
struct ValueSame {
    bool operator()(const Value& a, const Value& b) const { return SameValue(a, b); }
};

struct Property {
    Value element;  ///< the edge, or the vertex property, that has it
    std::string key;
    Value value;
};
struct VertexProperty {
    VertexRef vertex;
    int64_t id = 0;
    std::string key;
    Value value;
    std::vector<std::pair<std::string, Value>> meta;
};
struct Path {
    Values objects;
    std::vector<std::vector<std::string>> labels;
    KeptExtent extent;
};
struct List {
    Values items;
    KeptExtent extent;
};
/// Distinct items in the order in which they came.
struct Set {
    Values items;

    Set();
    Set(const Set&);
    Set(Set&&) noexcept;
    Set& operator=(const Set&);
    Set& operator=(Set&&) noexcept;
    ~Set();
    /// False when it was there.
    bool Add(Value value);
    [[nodiscard]] bool Contains(const Value& value) const;
    KeptExtent extent;

  private:
    mutable std::unordered_map<Value, size_t, ValueHash, ValueSame> index_;
};
/// Keys in the order in which they came.
class Map {
  public:
    using Item = std::pair<Value, Value>;

    Map();
    Map(const Map&);
    Map(Map&&) noexcept;
    Map& operator=(const Map&);
    Map& operator=(Map&&) noexcept;
    ~Map();
    [[nodiscard]] const Value* Find(const Value& key) const;
    /// The value of `key`, null when it was not there; `added` tells which.
    Value& At(const Value& key, bool* added = nullptr);
    void Put(Value key, Value value) { At(key) = std::move(value); }
    void Remove(const Value& key);
    [[nodiscard]] const std::vector<Item>& Items() const { return items_; }
    [[nodiscard]] size_t Size() const { return items_.size(); }
    void Sort(bool (*less)(const Item&, const Item&));
    KeptExtent extent;

  private:
    [[nodiscard]] size_t IndexOf(const Value& key) const;
    void Index();

    std::vector<Item> items_;
    std::unordered_map<Value, size_t, ValueHash, ValueSame> index_;  ///< empty while it is small
};
struct Entry {
    Value key, value;
    KeptExtent extent;
};
struct Tree {
    std::vector<std::pair<Value, Ptr<Tree>>> branches;
    Ptr<Tree>& Branch(const Value& key);
    KeptExtent extent;
};
struct BulkSet {
    std::vector<std::pair<Value, int64_t>> items;
    KeptExtent extent;
};
struct Strategy {
    std::string name;
    std::vector<std::pair<std::string, Value>> configuration;
};
/// Cardinality.set("x") in a merge's map.
struct CardinalityValue {
    Cardinality cardinality{};
    Value value;
};
/// An element by what its users know of it: one that a client sent, which counts by its id.
struct ElementReference {
    enum class Kind { kVertex, kEdge, kVertexProperty } kind{};
    Value id;
    std::string label;
    Value value;    ///< of a vertex property
    Value out, in;  ///< of an edge: the ids of its ends
};

/// Part of a graph: what subgraph() gathers, edges with the vertices at their ends.
struct Subgraph {
    Set vertices, edges;
};
/// How a step did its work, as profile() tells.
struct Metrics {
    std::string id, name;
    int64_t nanos = 0;  ///< without what it waited for other steps
    std::vector<std::pair<std::string, int64_t>> counts;
    std::vector<std::pair<std::string, Value>> annotations;
    std::vector<Metrics> nested;
};
struct TraversalMetrics {
    int64_t nanos = 0;
    std::vector<Metrics> steps;
};
/// A function that a client wrote in a language of its own.
struct Lambda {
    std::string language, script;
    int32_t arguments = -1;  ///< how many it takes; -1: it does not say
};

/// A call of a step or a source method, as both scripts and bytecode have it.
struct Instruction {
    std::string name;
    Values arguments;
    uint32_t at = 0;  ///< where in the script it begins; 0 for bytecode
};
/// A traversal as clients send it. An anonymous one has no sources.
struct Bytecode {
    std::vector<Instruction> sources;
    std::vector<Instruction> steps;
};

/// Each list or map in it is gone through once.
[[nodiscard]] Extent ExtentOf(const Value& value);

[[nodiscard]] Value MakeList(Values items);
[[nodiscard]] Value MakeText(std::string text);

/// What toString() gives: for asString(), concat() and messages.
[[nodiscard]] std::string DisplayText(const Value& value);
[[nodiscard]] std::string UuidText(const Uuid& uuid);
[[nodiscard]] bool ParseUuid(std::string_view text, Uuid& uuid);
/// "2023-08-02T00:00:00Z" and shorter forms of ISO 8601; false for anything else.
[[nodiscard]] bool ParseDate(std::string_view text, Date& date);
[[nodiscard]] std::string DateText(const Date& date);

/// The words for a value's type in messages: "Integer", "Vertex".
[[nodiscard]] std::string_view TypeName(const Value& value);

}  // namespace gyre::graph
