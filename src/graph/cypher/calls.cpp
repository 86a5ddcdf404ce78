#include <utility>

#include "graph/cypher/detail/parser.h"
#include "graph/cypher/detail/signatures.h"

namespace gyre::graph::cypher::detail {
namespace {

using plan::Type;
using Kind = plan::Expression::Kind;

std::string Times(size_t least, size_t most) {
    if (least == most) return std::to_string(least);
    return std::to_string(least) + " to " + std::to_string(most);
}

}  // namespace

core::Result<plan::ExpressionPtr> Parser::Call(const std::string& name, uint32_t at) {
    if (IsAggregate(name)) return Aggregate(name, at);
    const Signature* signature = FindSignature(name);
    if (signature == nullptr) {
        return Wrong(at, "UnknownFunction", "there is no function " + name + "()");
    }
    auto call = std::make_shared<plan::Expression>();
    call->kind = Kind::kCall;
    call->type = signature->result;
    call->name = name;
    call->at = at;
    while (!IsSign(")")) {
        if (!call->children.empty()) GYRE_TRY(NeedSign(","));
        const uint32_t place = Now().at;
        const bool first = call->children.empty();
        GYRE_ASSIGN(Expr argument, Expression());
        const Type type = argument->type;
        const bool known = type != Type::kAny && type != Type::kNull;
        if (first && known && signature->takes.size() > 0 &&
            std::ranges::find(signature->takes, type) == signature->takes.end()) {
            return Wrong(place, "InvalidArgumentType",
                         name + "() does not take " + std::string(TypeWord(type)));
        }
        call->children.push_back(std::move(argument));
    }
    const size_t count = call->children.size();
    if (count < signature->least || count > signature->most) {
        return Wrong(at, "InvalidNumberOfArguments",
                     name + "() takes " + Times(signature->least, signature->most) +
                         " arguments, and not " + std::to_string(count));
    }
    ++next_;
    return call;
}

core::Result<plan::ExpressionPtr> Parser::Aggregate(const std::string& name, uint32_t at) {
    if (in_aggregate_) {
        return Wrong(at, "NestedAggregation", name + "() has no place inside another aggregation");
    }
    if (aggregates_ == nullptr) {
        return Wrong(at, "InvalidAggregation", name + "() has no place here");
    }
    plan::AggregateCall call;
    call.name = name;
    call.distinct = TakeWord("DISTINCT");
    if (!(name == "count" && TakeSign("*"))) {
        const Restored<bool> inside(in_aggregate_, true);
        const uint32_t place = Now().at;
        GYRE_ASSIGN(call.argument, Expression());
        if (call.argument->kind == Kind::kCall && call.argument->name == "rand") {
            return Wrong(place, "NonConstantExpression", "rand() has no place in an aggregation");
        }
        if (name.starts_with("percentile")) {
            GYRE_TRY(NeedSign(","));
            GYRE_ASSIGN(call.share, Expression());
        }
    }
    GYRE_TRY(NeedSign(")"));
    const auto same = [](const Expr& a, const Expr& b) {
        return a && b ? plan::SameExpression(*a, *b) : a == b;
    };
    for (const auto& known : *aggregates_) {
        if (known.name == name && known.distinct == call.distinct &&
            same(known.argument, call.argument) && same(known.share, call.share)) {
            return SlotOf(known.slot, Type::kAny);
        }
    }
    call.slot = NewSlot();
    const Type type = name == "count"     ? Type::kInteger
                      : name == "collect" ? Type::kList
                                          : Type::kAny;
    Expr slot = SlotOf(call.slot, type);
    aggregates_->push_back(std::move(call));
    return slot;
}

// all(x IN list WHERE …)
core::Result<plan::ExpressionPtr> Parser::Quantifier() {
    auto whole = std::make_shared<plan::Expression>();
    whole->kind = Kind::kQuantifier;
    whole->type = Type::kBoolean;
    whole->at = Now().at;
    whole->name = Lower(pieces_[next_++].text);
    GYRE_TRY(NeedSign("("));
    GYRE_ASSIGN(const std::string name, Name("a variable"));
    GYRE_TRY(NeedWord("IN"));
    const uint32_t place = Now().at;
    GYRE_ASSIGN(Expr over, Expression());
    if (over->type != Type::kAny && over->type != Type::kNull && over->type != Type::kList) {
        return Wrong(place, "InvalidArgumentType",
                     whole->name + "() takes a List, found " + std::string(TypeWord(over->type)));
    }
    const Restored<Scope> outer(scope_);
    whole->slot = NewSlot();
    scope_[name] = {whole->slot, over->items};
    GYRE_TRY(NeedWord("WHERE"));
    GYRE_ASSIGN(Expr where, Condition());
    GYRE_TRY(NeedSign(")"));
    whole->children = {std::move(over), std::move(where)};
    return whole;
}

// reduce(total = 0, x IN list | total + x)
core::Result<plan::ExpressionPtr> Parser::Reduce() {
    auto whole = std::make_shared<plan::Expression>();
    whole->kind = Kind::kReduce;
    whole->at = pieces_[next_++].at;
    GYRE_TRY(NeedSign("("));
    GYRE_ASSIGN(const std::string total, Name("a variable"));
    GYRE_TRY(NeedSign("="));
    GYRE_ASSIGN(Expr first, Expression());
    GYRE_TRY(NeedSign(","));
    GYRE_ASSIGN(const std::string name, Name("a variable"));
    GYRE_TRY(NeedWord("IN"));
    GYRE_ASSIGN(Expr over, Expression());
    GYRE_TRY(NeedSign("|"));
    const Restored<Scope> outer(scope_);
    whole->slot = NewSlot();
    whole->item_slot = NewSlot();
    scope_[total] = {whole->slot};
    scope_[name] = {whole->item_slot};
    GYRE_ASSIGN(Expr next, Expression());
    GYRE_TRY(NeedSign(")"));
    whole->children = {std::move(first), std::move(over), std::move(next)};
    return whole;
}

// exists(n.x), exists((a)-->(b)) and EXISTS { … }
core::Result<plan::ExpressionPtr> Parser::Exists() {
    const uint32_t at = pieces_[next_++].at;
    if (TakeSign("(")) {
        const Restored<bool> patterns(patterns_allowed_, true);
        if (PatternBegins()) {
            GYRE_ASSIGN(Expr pattern, PatternPredicate());
            GYRE_TRY(NeedSign(")"));
            return pattern;
        }
        return Call("exists", at);
    }
    GYRE_TRY(NeedSign("{"));
    auto whole = std::make_shared<plan::Expression>();
    whole->type = Type::kBoolean;
    whole->at = at;
    auto sub = std::make_shared<plan::Subpattern>();
    const Restored<Scope> outer(scope_);
    const Restored<bool> reading(reading_only_, true);
    auto* const aggregates = std::exchange(aggregates_, nullptr);
    const Restored<bool> inside(in_aggregate_, false);
    if (IsSign("(") || (IsName() && IsSign("=", 1))) {
        whole->kind = Kind::kPattern;
        GYRE_ASSIGN(sub->patterns, Patterns(Use::kMatch));
        if (TakeWord("WHERE")) {
            GYRE_ASSIGN(sub->where, Condition());
        }
    } else {
        whole->kind = Kind::kSubquery;
        GYRE_ASSIGN(sub->query, Union("}"));
    }
    aggregates_ = aggregates;
    GYRE_TRY(NeedSign("}"));
    whole->sub = std::move(sub);
    return whole;
}

bool Parser::PatternBegins() const {
    return patterns_allowed_ && PatternFollows();
}

// Whether '(' begins a pattern: a node, and then a relationship.
bool Parser::PatternFollows() const {
    if (!IsSign("(")) return false;
    size_t ahead = 1;
    if (IsName(ahead)) ++ahead;
    while (IsSign(":", ahead) && IsName(ahead + 1)) ahead += 2;
    if (Ahead(ahead).kind == Lexeme::kParameter) ++ahead;
    if (IsSign("{", ahead)) {
        int open = 0;
        do {
            if (IsSign("{", ahead)) ++open;
            if (IsSign("}", ahead)) --open;
            if (Ahead(ahead).kind == Lexeme::kEnd) return false;
            ++ahead;
        } while (open > 0);
    }
    if (!IsSign(")", ahead)) return false;
    ++ahead;
    if (IsSign("<", ahead)) return IsSign("-", ahead + 1);
    return IsSign("-", ahead) && (IsSign("-", ahead + 1) || IsSign("[", ahead + 1));
}

bool Parser::IsMisplacedPattern() const {
    if (!PatternFollows()) return false;
    if (!IsName(1)) return true;
    const auto first = scope_.find(Ahead(1).text);
    return first != scope_.end() && first->second.type == Type::kNode;
}

core::Result<plan::ExpressionPtr> Parser::PatternPredicate() {
    auto whole = std::make_shared<plan::Expression>();
    whole->kind = Kind::kPattern;
    whole->type = Type::kBoolean;
    whole->at = Now().at;
    auto sub = std::make_shared<plan::Subpattern>();
    const Restored<Scope> outer(scope_);
    GYRE_ASSIGN(plan::PathPattern path, Path(Use::kPredicate));
    if (path.which != plan::PathPattern::Which::kEvery) {  // the path itself is the value
        path.slot = NewSlot();
        sub->result = SlotOf(*path.slot, Type::kPath);
        whole->type = path.which == plan::PathPattern::Which::kShortest ? Type::kPath : Type::kList;
        whole->name = path.which == plan::PathPattern::Which::kShortest ? "first" : "";
    }
    sub->patterns.push_back(std::move(path));
    whole->sub = std::move(sub);
    return whole;
}

// [p = (a)-->(b) WHERE … | …]
core::Result<plan::ExpressionPtr> Parser::PatternComprehension() {
    auto whole = std::make_shared<plan::Expression>();
    whole->kind = Kind::kPattern;
    whole->type = Type::kList;
    whole->at = pieces_[next_++].at;
    auto sub = std::make_shared<plan::Subpattern>();
    const Restored<Scope> outer(scope_);
    auto* const aggregates = std::exchange(aggregates_, nullptr);
    GYRE_ASSIGN(plan::PathPattern path, Path(Use::kMatch));
    sub->patterns.push_back(std::move(path));
    if (TakeWord("WHERE")) {
        GYRE_ASSIGN(sub->where, Condition());
    }
    GYRE_TRY(NeedSign("|"));
    GYRE_ASSIGN(sub->result, Expression());
    GYRE_TRY(NeedSign("]"));
    aggregates_ = aggregates;
    whole->sub = std::move(sub);
    return whole;
}

}  // namespace gyre::graph::cypher::detail
