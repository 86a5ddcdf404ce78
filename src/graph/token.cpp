#include <span>

#include "graph/value.h"

namespace gyre::graph {
namespace {

using Names = std::span<const std::string_view>;

constexpr std::string_view kT[] = {"id", "key", "label", "value"};
constexpr std::string_view kOrder[] = {"asc", "desc", "shuffle"};
constexpr std::string_view kScope[] = {"global", "local"};
constexpr std::string_view kPop[] = {"all", "first", "last", "mixed"};
constexpr std::string_view kColumn[] = {"keys", "values"};
constexpr std::string_view kDirection[] = {"OUT", "IN", "BOTH"};
constexpr std::string_view kOperator[] = {"addAll", "and",  "assign", "div", "max",    "min",
                                          "minus",  "mult", "or",     "sum", "sumLong"};
constexpr std::string_view kBarrier[] = {"normSack"};
constexpr std::string_view kPick[] = {"any", "none", "unproductive"};
constexpr std::string_view kCardinality[] = {"single", "set", "list"};
constexpr std::string_view kMerge[] = {"onCreate", "onMatch", "outV", "inV"};
constexpr std::string_view kTimeUnit[] = {"second", "minute", "hour", "day"};
constexpr std::string_view kGType[] = {
    "BIGDECIMAL", "BIGINT",   "BINARY", "BOOLEAN", "BYTE",   "CHAR",     "DATETIME",
    "DOUBLE",     "DURATION", "EDGE",   "FLOAT",   "GRAPH",  "INT",      "LIST",
    "LONG",       "MAP",      "NULL",   "NUMBER",  "PATH",   "PROPERTY", "SET",
    "SHORT",      "STRING",   "TREE",   "UUID",    "VERTEX", "VPROPERTY"};

struct Class {
    std::string_view name;
    Names values;
};
/// In the order of TokenKind.
constexpr Class kClasses[] = {
    {"T", kT},
    {"Order", kOrder},
    {"Scope", kScope},
    {"Pop", kPop},
    {"Column", kColumn},
    {"Direction", kDirection},
    {"Operator", kOperator},
    {"Barrier", kBarrier},
    {"Pick", kPick},
    {"Cardinality", kCardinality},
    {"Merge", kMerge},
    {"DT", kTimeUnit},
    {"GType", kGType},
};

}  // namespace

std::string_view TokenName(Token token) {
    const Class& of = kClasses[static_cast<size_t>(token.kind)];
    return token.value < of.values.size() ? of.values[token.value] : std::string_view("?");
}

std::string_view TokenClass(TokenKind kind) {
    return kClasses[static_cast<size_t>(kind)].name;
}

bool ParseTokenClass(std::string_view name, TokenKind& kind) {
    for (size_t i = 0; i < std::size(kClasses); ++i) {
        if (kClasses[i].name != name) continue;
        kind = static_cast<TokenKind>(i);
        return true;
    }
    return false;
}

bool ParseToken(TokenKind kind, std::string_view name, Token& token) {
    if (kind == TokenKind::kOrder && name == "incr") name = "asc";
    if (kind == TokenKind::kOrder && name == "decr") name = "desc";
    if (kind == TokenKind::kDirection && name == "from") name = "OUT";
    if (kind == TokenKind::kDirection && name == "to") name = "IN";
    // gremlinpython writes keywords of Python with an underscore, and on_create for onCreate.
    if (name.ends_with('_')) name.remove_suffix(1);
    if (name == "on_create") name = "onCreate";
    if (name == "on_match") name = "onMatch";
    if (name == "out_v") name = "outV";
    if (name == "in_v") name = "inV";
    const Names names = kClasses[static_cast<size_t>(kind)].values;
    for (size_t i = 0; i < names.size(); ++i) {
        if (names[i] != name) continue;
        token = {kind, static_cast<uint8_t>(i)};
        return true;
    }
    return false;
}

}  // namespace gyre::graph
