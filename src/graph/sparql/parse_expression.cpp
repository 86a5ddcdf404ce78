// Expressions, and the aggregates in them.
#include "graph/sparql/detail/parser.h"
#include "graph/sparql/functions.h"
#include "net/http_message.h"

namespace gyre::graph::sparql::detail {
namespace {

ExpressionPtr Two(ExpressionKind kind, ExpressionPtr left, ExpressionPtr right) {
    auto expression = MakeExpression(kind);
    expression->of.push_back(std::move(left));
    expression->of.push_back(std::move(right));
    return expression;
}

ExpressionPtr ConstantExpression(Term term) {
    auto expression = MakeExpression(ExpressionKind::kTerm);
    expression->term = std::move(term);
    return expression;
}

constexpr std::pair<std::string_view, Aggregate::Kind> kAggregates[] = {
    {"COUNT", Aggregate::Kind::kCount},
    {"SUM", Aggregate::Kind::kSum},
    {"MIN", Aggregate::Kind::kMin},
    {"MAX", Aggregate::Kind::kMax},
    {"AVG", Aggregate::Kind::kAvg},
    {"SAMPLE", Aggregate::Kind::kSample},
    {"GROUP_CONCAT", Aggregate::Kind::kGroupConcat}};

}  // namespace

ExpressionPtr MakeExpression(ExpressionKind kind) {
    auto expression = std::make_unique<Expression>();
    expression->kind = kind;
    return expression;
}

ExpressionPtr VariableExpression(Slot slot) {
    auto expression = MakeExpression(ExpressionKind::kVariable);
    expression->slot = slot;
    return expression;
}

core::Result<ExpressionPtr> Parser::Expr() {
    GYRE_TRY(Enter());
    GYRE_ASSIGN(ExpressionPtr left, AndExpr());
    while (TakeSign("||")) {
        GYRE_TRY(Chain());
        GYRE_ASSIGN(ExpressionPtr right, AndExpr());
        left = Two(ExpressionKind::kOr, std::move(left), std::move(right));
    }
    Leave();
    return left;
}

core::Result<ExpressionPtr> Parser::AndExpr() {
    GYRE_ASSIGN(ExpressionPtr left, Relation());
    while (TakeSign("&&")) {
        GYRE_TRY(Chain());
        GYRE_ASSIGN(ExpressionPtr right, Relation());
        left = Two(ExpressionKind::kAnd, std::move(left), std::move(right));
    }
    return left;
}

core::Result<ExpressionPtr> Parser::Relation() {
    static constexpr std::pair<std::string_view, ExpressionKind> kRelations[] = {
        {"=", ExpressionKind::kEqual},        {"!=", ExpressionKind::kNotEqual},
        {"<", ExpressionKind::kLess},         {">", ExpressionKind::kGreater},
        {"<=", ExpressionKind::kLessOrEqual}, {">=", ExpressionKind::kGreaterOrEqual}};
    GYRE_ASSIGN(ExpressionPtr left, Sum());
    for (const auto& [sign, kind] : kRelations) {
        if (!TakeSign(sign)) continue;
        GYRE_ASSIGN(ExpressionPtr right, Sum());
        return Two(kind, std::move(left), std::move(right));
    }
    const bool in = IsWord("IN"), not_in = IsWord("NOT") && IsWord("IN", 1);
    if (!in && !not_in) return left;
    next_ += in ? 1 : 2;
    auto expression = MakeExpression(in ? ExpressionKind::kIn : ExpressionKind::kNotIn);
    GYRE_ASSIGN(std::vector<ExpressionPtr> list, Arguments());
    expression->of.push_back(std::move(left));
    for (ExpressionPtr& one : list) expression->of.push_back(std::move(one));
    return expression;
}

core::Result<ExpressionPtr> Parser::Sum() {
    GYRE_ASSIGN(ExpressionPtr left, Product());
    while (IsSign("+") || IsSign("-")) {
        GYRE_TRY(Chain());
        const ExpressionKind kind = IsSign("+") ? ExpressionKind::kAdd : ExpressionKind::kSubtract;
        ++next_;
        GYRE_ASSIGN(ExpressionPtr right, Product());
        left = Two(kind, std::move(left), std::move(right));
    }
    return left;
}

core::Result<ExpressionPtr> Parser::Product() {
    GYRE_ASSIGN(ExpressionPtr left, Unary());
    while (IsSign("*") || IsSign("/")) {
        GYRE_TRY(Chain());
        const ExpressionKind kind =
            IsSign("*") ? ExpressionKind::kMultiply : ExpressionKind::kDivide;
        ++next_;
        GYRE_ASSIGN(ExpressionPtr right, Unary());
        left = Two(kind, std::move(left), std::move(right));
    }
    return left;
}

core::Result<ExpressionPtr> Parser::Unary() {
    if (IsLiteral()) return Primary();
    if (TakeSign("+")) return Primary();
    if (!IsSign("!") && !IsSign("-")) return Primary();
    auto expression = MakeExpression(IsSign("!") ? ExpressionKind::kNot : ExpressionKind::kNegate);
    ++next_;
    GYRE_ASSIGN(ExpressionPtr of, Primary());
    expression->of.push_back(std::move(of));
    return expression;
}

core::Result<ExpressionPtr> Parser::Primary() {
    if (TakeSign("(")) {
        GYRE_ASSIGN(ExpressionPtr inner, Expr());
        GYRE_TRY(NeedSign(")"));
        return inner;
    }
    if (Is(Lexeme::kVariable)) {
        GYRE_ASSIGN(const Slot slot, NeedSlot());
        return VariableExpression(slot);
    }
    if (IsIri()) return IriOrCall();
    if (IsLiteral()) {
        GYRE_ASSIGN(Term literal, NeedLiteral());
        return ConstantExpression(std::move(literal));
    }
    if (Is(Lexeme::kWord)) return WordCall();
    return Expected("an expression");
}

core::Result<ExpressionPtr> Parser::Constraint() {
    if (IsSign("(")) {
        ++next_;
        GYRE_ASSIGN(ExpressionPtr inner, Expr());
        GYRE_TRY(NeedSign(")"));
        return inner;
    }
    if (IsIri()) {
        const size_t at = Now().at;
        GYRE_ASSIGN(ExpressionPtr call, IriOrCall());
        if (call->kind == ExpressionKind::kTerm)
            return Wrong(at, "expected a condition, found an IRI");
        return call;
    }
    if (Is(Lexeme::kWord) && !IsLiteral()) return WordCall();
    return Expected("a condition: '(' or a function");
}

core::Result<std::vector<ExpressionPtr>> Parser::Arguments() {
    std::vector<ExpressionPtr> arguments;
    GYRE_TRY(NeedSign("("));
    if (TakeSign(")")) return arguments;
    do {
        GYRE_ASSIGN(ExpressionPtr one, Expr());
        arguments.push_back(std::move(one));
    } while (TakeSign(","));
    GYRE_TRY(NeedSign(")"));
    return arguments;
}

core::Result<ExpressionPtr> Parser::IriOrCall() {
    const size_t at = Now().at;
    GYRE_ASSIGN(const std::string iri, NeedIri());
    if (!IsSign("(")) return ConstantExpression(rdf::Iri(iri));
    const Function* cast = FindCast(iri);
    auto expression =
        MakeExpression(cast != nullptr ? ExpressionKind::kCall : ExpressionKind::kUnknownCall);
    expression->function = cast;
    if (IsWord("DISTINCT", 1)) return Wrong(at, "this is no aggregate: expected no DISTINCT");
    GYRE_ASSIGN(expression->of, Arguments());
    if (cast != nullptr && expression->of.size() != 1) {
        return Wrong(at, "a cast has one argument");
    }
    return expression;
}

core::Result<ExpressionPtr> Parser::Exists(bool negated) {
    auto expression =
        MakeExpression(negated ? ExpressionKind::kNotExists : ExpressionKind::kExists);
    // The pattern's own filters have no aggregates.
    std::vector<Aggregate>* const aggregates = std::exchange(scope_->aggregates, nullptr);
    GYRE_ASSIGN(expression->pattern, GroupGraphPattern());
    scope_->aggregates = aggregates;
    return expression;
}

core::Result<ExpressionPtr> Parser::WordCall() {
    const Token token = Now();
    if (TakeWord("EXISTS")) return Exists(false);
    if (IsWord("NOT") && IsWord("EXISTS", 1)) {
        next_ += 2;
        return Exists(true);
    }
    for (const auto& [name, kind] : kAggregates) {
        if (TakeWord(name)) return AggregateCall(kind);
    }
    const auto special = [&](ExpressionKind kind, size_t least,
                             size_t most) -> core::Result<ExpressionPtr> {
        ++next_;
        auto expression = MakeExpression(kind);
        GYRE_ASSIGN(expression->of, Arguments());
        if (expression->of.size() < least || expression->of.size() > most) {
            return Wrong(token.at, token.text + " has not so many arguments");
        }
        if (kind == ExpressionKind::kBound &&
            expression->of[0]->kind != ExpressionKind::kVariable) {
            return Wrong(token.at, "BOUND is asked of a variable");
        }
        return expression;
    };
    if (IsWord("BOUND")) return special(ExpressionKind::kBound, 1, 1);
    if (IsWord("IF")) return special(ExpressionKind::kIf, 3, 3);
    if (IsWord("COALESCE")) return special(ExpressionKind::kCoalesce, 0, SIZE_MAX);
    const Function* function = FindFunction(token.text);
    if (function == nullptr) return Expected("an expression");
    ++next_;
    auto expression = MakeExpression(ExpressionKind::kCall);
    expression->function = function;
    GYRE_ASSIGN(expression->of, Arguments());
    const size_t count = expression->of.size();
    if (count < function->least || count > function->most) {
        return Wrong(token.at, std::string(function->name) + " has not " + std::to_string(count) +
                                   " arguments");
    }
    return expression;
}

core::Result<ExpressionPtr> Parser::AggregateCall(Aggregate::Kind kind) {
    const size_t at = tokens_[next_ - 1].at;
    if (scope_->aggregates == nullptr) return Wrong(at, "an aggregate has no place here");
    if (scope_->in_aggregate) return Wrong(at, "an aggregate has no place in another");
    Aggregate aggregate;
    aggregate.kind = kind;
    GYRE_TRY(NeedSign("("));
    aggregate.distinct = TakeWord("DISTINCT");
    if (kind == Aggregate::Kind::kCount && TakeSign("*")) {
        // It counts rows.
    } else {
        scope_->in_aggregate = true;
        GYRE_ASSIGN(aggregate.of, Expr());
        scope_->in_aggregate = false;
    }
    if (kind == Aggregate::Kind::kGroupConcat && TakeSign(";")) {
        GYRE_TRY(NeedWord("SEPARATOR"));
        GYRE_TRY(NeedSign("="));
        if (!Is(Lexeme::kString)) return Expected("a string");
        aggregate.separator = tokens_[next_++].text;
    }
    GYRE_TRY(NeedSign(")"));
    aggregate.into = FreshSlot();
    scope_->aggregates->push_back(std::move(aggregate));
    return VariableExpression(scope_->aggregates->back().into);
}

}  // namespace gyre::graph::sparql::detail
