#include <optional>
#include <utility>

#include "graph/cypher/detail/parser.h"
#include "graph/cypher/parse.h"
#include "graph/number.h"

namespace gyre::graph::cypher {
namespace detail {
namespace {

using core::Status;
using plan::Operation;
using plan::RowPart;
using plan::RowStep;
using plan::Type;
using Kind = plan::Expression::Kind;

/// Calls `use` for each part of a conjunction.
template <typename Visit>
void ForConjuncts(const plan::ExpressionPtr& expression, const Visit& visit) {
    if (expression->kind == Kind::kOperation && expression->operation == Operation::kAnd) {
        for (const auto& child : expression->children) ForConjuncts(child, visit);
        return;
    }
    visit(*expression);
}

/// Of a part: each pulls rows from the one before it, so the stack is as deep as they are many.
constexpr size_t kMostClauses = 500;

// WHERE id(n) = 'x': the node is looked up, and the condition tested like any other.
void FindIds(RowStep& step) {
    ForConjuncts(step.where, [&](const plan::Expression& one) {
        if (one.kind != Kind::kOperation || one.operation != Operation::kEqual) return;
        for (const size_t side : {0U, 1U}) {
            const plan::Expression* const element = plan::SlotOfId(*one.children[side]);
            const auto& other = one.children[1 - side];
            if (element == nullptr || other->kind != Kind::kLiteral) continue;
            for (auto& path : step.patterns) {
                for (auto& node : path.nodes) {
                    if (node.slot == element->slot && !node.bound) node.id = other;
                }
            }
        }
    });
}

}  // namespace

// Neptune's USING QUERY:NAME value. One says how long; those that say how to compute are taken, and
// change nothing.
Status Parser::Hints(plan::RowQuery& query) {
    while (TakeWord("USING")) {
        GYRE_TRY(NeedWord("QUERY"));
        GYRE_TRY(NeedSign(":"));
        const bool timeout = TakeWord("TIMEOUTMILLISECONDS");
        if (!timeout && !TakeWord("PLANCACHE") && !TakeWord("ASSUMECONSISTENTDATATYPES")) {
            return Expected("TIMEOUTMILLISECONDS, PLANCACHE or ASSUMECONSISTENTDATATYPES");
        }
        if (Now().kind != (timeout ? Lexeme::kInteger : Lexeme::kText)) {
            return Expected(timeout ? "a number of milliseconds" : "a text");
        }
        GYRE_ASSIGN(const Expr value, Atom());
        if (timeout) query.timeout_ms = ToInt64(value->value);
    }
    return {};
}

core::Result<plan::RowQuery> Parser::Query() {
    plan::RowQuery query;
    GYRE_TRY(Hints(query));
    GYRE_ASSIGN(query.all, Union(""));
    query.width = width_;
    query.writes = writes_;
    query.removes = removes_;
    return query;
}

bool Parser::EndOfPart(std::string_view end) const {
    if (IsWord("UNION") || Now().kind == Lexeme::kEnd) return true;
    return end.empty() ? IsSign(";") && Ahead(1).kind == Lexeme::kEnd : IsSign(end);
}

core::Result<plan::RowUnion> Parser::Union(std::string_view end, bool imports) {
    plan::RowUnion all;
    std::optional<bool> keeps;  // UNION ALL
    const Scope before = scope_;
    if (++depth_ > kMaxDepth) {
        return Wrong(Now().at, "UnexpectedSyntax", "the query is nested too deeply");
    }
    while (true) {
        scope_ = imports && !IsWord("WITH") ? Scope() : before;
        GYRE_ASSIGN(RowPart part, Part(end));
        all.parts.push_back(std::move(part));
        const uint32_t at = Now().at;
        const auto& first = all.parts.front().columns;
        if (!std::ranges::equal(first, all.parts.back().columns, {}, &plan::RowItem::name,
                                &plan::RowItem::name)) {
            return Wrong(at, "DifferentColumnsInUnion", "the parts of a UNION have unlike columns");
        }
        if (!TakeWord("UNION")) break;
        const bool every = TakeWord("ALL");
        if (keeps && *keeps != every) {
            return Wrong(at, "InvalidClauseComposition", "UNION and UNION ALL in one query");
        }
        keeps = every;
    }
    all.distinct = keeps && !*keeps;
    if (end.empty()) TakeSign(";");
    scope_ = before;
    --depth_;
    return all;
}

core::Result<RowPart> Parser::Part(std::string_view end) {
    RowPart part;
    const bool wrote_before = std::exchange(writes_, false);
    bool returned = false;
    const uint32_t at = Now().at;
    while (!EndOfPart(end)) {
        if (returned) return Expected("the end of the query after RETURN");
        if (part.steps.size() == kMostClauses) {
            return Wrong(Now().at, "UnexpectedSyntax", "the query has too many clauses");
        }
        GYRE_ASSIGN(returned, Clause(part, end));
    }
    if (part.steps.empty()) return Expected("a clause, such as MATCH or RETURN");
    const auto last = part.steps.back().kind;
    const bool ends =
        returned || (last != RowStep::Kind::kMatch && last != RowStep::Kind::kUnwind &&
                     last != RowStep::Kind::kProject);
    if (!ends && end.empty()) {
        return Wrong(at, "InvalidClauseComposition",
                     "the query ends with a clause that gives nothing: expected RETURN");
    }
    if (reading_only_ && writes_) {
        return Wrong(at, "InvalidClauseComposition", "EXISTS { } does not write");
    }
    writes_ = writes_ || wrote_before;
    return part;
}

// True when nothing may follow it: RETURN, and a CALL that is the whole query.
core::Result<bool> Parser::Clause(RowPart& part, std::string_view end) {
    Status status;
    if (TakeWord("MATCH")) {
        status = Match(part, false);
    } else if (TakeWord("OPTIONAL")) {
        GYRE_TRY(NeedWord("MATCH"));
        status = Match(part, true);
    } else if (TakeWord("UNWIND")) {
        status = Unwind(part);
    } else if (TakeWord("WITH")) {
        status = Project(part, false);
    } else if (TakeWord("RETURN")) {
        GYRE_TRY(Project(part, true));
        return true;
    } else if (TakeWord("CREATE")) {
        status = Create(part);
    } else if (TakeWord("MERGE")) {
        status = Merge(part);
    } else if (TakeWord("SET")) {
        status = Set(part);
    } else if (TakeWord("REMOVE")) {
        status = Remove(part);
    } else if (IsWord("DELETE") || IsWord("DETACH")) {
        const bool detach = TakeWord("DETACH");
        GYRE_TRY(NeedWord("DELETE"));
        status = Delete(part, detach);
    } else if (IsWord("CALL") && !IsSign("{", 1)) {
        return Procedure(part, end);
    } else if (IsWord("CALL")) {
        status = Subquery(part);
    } else if (IsWord("FOREACH") && IsSign("(", 1)) {
        status = ForEach(part);
    } else if (IsWord("LOAD") || IsWord("EXPLAIN") || IsWord("PROFILE")) {
        return Unimplemented(Now().text);
    } else {
        return Expected("a clause, such as MATCH or RETURN");
    }
    if (!status) return core::Fail(status.error());
    return false;
}

Status Parser::Match(RowPart& part, bool optional) {
    RowStep step;
    step.kind = RowStep::Kind::kMatch;
    step.optional = optional;
    GYRE_ASSIGN(step.patterns, Patterns(Use::kMatch));
    if (TakeWord("WHERE")) {
        GYRE_ASSIGN(step.where, Condition());
        FindIds(step);
    }
    part.steps.push_back(std::move(step));
    return {};
}

Status Parser::Unwind(RowPart& part) {
    RowStep step;
    step.kind = RowStep::Kind::kUnwind;
    GYRE_ASSIGN(step.expression, Expression());
    GYRE_TRY(NeedWord("AS"));
    const uint32_t at = Now().at;
    GYRE_ASSIGN(const std::string name, Name("a variable"));
    if (scope_.contains(name)) {
        return Wrong(at, "VariableAlreadyBound", "the variable '" + name + "' is defined already");
    }
    step.slot = NewSlot();
    scope_[name] = {step.slot};
    part.steps.push_back(std::move(step));
    return {};
}

// FOREACH (x IN list | SET …)
Status Parser::ForEach(RowPart& part) {
    if (++depth_ > kMaxDepth) {
        return Wrong(Now().at, "UnexpectedSyntax", "the query is nested too deeply");
    }
    next_ += 2;
    RowStep step;
    step.kind = RowStep::Kind::kForEach;
    GYRE_ASSIGN(const std::string name, Name("a variable"));
    GYRE_TRY(NeedWord("IN"));
    GYRE_ASSIGN(step.expression, Expression());
    GYRE_TRY(NeedSign("|"));
    const Restored<Scope> outer(scope_);
    step.slot = NewSlot();
    scope_[name] = {step.slot};
    RowPart inner;
    while (!IsSign(")")) {
        if (Now().kind == Lexeme::kEnd) return Expected("')'");
        const bool reads = IsWord("MATCH") || IsWord("RETURN") || IsWord("WITH") ||
                           IsWord("UNWIND") || IsWord("OPTIONAL") || IsWord("CALL");
        if (reads) return Expected("a clause that writes");
        GYRE_ASSIGN(const bool returned, Clause(inner, ")"));
        static_cast<void>(returned);
    }
    ++next_;
    --depth_;
    step.inner.parts.push_back(std::move(inner));
    writes_ = true;
    part.steps.push_back(std::move(step));
    return {};
}

}  // namespace detail

core::Result<plan::RowQuery> Parse(std::string_view query, const Map& parameters,
                                   const Procedures& procedures) {
    GYRE_ASSIGN(auto pieces, detail::Cut(query));
    return detail::Parser(query, std::move(pieces), parameters, procedures).Query();
}

}  // namespace gyre::graph::cypher
