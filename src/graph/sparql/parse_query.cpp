// The four forms of queries, subselects and solution modifiers.
#include <algorithm>

#include "graph/sparql/detail/parser.h"
#include "graph/sparql/parse.h"

namespace gyre::graph::sparql {
namespace detail {

void Parser::Open(Select& select) {
    scopes_.push_back(std::make_unique<Scope>());
    scope_ = scopes_.back().get();
    scope_->aggregates = &select.aggregates;
}

void Parser::Close(Select& select) {
    select.names = std::move(scope_->names);
    scopes_.pop_back();
    scope_ = scopes_.empty() ? nullptr : scopes_.back().get();
}

core::Result<Query> Parser::OneQuery() {
    GYRE_TRY(Prologue());
    Query query;
    Open(query.select);
    bgp_ = ++bgps_;
    if (IsWord("SELECT")) {
        GYRE_TRY(SelectQuery(query));
    } else if (TakeWord("CONSTRUCT")) {
        query.form = Query::Form::kConstruct;
        GYRE_TRY(ConstructQuery(query));
    } else if (TakeWord("DESCRIBE")) {
        query.form = Query::Form::kDescribe;
        GYRE_TRY(DescribeQuery(query));
    } else if (TakeWord("ASK")) {
        query.form = Query::Form::kAsk;
        GYRE_TRY(AskQuery(query));
    } else {
        return Expected("SELECT, CONSTRUCT, DESCRIBE or ASK");
    }
    if (query.form == Query::Form::kConstruct || query.form == Query::Form::kDescribe) {
        for (Slot slot = 0; slot < scope_->names.size(); ++slot) {
            query.select.columns.push_back(slot);
        }
    }
    Close(query.select);
    query.base = base_;
    query.timeout_ms = timeout_ms_;
    query.query_id = query_id_;
    if (!Is(Lexeme::kEnd)) return Expected("the end of the query");
    return query;
}

core::Status Parser::SelectQuery(Query& query) {
    bool all = false;
    const size_t at = Now().at;
    GYRE_TRY(Projection(query.select, all));
    GYRE_TRY(Dataset(query.dataset, "FROM"));
    GYRE_TRY(Where(query.select));
    GYRE_TRY(Modifiers(query.select));
    GYRE_TRY(TrailingValues(query.select));
    return CheckProjection(query.select, all, at);
}

core::Status Parser::ConstructQuery(Query& query) {
    if (IsSign("{")) {
        ++next_;
        TripleSink sink{query.construct};
        sink.is_template = true;
        GYRE_TRY(TriplesBlock(sink));
        GYRE_TRY(NeedSign("}"));
        // The template's blank nodes are none of the pattern's.
        label_bgps_.clear();
        GYRE_TRY(Dataset(query.dataset, "FROM"));
        GYRE_TRY(Where(query.select));
        GYRE_TRY(Modifiers(query.select));
        return TrailingValues(query.select);
    }
    // CONSTRUCT WHERE: the pattern is the template, too.
    GYRE_TRY(Dataset(query.dataset, "FROM"));
    GYRE_TRY(NeedWord("WHERE"));
    GYRE_TRY(NeedSign("{"));
    Bgp bgp;
    GYRE_TRY(TriplesBlock({bgp.triples}));
    GYRE_TRY(NeedSign("}"));
    query.construct = bgp.triples;
    query.select.where = MakeNode(std::move(bgp));
    GYRE_TRY(Modifiers(query.select));
    return TrailingValues(query.select);
}

core::Status Parser::DescribeQuery(Query& query) {
    bool all = TakeSign("*");
    while (!all && (Is(Lexeme::kVariable) || IsIri())) {
        GYRE_ASSIGN(PatternTerm one, VarOrIri());
        query.describe.push_back(std::move(one));
    }
    if (!all && query.describe.empty()) return Expected("'*', a variable or an IRI");
    GYRE_TRY(Dataset(query.dataset, "FROM"));
    if (IsSign("{") || IsWord("WHERE")) {
        GYRE_TRY(Where(query.select));
    } else {
        query.select.where = EmptyPattern();
    }
    GYRE_TRY(Modifiers(query.select));
    GYRE_TRY(TrailingValues(query.select));
    if (all) {
        std::set<Slot> visible;
        AddVisible(*query.select.where, visible);
        for (const Slot slot : visible) {
            if (scope_->names[slot].empty()) continue;
            query.describe.push_back({PatternTerm::Kind::kVariable, slot, {}});
        }
    }
    return {};
}

core::Status Parser::AskQuery(Query& query) {
    GYRE_TRY(Dataset(query.dataset, "FROM"));
    GYRE_TRY(Where(query.select));
    GYRE_TRY(Modifiers(query.select));
    return TrailingValues(query.select);
}

core::Status Parser::Dataset(DatasetClause& dataset, std::string_view keyword) {
    while (TakeWord(keyword)) {
        const bool named = TakeWord("NAMED");
        GYRE_ASSIGN(std::string iri, NeedIri());
        (named ? dataset.named : dataset.graphs).push_back(std::move(iri));
    }
    return {};
}

core::Status Parser::Projection(Select& select, bool& all) {
    GYRE_TRY(NeedWord("SELECT"));
    select.distinct = TakeWord("DISTINCT");
    if (!select.distinct) select.reduced = TakeWord("REDUCED");
    all = TakeSign("*");
    while (!all) {
        if (Is(Lexeme::kVariable)) {
            GYRE_ASSIGN(const Slot slot, NeedSlot());
            select.columns.push_back(slot);
        } else if (TakeSign("(")) {
            GYRE_ASSIGN(ExpressionPtr value, Expr());
            GYRE_TRY(NeedWord("AS"));
            const size_t at = Now().at;
            GYRE_ASSIGN(const Slot slot, NeedSlot());
            GYRE_TRY(NeedSign(")"));
            if (std::ranges::find(select.columns, slot) != select.columns.end()) {
                return Wrong(at, "?" + scope_->names[slot] + " is selected already");
            }
            select.columns.push_back(slot);
            select.computed.emplace_back(slot, std::move(value));
        } else {
            break;
        }
    }
    if (!all && select.columns.empty()) return Expected("'*', a variable or '('");
    return {};
}

core::Status Parser::Where(Select& select) {
    std::ignore = TakeWord("WHERE");
    std::vector<Aggregate>* const aggregates = std::exchange(scope_->aggregates, nullptr);
    GYRE_ASSIGN(select.where, GroupGraphPattern());
    scope_->aggregates = aggregates;
    return {};
}

core::Status Parser::Modifiers(Select& select) {
    GYRE_TRY(GroupBy(select));
    if (TakeWord("HAVING")) {
        do {
            GYRE_ASSIGN(ExpressionPtr condition, Constraint());
            select.having.push_back(std::move(condition));
        } while (IsSign("(") || IsIri() ||
                 (Is(Lexeme::kWord) && !IsWord("ORDER") && !IsWord("LIMIT") && !IsWord("OFFSET") &&
                  !IsWord("VALUES")));
    }
    GYRE_TRY(OrderBy(select));
    GYRE_TRY(LimitAndOffset(select));
    select.grouped = select.grouped || !select.aggregates.empty() || !select.having.empty();
    return {};
}

core::Status Parser::GroupBy(Select& select) {
    if (!TakeWord("GROUP")) return {};
    GYRE_TRY(NeedWord("BY"));
    select.grouped = true;
    std::vector<Aggregate>* const aggregates = std::exchange(scope_->aggregates, nullptr);
    while (true) {
        if (Is(Lexeme::kVariable)) {
            GYRE_ASSIGN(const Slot slot, NeedSlot());
            select.keys.emplace_back(slot, nullptr);
        } else if (TakeSign("(")) {
            GYRE_ASSIGN(ExpressionPtr value, Expr());
            Slot slot = 0;
            if (TakeWord("AS")) {
                GYRE_ASSIGN(slot, NeedSlot());
            } else {
                slot = FreshSlot();
            }
            GYRE_TRY(NeedSign(")"));
            select.keys.emplace_back(slot, std::move(value));
        } else if (IsIri() || (Is(Lexeme::kWord) && !IsWord("HAVING") && !IsWord("ORDER") &&
                               !IsWord("LIMIT") && !IsWord("OFFSET") && !IsWord("VALUES"))) {
            GYRE_ASSIGN(ExpressionPtr value, Constraint());
            select.keys.emplace_back(FreshSlot(), std::move(value));
        } else {
            break;
        }
    }
    scope_->aggregates = aggregates;
    if (select.keys.empty()) return Expected("what to group by");
    return {};
}

core::Status Parser::OrderBy(Select& select) {
    if (!TakeWord("ORDER")) return {};
    GYRE_TRY(NeedWord("BY"));
    while (true) {
        const bool descending = IsWord("DESC");
        if (descending || IsWord("ASC")) {
            ++next_;
            GYRE_TRY(NeedSign("("));
            GYRE_ASSIGN(ExpressionPtr value, Expr());
            GYRE_TRY(NeedSign(")"));
            select.order.emplace_back(std::move(value), descending);
        } else if (Is(Lexeme::kVariable)) {
            GYRE_ASSIGN(const Slot slot, NeedSlot());
            select.order.emplace_back(VariableExpression(slot), false);
        } else if (IsSign("(") || IsIri() ||
                   (Is(Lexeme::kWord) && !IsWord("LIMIT") && !IsWord("OFFSET") &&
                    !IsWord("VALUES"))) {
            GYRE_ASSIGN(ExpressionPtr value, Constraint());
            select.order.emplace_back(std::move(value), false);
        } else {
            break;
        }
    }
    if (select.order.empty()) return Expected("what to order by");
    return {};
}

core::Status Parser::LimitAndOffset(Select& select) {
    bool offset = false;
    while (true) {
        if (!select.limit && TakeWord("LIMIT")) {
            GYRE_ASSIGN(select.limit, NeedWhole());
        } else if (!offset && TakeWord("OFFSET")) {
            GYRE_ASSIGN(select.offset, NeedWhole());
            offset = true;
        } else {
            return {};
        }
    }
}

core::Status Parser::TrailingValues(Select& select) {
    if (!TakeWord("VALUES")) return {};
    GYRE_ASSIGN(select.values, DataBlock());
    return {};
}

core::Status Parser::CheckProjection(Select& select, bool all, size_t at) {
    std::set<Slot> visible;
    AddVisible(*select.where, visible);
    if (all) {
        if (select.grouped) return Wrong(at, "SELECT * has no place beside GROUP BY");
        if (select.values) AddVisible(*select.values, visible);
        for (const Slot slot : visible) {
            if (!scope_->names[slot].empty()) select.columns.push_back(slot);
        }
        return {};
    }
    for (const auto& [slot, value] : select.computed) {
        const bool key = std::ranges::any_of(
            select.keys, [&, wanted = slot](const auto& one) { return one.first == wanted; });
        if (visible.contains(slot) || key) {
            return Wrong(at, "?" + scope_->names[slot] + " has a value already");
        }
    }
    if (!select.grouped) return {};
    std::set<Slot> known;
    for (const auto& [slot, value] : select.keys) known.insert(slot);
    for (const Aggregate& aggregate : select.aggregates) known.insert(aggregate.into);
    for (const Slot slot : select.columns) {
        const auto computed = std::ranges::find_if(
            select.computed, [&](const auto& one) { return one.first == slot; });
        if (computed != select.computed.end()) {
            GYRE_TRY(CheckGrouped(select, *computed->second, known, at));
            known.insert(slot);
        } else if (!known.contains(slot)) {
            return Wrong(
                at, "?" + scope_->names[slot] + " is neither grouped by nor within an aggregate");
        }
    }
    return {};
}

core::Status Parser::CheckGrouped(const Select& select, const Expression& expression,
                                  const std::set<Slot>& known, size_t at) const {
    if (expression.kind == ExpressionKind::kVariable && !known.contains(expression.slot)) {
        return Wrong(at, "?" + scope_->names[expression.slot] +
                             " is neither grouped by nor within an aggregate");
    }
    for (const ExpressionPtr& one : expression.of) {
        GYRE_TRY(CheckGrouped(select, *one, known, at));
    }
    return {};
}

core::Result<NodePtr> Parser::SubSelectPattern() {
    SubSelect sub;
    sub.select = std::make_unique<Select>();
    Open(*sub.select);
    bool all = false;
    const size_t at = Now().at;
    GYRE_TRY(Projection(*sub.select, all));
    GYRE_TRY(Where(*sub.select));
    GYRE_TRY(Modifiers(*sub.select));
    GYRE_TRY(TrailingValues(*sub.select));
    GYRE_TRY(CheckProjection(*sub.select, all, at));
    Close(*sub.select);
    for (const Slot slot : sub.select->columns) {
        sub.into.push_back(SlotOf(sub.select->names[slot]));
    }
    return MakeNode(std::move(sub));
}

}  // namespace detail

core::Result<Query> ParseQuery(std::string_view text, std::string_view base) {
    GYRE_ASSIGN(const std::string plain, detail::WithoutCodepointEscapes(text));
    GYRE_ASSIGN(auto tokens, detail::Tokens(plain));
    return detail::Parser(plain, std::move(tokens), base).OneQuery();
}

}  // namespace gyre::graph::sparql
