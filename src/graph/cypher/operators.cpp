#include <optional>
#include <utility>

#include "graph/cypher/detail/parser.h"

namespace gyre::graph::cypher::detail {
namespace {

using plan::Operation;
using plan::Type;
using Kind = plan::Expression::Kind;

/// Of a query: what is computed nests as deep as a chain of operators is long.
constexpr int kMaxLinks = 4000;

bool IsNumeric(Type type) {
    return type == Type::kInteger || type == Type::kFloat;
}
/// Neither unknown nor null, which any operator takes.
bool IsKnown(Type type) {
    return type != Type::kAny && type != Type::kNull;
}

Type ResultOf(Operation operation, const std::vector<plan::ExpressionPtr>& children) {
    switch (operation) {
        case Operation::kAdd:
        case Operation::kSubtract:
        case Operation::kMultiply:
        case Operation::kDivide:
        case Operation::kModulo: {
            const Type a = children[0]->type, b = children[1]->type;
            if (a == Type::kList || b == Type::kList) return Type::kList;
            if (IsNumeric(a) && IsNumeric(b)) return a == b ? a : Type::kFloat;
            if (a == Type::kText && b == Type::kText) return Type::kText;
            return Type::kAny;
        }
        case Operation::kPower:
            return Type::kFloat;
        case Operation::kNegate:
            return children[0]->type;
        default:
            return Type::kBoolean;
    }
}

}  // namespace

plan::ExpressionPtr Operate(Operation operation, std::vector<plan::ExpressionPtr> children,
                            uint32_t at) {
    auto expression = std::make_shared<plan::Expression>();
    expression->kind = Kind::kOperation;
    expression->type = ResultOf(operation, children);
    expression->operation = operation;
    expression->children = std::move(children);
    expression->at = at;
    return expression;
}

core::Status Parser::CheckTruth(const Expr& expression, uint32_t at) const {
    if (!IsKnown(expression->type) || expression->type == Type::kBoolean) return {};
    return Wrong(at, "InvalidArgumentType",
                 "expected a Boolean, found " + std::string(TypeWord(expression->type)));
}

core::Status Parser::Link(uint32_t at) {
    if (++links_ <= kMaxLinks) return {};
    return Wrong(at, "UnexpectedSyntax", "the query has more than 4,000 operators");
}

// What arithmetic cannot be done with; a sum is also of texts and lists.
core::Status Parser::CheckNumber(const Expr& expression, uint32_t at, bool or_sum) const {
    const Type type = expression->type;
    const bool element = type == Type::kNode || type == Type::kRelationship || type == Type::kPath;
    const bool wrong = element || type == Type::kMap || type == Type::kBoolean ||
                       (!or_sum && (type == Type::kText || type == Type::kList));
    if (!wrong) return {};
    return Wrong(at, "InvalidArgumentType",
                 "there is no such arithmetic with " + std::string(TypeWord(type)));
}

core::Result<plan::ExpressionPtr> Parser::Expression() {
    const Restored<bool> patterns(patterns_allowed_, false);
    return Or();
}

core::Result<plan::ExpressionPtr> Parser::Condition() {
    const Restored<bool> patterns(patterns_allowed_, true);
    const uint32_t at = Now().at;
    GYRE_ASSIGN(Expr condition, Or());
    GYRE_TRY(CheckTruth(condition, at));
    return condition;
}

core::Result<plan::ExpressionPtr> Parser::Or() {
    if (++depth_ > kMaxDepth) {
        return Wrong(Now().at, "UnexpectedSyntax", "the expression is nested too deeply");
    }
    uint32_t first = Now().at;
    GYRE_ASSIGN(Expr left, Xor());
    while (IsWord("OR")) {
        const uint32_t at = pieces_[next_++].at;
        GYRE_TRY(Link(at));
        GYRE_TRY(CheckTruth(left, first));
        first = Now().at;
        GYRE_ASSIGN(Expr right, Xor());
        GYRE_TRY(CheckTruth(right, first));
        left = Operate(Operation::kOr, {left, right}, at);
    }
    --depth_;
    return left;
}

core::Result<plan::ExpressionPtr> Parser::Xor() {
    uint32_t first = Now().at;
    GYRE_ASSIGN(Expr left, And());
    while (IsWord("XOR")) {
        const uint32_t at = pieces_[next_++].at;
        GYRE_TRY(Link(at));
        GYRE_TRY(CheckTruth(left, first));
        first = Now().at;
        GYRE_ASSIGN(Expr right, And());
        GYRE_TRY(CheckTruth(right, first));
        left = Operate(Operation::kXor, {left, right}, at);
    }
    return left;
}

core::Result<plan::ExpressionPtr> Parser::And() {
    uint32_t first = Now().at;
    GYRE_ASSIGN(Expr left, Not());
    while (IsWord("AND")) {
        const uint32_t at = pieces_[next_++].at;
        GYRE_TRY(Link(at));
        GYRE_TRY(CheckTruth(left, first));
        first = Now().at;
        GYRE_ASSIGN(Expr right, Not());
        GYRE_TRY(CheckTruth(right, first));
        left = Operate(Operation::kAnd, {left, right}, at);
    }
    return left;
}

core::Result<plan::ExpressionPtr> Parser::Not() {
    const uint32_t at = Now().at;
    size_t times = 0;
    while (TakeWord("NOT")) ++times;
    const uint32_t first = Now().at;
    GYRE_ASSIGN(Expr inner, Comparison());
    if (times > 0) GYRE_TRY(CheckTruth(inner, first));
    times = times > 2 ? 2 - times % 2 : times;
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
    GYRE_ASSIGN(Expr left, Predicated());
    Expr chain;  // a < b < c is a < b AND b < c
    while (true) {
        const uint32_t at = Now().at;
        std::optional<Operation> operation;
        for (const auto& [sign, known] : kSigns) {
            if (IsSign(sign)) operation = known;
        }
        if (!operation) break;
        ++next_;
        GYRE_TRY(Link(at));
        GYRE_ASSIGN(Expr right, Predicated());
        const Expr one = Operate(*operation, {left, right}, at);
        chain = chain ? Operate(Operation::kAnd, {chain, one}, at) : one;
        left = right;
    }
    return chain ? chain : left;
}

// Predicates of texts, lists and null, which bind closer than comparisons.
core::Result<plan::ExpressionPtr> Parser::Predicated() {
    GYRE_ASSIGN(Expr left, Additive());
    while (true) {
        const uint32_t at = Now().at;
        std::optional<Operation> operation;
        if (TakeWord("IS")) {
            GYRE_TRY(Link(at));
            const bool negated = TakeWord("NOT");
            GYRE_TRY(NeedWord("NULL"));
            left = Operate(negated ? Operation::kIsNotNull : Operation::kIsNull, {left}, at);
            continue;
        }
        if (TakeWord("IN")) {
            operation = Operation::kIn;
        } else if (IsWord("STARTS") || IsWord("ENDS")) {
            operation = IsWord("STARTS") ? Operation::kStartsWith : Operation::kEndsWith;
            ++next_;
            GYRE_TRY(NeedWord("WITH"));
        } else if (TakeWord("CONTAINS")) {
            operation = Operation::kContains;
        } else {
            return left;
        }
        GYRE_TRY(Link(at));
        const uint32_t first = Now().at;
        GYRE_ASSIGN(Expr right, Additive());
        if (operation == Operation::kIn && IsKnown(right->type) && right->type != Type::kList) {
            return Wrong(first, "InvalidArgumentType",
                         "IN takes a List, found " + std::string(TypeWord(right->type)));
        }
        left = Operate(*operation, {left, right}, at);
    }
}

core::Result<plan::ExpressionPtr> Parser::Additive() {
    uint32_t first = Now().at;
    GYRE_ASSIGN(Expr left, Multiplicative());
    while (IsSign("+") || IsSign("-")) {
        const auto operation = IsSign("+") ? Operation::kAdd : Operation::kSubtract;
        const uint32_t at = pieces_[next_++].at;
        GYRE_TRY(Link(at));
        const uint32_t second = Now().at;
        GYRE_ASSIGN(Expr right, Multiplicative());
        const bool sum = operation == Operation::kAdd;
        const bool list = left->type == Type::kList || right->type == Type::kList;
        if (!(sum && list)) {
            GYRE_TRY(CheckNumber(left, first, sum));
            GYRE_TRY(CheckNumber(right, second, sum));
        }
        left = Operate(operation, {left, right}, at);
    }
    return left;
}

core::Result<plan::ExpressionPtr> Parser::Multiplicative() {
    const uint32_t first = Now().at;
    GYRE_ASSIGN(Expr left, Power());
    while (IsSign("*") || IsSign("/") || IsSign("%")) {
        const auto operation = IsSign("*")   ? Operation::kMultiply
                               : IsSign("/") ? Operation::kDivide
                                             : Operation::kModulo;
        const uint32_t at = pieces_[next_++].at;
        GYRE_TRY(Link(at));
        const uint32_t second = Now().at;
        GYRE_ASSIGN(Expr right, Power());
        GYRE_TRY(CheckNumber(left, first));
        GYRE_TRY(CheckNumber(right, second));
        left = Operate(operation, {left, right}, at);
    }
    return left;
}

core::Result<plan::ExpressionPtr> Parser::Power() {
    GYRE_ASSIGN(Expr left, Unary());
    while (IsSign("^")) {
        const uint32_t at = pieces_[next_++].at;
        GYRE_TRY(Link(at));
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
        GYRE_ASSIGN(Expr number, Number(true));
        return Indexed(std::move(number), at);
    }
    GYRE_ASSIGN(Expr inner, Postfix());
    return negative ? Operate(Operation::kNegate, {inner}, at) : inner;
}

core::Result<plan::ExpressionPtr> Parser::Postfix() {
    const uint32_t at = Now().at;
    GYRE_ASSIGN(Expr inner, Atom());
    return Indexed(std::move(inner), at);
}

core::Result<plan::ExpressionPtr> Parser::Indexed(Expr inner, uint32_t begin) {
    while (true) {
        auto outer = std::make_shared<plan::Expression>();
        outer->at = Now().at;
        const Type type = inner->type;
        if (IsSign(".") || IsSign("[") || IsSign(":")) GYRE_TRY(Link(outer->at));
        if (TakeSign(".")) {
            outer->kind = Kind::kProperty;
            GYRE_ASSIGN(outer->name, Name("the name of a property"));
            if (type == Type::kPath || type == Type::kList || type == Type::kBoolean ||
                type == Type::kText || IsNumeric(type)) {
                core::Error error =
                    SyntaxError(query_, begin, "",
                                "properties are of nodes, relationships, maps, dates and times, "
                                "and not of " +
                                    std::string(TypeWord(type)));
                error.message += type == Type::kPath ? " (SyntaxError: InvalidArgumentType)"
                                                     : " (TypeError: InvalidArgumentType)";
                return core::Fail(std::move(error));
            }
            outer->children = {inner};
        } else if (TakeSign("[")) {
            outer->kind = Kind::kIndex;
            Expr from, to;
            if (!IsSign("..")) {
                GYRE_ASSIGN(from, Expression());
            }
            if (TakeSign("..")) {
                outer->kind = Kind::kSlice;
                outer->type = Type::kList;
                if (!IsSign("]")) {
                    GYRE_ASSIGN(to, Expression());
                }
                outer->children = {inner, from, to};
            } else {
                outer->children = {inner, from};
            }
            GYRE_TRY(NeedSign("]"));
        } else if (IsSign(":") && IsName(1)) {
            outer->kind = Kind::kHasLabels;
            outer->type = Type::kBoolean;
            while (TakeSign(":")) {
                GYRE_ASSIGN(std::string label, Name("a label"));
                outer->names.push_back(std::move(label));
            }
            if (IsKnown(type) && type != Type::kNode && type != Type::kRelationship) {
                return Wrong(begin, "InvalidArgumentType",
                             "labels are of nodes, and not of " + std::string(TypeWord(type)));
            }
            outer->children = {inner};
        } else {
            return inner;
        }
        inner = std::move(outer);
    }
}

}  // namespace gyre::graph::cypher::detail
