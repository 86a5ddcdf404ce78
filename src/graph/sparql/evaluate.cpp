#include "graph/sparql/evaluate.h"

#include "graph/sparql/compare.h"
#include "graph/sparql/functions.h"
#include "graph/sparql/source.h"

namespace gyre::graph::sparql {
namespace {

Value Truth(std::optional<bool> truth) {
    return truth ? BooleanValue(*truth) : Value();
}

std::optional<bool> Ordered(ExpressionKind kind, const Value& a, const Value& b) {
    const auto order = Compare(a, b);
    if (!order) return std::nullopt;
    switch (kind) {
        case ExpressionKind::kLess:
            return *order < 0;
        case ExpressionKind::kGreater:
            return *order > 0;
        case ExpressionKind::kLessOrEqual:
            return *order <= 0;
        default:
            return *order >= 0;
    }
}

}  // namespace

Computation::Computation(const Expression& expression, Builder& builder)
    : expression_(expression), run_(builder.Running()), frame_(builder.Frame()) {
    if (expression.kind == ExpressionKind::kTerm) {
        constant_ = ToValue(expression.term);
        constant_.id = run_.IdOf(expression.term);
    }
    for (const ExpressionPtr& one : expression.of) of_.emplace_back(*one, builder);
    if (!expression.pattern) return;
    // All that the outer row may bind is put into the pattern.
    const SlotSet certain = Certain(*expression.pattern);
    Builder inner = builder.WithinExists();
    pattern_ = inner.Build(*expression.pattern, certain);
    seeds_.assign(certain.begin(), certain.end());
    for (const Slot slot : Possible(*expression.pattern)) {
        if (!certain.contains(slot)) shared_.push_back(slot);
    }
    scratch_.resize(builder.Width());
}

Computation::~Computation() = default;
Computation::Computation(Computation&&) noexcept = default;

bool Computation::Holds(const TermId* row) {
    return EffectiveBoolean(In(row)).value_or(false);
}

// Within EXISTS the rows around are looked at too.
TermId Computation::Bound(const TermId* row, Slot slot) const {
    TermId id = row[slot];
    for (auto outer = run_.outer.rbegin(); id == rdf::kNoTerm && outer != run_.outer.rend();
         ++outer) {
        if (outer->frame == &frame_) id = outer->row[slot];
    }
    return id;
}

Value Computation::In(const TermId* row) {
    switch (expression_.kind) {
        case ExpressionKind::kVariable:
            return run_.ValueOf(Bound(row, expression_.slot));
        case ExpressionKind::kTerm:
            return constant_;
        case ExpressionKind::kOr:
        case ExpressionKind::kAnd:
        case ExpressionKind::kNot:
            return Logic(row);
        case ExpressionKind::kEqual:
        case ExpressionKind::kNotEqual:
        case ExpressionKind::kLess:
        case ExpressionKind::kGreater:
        case ExpressionKind::kLessOrEqual:
        case ExpressionKind::kGreaterOrEqual:
            return Relate(row);
        case ExpressionKind::kIn:
        case ExpressionKind::kNotIn:
            return Among(row);
        case ExpressionKind::kAdd:
            return Calculate(Arithmetic::kAdd, of_[0].In(row), of_[1].In(row));
        case ExpressionKind::kSubtract:
            return Calculate(Arithmetic::kSubtract, of_[0].In(row), of_[1].In(row));
        case ExpressionKind::kMultiply:
            return Calculate(Arithmetic::kMultiply, of_[0].In(row), of_[1].In(row));
        case ExpressionKind::kDivide:
            return Calculate(Arithmetic::kDivide, of_[0].In(row), of_[1].In(row));
        case ExpressionKind::kNegate:
            return Negated(of_[0].In(row));
        case ExpressionKind::kBound:
            return BooleanValue(!of_[0].In(row).IsError());
        case ExpressionKind::kIf: {
            const auto condition = EffectiveBoolean(of_[0].In(row));
            if (!condition) return {};
            return of_[*condition ? 1 : 2].In(row);
        }
        case ExpressionKind::kCoalesce:
            for (Computation& one : of_) {
                Value value = one.In(row);
                if (!value.IsError()) return value;
            }
            return {};
        case ExpressionKind::kExists:
            return BooleanValue(Matches(row));
        case ExpressionKind::kNotExists:
            return BooleanValue(!Matches(row));
        case ExpressionKind::kCall:
            return Call(row);
        case ExpressionKind::kUnknownCall:
            return {};
    }
    return {};
}

Value Computation::Logic(const TermId* row) {
    const auto left = EffectiveBoolean(of_[0].In(row));
    if (expression_.kind == ExpressionKind::kNot) return left ? BooleanValue(!*left) : Value();
    // One that decides does so beside an error, too.
    const bool decides = expression_.kind == ExpressionKind::kOr;
    if (left && *left == decides) return BooleanValue(decides);
    const auto right = EffectiveBoolean(of_[1].In(row));
    if (right && *right == decides) return BooleanValue(decides);
    return left && right ? BooleanValue(!decides) : Value();
}

Value Computation::Relate(const TermId* row) {
    const Value a = of_[0].In(row), b = of_[1].In(row);
    if (a.IsError() || b.IsError()) return {};
    if (expression_.kind == ExpressionKind::kEqual) return Truth(Equals(a, b));
    if (expression_.kind == ExpressionKind::kNotEqual) {
        const auto equal = Equals(a, b);
        return equal ? BooleanValue(!*equal) : Value();
    }
    return Truth(Ordered(expression_.kind, a, b));
}

Value Computation::Among(const TermId* row) {
    const bool in = expression_.kind == ExpressionKind::kIn;
    const Value wanted = of_[0].In(row);
    bool failed = wanted.IsError();
    for (size_t i = 1; i < of_.size(); ++i) {
        const auto equal = Equals(wanted, of_[i].In(row));
        if (equal && *equal) return BooleanValue(in);
        failed = failed || !equal;
    }
    return failed ? Value() : BooleanValue(!in);
}

Value Computation::Call(const TermId* row) {
    std::vector<Value> arguments;
    arguments.reserve(of_.size());
    for (Computation& one : of_) {
        arguments.push_back(one.In(row));
        if (arguments.back().IsError()) return {};
    }
    return expression_.function->apply(run_, arguments);
}

bool Computation::Matches(const TermId* row) {
    std::fill(scratch_.begin(), scratch_.end(), rdf::kNoTerm);
    for (const Slot slot : seeds_) scratch_[slot] = Bound(row, slot);
    const std::vector<TermId> seed = scratch_;
    run_.outer.push_back({&frame_, row});
    pattern_->Open(seed.data());
    bool found = false;
    while (!found && pattern_->Next(scratch_.data())) {
        found = true;
        for (const Slot slot : shared_) {
            const TermId has = Bound(row, slot), finds = scratch_[slot];
            if (has != rdf::kNoTerm && finds != rdf::kNoTerm && has != finds) found = false;
        }
    }
    run_.outer.pop_back();
    return found;
}

}  // namespace gyre::graph::sparql
