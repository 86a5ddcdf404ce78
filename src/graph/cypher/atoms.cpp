#include <charconv>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "graph/cypher/detail/parser.h"

namespace gyre::graph::cypher::detail {
namespace {

using plan::Operation;
using plan::Type;
using Kind = plan::Expression::Kind;

}  // namespace

core::Result<plan::ExpressionPtr> Parser::Number(bool negative) {
    const Piece& piece = pieces_[next_++];
    const std::string text = (negative ? "-" : "") + piece.text;
    if (piece.kind == Lexeme::kFloat) {
        const double number = std::strtod(text.c_str(), nullptr);
        if (std::isinf(number)) {
            return Wrong(piece.at, "FloatingPointOverflow", piece.text + " does not fit a Float");
        }
        return Literal(Value(number == 0 ? 0.0 : number));  // -0.0 is 0.0
    }
    int base = 10;
    std::string_view digits = piece.text;
    if (digits.size() > 1 && digits[0] == '0') {
        const char mark = static_cast<char>(digits[1] | 0x20);
        base = mark == 'x' ? 16 : mark == 'o' ? 8 : 10;
        if (base != 10) digits.remove_prefix(2);
    }
    const std::string whole = (negative ? "-" : "") + std::string(digits);
    int64_t number = 0;
    const auto [end, error] =
        std::from_chars(whole.data(), whole.data() + whole.size(), number, base);
    if (error == std::errc::result_out_of_range) {
        return Wrong(piece.at, "IntegerOverflow", piece.text + " does not fit an Integer");
    }
    if (error != std::errc() || end != whole.data() + whole.size()) {
        return Wrong(piece.at, "InvalidNumberLiteral", piece.text + " is no number");
    }
    return Literal(Value(number));
}

core::Result<plan::ExpressionPtr> Parser::Parameter() {
    const Piece& piece = Now();
    const Value* value = parameters_.Find(Value(piece.text));
    if (value == nullptr) {
        return core::Fail(
            core::Code::kInvalidArgument, "MissingParameterException",
            "there is no parameter '" + piece.text + "' (ParameterMissing: MissingParameter)");
    }
    ++next_;
    return Literal(*value);
}

core::Result<plan::ExpressionPtr> Parser::Atom() {
    const Piece& piece = Now();
    switch (piece.kind) {
        case Lexeme::kInteger:
        case Lexeme::kFloat:
            return Number(false);
        case Lexeme::kText:
            ++next_;
            return Literal(Value(piece.text));
        case Lexeme::kParameter:
            return Parameter();
        case Lexeme::kSign:
            if (PatternBegins()) return PatternPredicate();
            if (IsMisplacedPattern()) {
                return Wrong(Now().at, "UnexpectedSyntax", "a pattern has no place here");
            }
            if (TakeSign("(")) {
                GYRE_ASSIGN(Expr inner, Or());
                GYRE_TRY(NeedSign(")"));
                return inner;
            }
            if (IsSign("[")) return ListOrComprehension();
            if (IsSign("{")) return MapLiteral();
            break;
        case Lexeme::kName:
        case Lexeme::kQuoted:
            return NamedAtom();
        case Lexeme::kEnd:
            break;
    }
    return Expected("an expression");
}

core::Result<plan::ExpressionPtr> Parser::NamedAtom() {
    const Piece& piece = Now();
    if (piece.kind == Lexeme::kName) {
        if (IsWord("true") || IsWord("false")) {
            return Literal(Value(Lower(pieces_[next_++].text) == "true"));
        }
        if (TakeWord("null")) return Literal(Value());
        if (IsWord("CASE") && !scope_.contains(piece.text)) return Case();
        if (IsWord("EXISTS") && IsSign("{", 1)) return Exists();
        if (IsSign("(", 1)) {
            const std::string name = Lower(piece.text);
            if (name == "all" || name == "any" || name == "none" || name == "single") {
                return Quantifier();
            }
            if (name == "reduce") return Reduce();
            if (name == "exists") return Exists();
            if (name == "shortestpath" || name == "allshortestpaths") return PatternPredicate();
        }
        std::string name;
        if (const size_t pieces = NameOfCall(name)) {
            next_ += pieces;
            return Call(name, piece.at);
        }
    }
    GYRE_ASSIGN(const Variable variable, Find(piece.text, piece.at));
    ++next_;
    Expr whole = SlotOf(variable.slot, variable.type);
    if (IsSign("{")) return MapProjection(std::move(whole));
    return whole;
}

// n {.name, .*, also: 1, other}: null of null.
core::Result<plan::ExpressionPtr> Parser::MapProjection(Expr of) {
    const uint32_t at = pieces_[next_++].at;
    auto map = std::make_shared<plan::Expression>();
    map->kind = Kind::kMap;
    map->type = Type::kMap;
    while (!IsSign("}")) {
        if (!map->children.empty()) GYRE_TRY(NeedSign(","));
        if (TakeSign(".")) {
            if (TakeSign("*")) {
                map->names.emplace_back();
                map->children.push_back(of);
                continue;
            }
            auto property = std::make_shared<plan::Expression>();
            property->kind = Kind::kProperty;
            property->at = Now().at;
            GYRE_ASSIGN(property->name, Name("a property's key"));
            property->children = {of};
            map->names.push_back(property->name);
            map->children.push_back(std::move(property));
            continue;
        }
        GYRE_ASSIGN(const std::string name, Name("'.', a key or a variable"));
        Expr value;
        if (TakeSign(":")) {
            GYRE_ASSIGN(value, Expression());
        } else {
            GYRE_ASSIGN(const Variable variable, Find(name, pieces_[next_ - 1].at));
            value = SlotOf(variable.slot, variable.type);
        }
        map->names.push_back(name);
        map->children.push_back(std::move(value));
    }
    ++next_;
    auto whole = std::make_shared<plan::Expression>();
    whole->kind = Kind::kCase;
    whole->at = at;
    whole->children = {Operate(Operation::kIsNull, {of}, at), Literal(Value()), std::move(map)};
    return whole;
}

// "date.truncate(" and the like: how many pieces it takes, 0 where no call begins.
size_t Parser::NameOfCall(std::string& name) const {
    name = Lower(Now().text);
    size_t ahead = 1;
    while (IsSign(".", ahead) && IsName(ahead + 1)) {
        name += "." + Lower(Ahead(ahead + 1).text);
        ahead += 2;
    }
    return IsSign("(", ahead) ? ahead + 1 : 0;
}

core::Result<plan::ExpressionPtr> Parser::ListOrComprehension() {
    const bool pattern = (IsSign("(", 1) || (IsName(1) && IsSign("=", 2) && IsSign("(", 3)));
    if (pattern) {
        const size_t before = next_;
        next_ += IsSign("(", 1) ? 1 : 3;
        const Restored<bool> patterns(patterns_allowed_, true);
        const bool begins = PatternBegins();
        next_ = before;
        if (begins) return PatternComprehension();
    }
    auto list = std::make_shared<plan::Expression>();
    list->type = Type::kList;
    list->at = pieces_[next_++].at;
    if (IsName() && IsWord("IN", 1)) {
        GYRE_ASSIGN(const std::string name, Name("a variable"));
        ++next_;
        list->kind = Kind::kEach;
        GYRE_ASSIGN(Expr over, Expression());
        const Restored<Scope> outer(scope_);
        auto* const aggregates = std::exchange(aggregates_, nullptr);
        list->slot = NewSlot();
        scope_[name] = {list->slot, over->items};
        Expr where, each;
        if (TakeWord("WHERE")) {
            GYRE_ASSIGN(where, Condition());
        }
        if (TakeSign("|")) {
            GYRE_ASSIGN(each, Expression());
        }
        aggregates_ = aggregates;
        list->items = each ? each->type : over->items;
        list->children = {over, where, each};
        GYRE_TRY(NeedSign("]"));
        return list;
    }
    list->kind = Kind::kList;
    while (!IsSign("]")) {
        if (!list->children.empty()) GYRE_TRY(NeedSign(","));
        GYRE_ASSIGN(Expr item, Expression());
        list->children.push_back(std::move(item));
    }
    list->items = CommonType(list->children);
    ++next_;
    return list;
}

core::Result<plan::ExpressionPtr> Parser::MapLiteral() {
    auto map = std::make_shared<plan::Expression>();
    map->kind = Kind::kMap;
    map->type = Type::kMap;
    GYRE_ASSIGN(auto members, Properties());
    for (auto& [name, value] : members) {
        map->names.push_back(std::move(name));
        map->children.push_back(std::move(value));
    }
    return map;
}

core::Result<plan::ExpressionPtr> Parser::Case() {
    auto whole = std::make_shared<plan::Expression>();
    whole->kind = Kind::kCase;
    whole->at = pieces_[next_++].at;
    Expr subject;
    if (!IsWord("WHEN")) {
        GYRE_ASSIGN(subject, Expression());
    }
    while (TakeWord("WHEN")) {
        Expr when;
        if (subject) {
            GYRE_ASSIGN(when, Expression());
            when = Operate(Operation::kEqual, {subject, when}, whole->at);
        } else {
            GYRE_ASSIGN(when, Condition());
        }
        GYRE_TRY(NeedWord("THEN"));
        GYRE_ASSIGN(Expr then, Expression());
        whole->children.push_back(std::move(when));
        whole->children.push_back(std::move(then));
    }
    if (whole->children.empty()) return Expected("WHEN");
    Expr otherwise = Literal(Value());
    if (TakeWord("ELSE")) {
        GYRE_ASSIGN(otherwise, Expression());
    }
    whole->children.push_back(std::move(otherwise));
    GYRE_TRY(NeedWord("END"));
    return whole;
}

}  // namespace gyre::graph::cypher::detail
