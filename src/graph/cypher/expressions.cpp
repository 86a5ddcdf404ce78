#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <utility>

#include "graph/cypher/detail/parser.h"

namespace gyre::graph::cypher::detail {
namespace {

using core::Code;
using plan::Operation;
using Kind = plan::Expression::Kind;

constexpr int kMaxDepth = 100;
constexpr std::string_view kAggregates[] = {"count", "sum", "avg", "min", "max", "collect"};

char Lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
std::string Lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) { return Lower(c); });
    return text;
}
bool SameWord(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) { return Lower(x) == Lower(y); });
}

}  // namespace

bool Parser::IsSign(std::string_view sign, size_t ahead) const {
    return Ahead(ahead).kind == Lexeme::kSign && Ahead(ahead).text == sign;
}
bool Parser::IsWord(std::string_view word, size_t ahead) const {
    return Ahead(ahead).kind == Lexeme::kName && SameWord(Ahead(ahead).text, word);
}
bool Parser::TakeSign(std::string_view sign) {
    if (!IsSign(sign)) return false;
    ++next_;
    return true;
}
bool Parser::TakeWord(std::string_view word) {
    if (!IsWord(word)) return false;
    ++next_;
    return true;
}
core::Status Parser::NeedSign(std::string_view sign) {
    if (!TakeSign(sign)) return Expected("'" + std::string(sign) + "'");
    return {};
}
core::Status Parser::NeedWord(std::string_view word) {
    if (!TakeWord(word)) return Expected(std::string(word));
    return {};
}
core::Result<std::string> Parser::Name(const std::string& what) {
    if (Now().kind != Lexeme::kName && Now().kind != Lexeme::kQuoted) return Expected(what);
    return pieces_[next_++].text;
}
tl::unexpected<core::Error> Parser::Expected(const std::string& what) const {
    const std::string found =
        Now().kind == Lexeme::kEnd ? "the end of the query" : "'" + Now().text + "'";
    return Wrong(Now().at, "expected " + what + ", found " + found);
}
tl::unexpected<core::Error> Parser::Wrong(uint32_t at, std::string message) const {
    return core::Fail(SyntaxError(query_, at, std::move(message)));
}
tl::unexpected<core::Error> Parser::Unimplemented(const std::string& what) const {
    return core::Fail(Code::kUnimplemented, "UnsupportedOperationException",
                      what + " is not implemented in openCypher");
}

plan::ExpressionPtr Parser::Literal(Value value) {
    auto expression = std::make_shared<plan::Expression>();
    expression->value = std::move(value);
    return expression;
}
plan::ExpressionPtr Parser::Slot(size_t slot) {
    auto expression = std::make_shared<plan::Expression>();
    expression->kind = Kind::kSlot;
    expression->slot = slot;
    return expression;
}
plan::ExpressionPtr Parser::Operate(Operation operation, std::vector<Expr> children, uint32_t at) {
    auto expression = std::make_shared<plan::Expression>();
    expression->kind = Kind::kOperation;
    expression->operation = operation;
    expression->children = std::move(children);
    expression->at = at;
    return expression;
}

core::Result<plan::ExpressionPtr> Parser::Expression() {
    if (++depth_ > kMaxDepth) return Wrong(Now().at, "the expression is nested too deeply");
    GYRE_ASSIGN(Expr left, Xor());
    while (IsWord("OR")) {
        const uint32_t at = pieces_[next_++].at;
        GYRE_ASSIGN(Expr right, Xor());
        left = Operate(Operation::kOr, {left, right}, at);
    }
    --depth_;
    return left;
}

core::Result<plan::ExpressionPtr> Parser::Xor() {
    GYRE_ASSIGN(Expr left, And());
    while (IsWord("XOR")) {
        const uint32_t at = pieces_[next_++].at;
        GYRE_ASSIGN(Expr right, And());
        left = Operate(Operation::kXor, {left, right}, at);
    }
    return left;
}

core::Result<plan::ExpressionPtr> Parser::And() {
    GYRE_ASSIGN(Expr left, Not());
    while (IsWord("AND")) {
        const uint32_t at = pieces_[next_++].at;
        GYRE_ASSIGN(Expr right, Not());
        left = Operate(Operation::kAnd, {left, right}, at);
    }
    return left;
}

core::Result<plan::ExpressionPtr> Parser::Not() {
    const uint32_t at = Now().at;
    size_t times = 0;
    while (TakeWord("NOT")) ++times;
    GYRE_ASSIGN(Expr inner, Comparison());
    for (; times > 0; --times) inner = Operate(Operation::kNot, {inner}, at);
    return inner;
}

core::Result<plan::ExpressionPtr> Parser::Comparison() {
    static constexpr std::pair<std::string_view, Operation> kSigns[] = {
        {"=", Operation::kEqual},    {"<>", Operation::kNotEqual},
        {"<", Operation::kLess},     {"<=", Operation::kLessEqual},
        {">", Operation::kGreater},  {">=", Operation::kGreaterEqual},
        {"=~", Operation::kMatches},
    };
    GYRE_ASSIGN(Expr left, Additive());
    Expr chain;  // a < b < c is a < b AND b < c
    while (true) {
        const uint32_t at = Now().at;
        if (TakeWord("IS")) {
            const bool negated = TakeWord("NOT");
            GYRE_TRY(NeedWord("NULL"));
            left = Operate(negated ? Operation::kIsNotNull : Operation::kIsNull, {left}, at);
            continue;
        }
        std::optional<Operation> operation;
        for (const auto& [sign, known] : kSigns) {
            if (IsSign(sign)) operation = known;
        }
        if (operation) {
            ++next_;
        } else if (TakeWord("IN")) {
            operation = Operation::kIn;
        } else if (IsWord("STARTS") || IsWord("ENDS")) {
            operation = IsWord("STARTS") ? Operation::kStartsWith : Operation::kEndsWith;
            ++next_;
            GYRE_TRY(NeedWord("WITH"));
        } else if (TakeWord("CONTAINS")) {
            operation = Operation::kContains;
        } else {
            break;
        }
        GYRE_ASSIGN(Expr right, Additive());
        const Expr one = Operate(*operation, {left, right}, at);
        chain = chain ? Operate(Operation::kAnd, {chain, one}, at) : one;
        left = right;
    }
    return chain ? chain : left;
}

core::Result<plan::ExpressionPtr> Parser::Additive() {
    GYRE_ASSIGN(Expr left, Multiplicative());
    while (IsSign("+") || IsSign("-")) {
        const auto operation = IsSign("+") ? Operation::kAdd : Operation::kSubtract;
        const uint32_t at = pieces_[next_++].at;
        GYRE_ASSIGN(Expr right, Multiplicative());
        left = Operate(operation, {left, right}, at);
    }
    return left;
}

core::Result<plan::ExpressionPtr> Parser::Multiplicative() {
    GYRE_ASSIGN(Expr left, Power());
    while (IsSign("*") || IsSign("/") || IsSign("%")) {
        const auto operation = IsSign("*")   ? Operation::kMultiply
                               : IsSign("/") ? Operation::kDivide
                                             : Operation::kModulo;
        const uint32_t at = pieces_[next_++].at;
        GYRE_ASSIGN(Expr right, Power());
        left = Operate(operation, {left, right}, at);
    }
    return left;
}

core::Result<plan::ExpressionPtr> Parser::Power() {
    GYRE_ASSIGN(Expr left, Unary());
    while (IsSign("^")) {
        const uint32_t at = pieces_[next_++].at;
        GYRE_ASSIGN(Expr right, Unary());
        left = Operate(Operation::kPower, {left, right}, at);
    }
    return left;
}

core::Result<plan::ExpressionPtr> Parser::Unary() {
    const uint32_t at = Now().at;
    bool negative = false;
    while (IsSign("+") || IsSign("-")) {
        negative = negative != IsSign("-");
        ++next_;
    }
    if (negative && (Now().kind == Lexeme::kInteger || Now().kind == Lexeme::kFloat)) {
        return Number(true);
    }
    GYRE_ASSIGN(Expr inner, Postfix());
    return negative ? Operate(Operation::kNegate, {inner}, at) : inner;
}

core::Result<plan::ExpressionPtr> Parser::Postfix() {
    GYRE_ASSIGN(Expr inner, Atom());
    while (true) {
        auto outer = std::make_shared<plan::Expression>();
        outer->at = Now().at;
        if (TakeSign(".")) {
            outer->kind = Kind::kProperty;
            GYRE_ASSIGN(outer->name, Name("the name of a property"));
            outer->children = {inner};
        } else if (TakeSign("[")) {
            outer->kind = Kind::kIndex;
            Expr from, to;
            if (!IsSign("..")) {
                GYRE_ASSIGN(from, Expression());
            }
            if (TakeSign("..")) {
                outer->kind = Kind::kSlice;
                if (!IsSign("]")) {
                    GYRE_ASSIGN(to, Expression());
                }
                outer->children = {inner, from, to};
            } else {
                outer->children = {inner, from};
            }
            GYRE_TRY(NeedSign("]"));
        } else if (IsSign(":") && Ahead(1).kind != Lexeme::kSign) {
            outer->kind = Kind::kHasLabels;
            while (TakeSign(":")) {
                GYRE_ASSIGN(std::string label, Name("a label"));
                outer->names.push_back(std::move(label));
            }
            outer->children = {inner};
        } else {
            return inner;
        }
        inner = std::move(outer);
    }
}

core::Result<plan::ExpressionPtr> Parser::Number(bool negative) {
    const Piece& piece = pieces_[next_++];
    const std::string text = (negative ? "-" : "") + piece.text;
    if (piece.kind == Lexeme::kFloat) return Literal(Value(std::strtod(text.c_str(), nullptr)));
    int64_t number = 0;
    const bool hex = piece.text.size() > 2 && (piece.text[1] == 'x' || piece.text[1] == 'X');
    const std::string digits = hex ? (negative ? "-" : "") + piece.text.substr(2) : text;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), number, hex ? 16 : 10);
    if (error != std::errc() || end != digits.data() + digits.size()) {
        return Wrong(piece.at, piece.text + " does not fit an integer");
    }
    return Literal(Value(number));
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
        case Lexeme::kParameter: {
            const Value* value = parameters_.Find(Value(piece.text));
            if (value == nullptr) {
                return Wrong(piece.at, "there is no parameter '" + piece.text + "'");
            }
            ++next_;
            return Literal(*value);
        }
        case Lexeme::kSign:
            if (IsSign("(")) {
                ++next_;
                GYRE_ASSIGN(Expr inner, Expression());
                GYRE_TRY(NeedSign(")"));
                return inner;
            }
            if (IsSign("[")) return ListOrComprehension();
            if (IsSign("{")) return MapLiteral();
            break;
        case Lexeme::kName:
            if (IsWord("true") || IsWord("false"))
                return Literal(Value(SameWord(pieces_[next_++].text, "true")));
            if (TakeWord("null")) return Literal(Value());
            if (IsWord("CASE")) return Case();
            if (IsSign("(", 1)) {
                next_ += 2;
                return Call(Lower(piece.text), piece.at);
            }
            [[fallthrough]];
        case Lexeme::kQuoted: {
            const auto found = scope_.find(piece.text);
            if (found == scope_.end()) {
                return Wrong(piece.at, "the variable '" + piece.text + "' is not defined");
            }
            ++next_;
            return Slot(found->second);
        }
        case Lexeme::kEnd:
            break;
    }
    return Expected("an expression");
}

core::Result<plan::ExpressionPtr> Parser::ListOrComprehension() {
    auto list = std::make_shared<plan::Expression>();
    list->at = pieces_[next_++].at;
    if (Now().kind == Lexeme::kName && IsWord("IN", 1)) {
        GYRE_ASSIGN(const std::string name, Name("a variable"));
        ++next_;
        list->kind = Kind::kEach;
        GYRE_ASSIGN(Expr over, Expression());
        const auto outer = scope_;
        list->slot = NewSlot();
        scope_[name] = list->slot;
        Expr where, each;
        if (TakeWord("WHERE")) {
            GYRE_ASSIGN(where, Expression());
        }
        if (TakeSign("|")) {
            GYRE_ASSIGN(each, Expression());
        }
        scope_ = outer;
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
    ++next_;
    return list;
}

core::Result<plan::ExpressionPtr> Parser::MapLiteral() {
    auto map = std::make_shared<plan::Expression>();
    map->kind = Kind::kMap;
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
        GYRE_ASSIGN(Expr when, Expression());
        if (subject) when = Operate(Operation::kEqual, {subject, when}, whole->at);
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

core::Result<plan::ExpressionPtr> Parser::Call(const std::string& name, uint32_t at) {
    if (std::ranges::find(kAggregates, name) != std::end(kAggregates)) return Aggregate(name, at);
    auto call = std::make_shared<plan::Expression>();
    call->kind = Kind::kCall;
    call->name = name;
    call->at = at;
    while (!IsSign(")")) {
        if (!call->children.empty()) GYRE_TRY(NeedSign(","));
        GYRE_ASSIGN(Expr argument, Expression());
        call->children.push_back(std::move(argument));
    }
    ++next_;
    return call;
}

core::Result<plan::ExpressionPtr> Parser::Aggregate(const std::string& name, uint32_t at) {
    if (aggregates_ == nullptr) return Wrong(at, name + "() has no place here");
    plan::AggregateCall call;
    call.name = name;
    call.slot = NewSlot();
    call.distinct = TakeWord("DISTINCT");
    auto* const outer = std::exchange(aggregates_, nullptr);  // none inside another
    if (!(name == "count" && TakeSign("*"))) {
        GYRE_ASSIGN(call.argument, Expression());
    }
    aggregates_ = outer;
    GYRE_TRY(NeedSign(")"));
    Expr slot = Slot(call.slot);
    aggregates_->push_back(std::move(call));
    return slot;
}

}  // namespace gyre::graph::cypher::detail
