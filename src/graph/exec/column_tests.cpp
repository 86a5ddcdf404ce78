#include "graph/exec/column_tests.h"

#include <algorithm>

#include "graph/exec/cypher_values.h"
#include "graph/exec/evaluate.h"

namespace gyre::graph::exec {
namespace {

using plan::Expression;
using plan::Operation;
using Words = std::optional<WordSet>;
using PredicateOp = Predicate::Op;

std::optional<Comparison> ComparisonOf(PredicateOp op) {
    switch (op) {
        case PredicateOp::kEq:
            return Comparison::kEqual;
        case PredicateOp::kNeq:
            return Comparison::kNotEqual;
        case PredicateOp::kLt:
            return Comparison::kLess;
        case PredicateOp::kLte:
            return Comparison::kLessEqual;
        case PredicateOp::kGt:
            return Comparison::kGreater;
        case PredicateOp::kGte:
            return Comparison::kGreaterEqual;
        default:
            return std::nullopt;
    }
}

/// All of them together, or any: nullopt where one does not tell.
template <typename Parts, typename WordsOfPart>
Words Combined(const Parts& parts, bool all, WordsOfPart words_of) {
    WordSet common = WordSet::All();
    std::vector<WordSet::Range> any;
    for (const auto& part : parts) {
        const Words one = words_of(part);
        if (!one) return std::nullopt;
        if (all)
            common = common.And(*one);
        else
            any.insert(any.end(), one->Ranges().begin(), one->Ranges().end());
    }
    return all ? common : WordSet::Of(std::move(any));
}

Words WordsOf(const ValueColumn& column, const Predicate& predicate) {
    if (const auto comparison = ComparisonOf(predicate.op)) {
        return WordsThat(column, *comparison, predicate.values[0]);
    }
    switch (predicate.op) {
        case PredicateOp::kWithin:
        case PredicateOp::kWithout: {
            Words words = Combined(predicate.values, false, [&](const Value& value) {
                return WordsThat(column, Comparison::kEqual, value);
            });
            return words && predicate.op == PredicateOp::kWithout ? words->Not() : words;
        }
        case PredicateOp::kAnd:
        case PredicateOp::kOr:
            return Combined(predicate.children, predicate.op == PredicateOp::kAnd,
                            [&](const auto& child) { return WordsOf(column, *child); });
        default:
            return std::nullopt;
    }
}

std::optional<Comparison> ComparisonOf(Operation operation, bool turned) {
    switch (operation) {
        case Operation::kEqual:
            return Comparison::kEqual;
        case Operation::kNotEqual:
            return Comparison::kNotEqual;
        case Operation::kLess:
            return turned ? Comparison::kGreater : Comparison::kLess;
        case Operation::kLessEqual:
            return turned ? Comparison::kGreaterEqual : Comparison::kLessEqual;
        case Operation::kGreater:
            return turned ? Comparison::kLess : Comparison::kGreater;
        case Operation::kGreaterEqual:
            return turned ? Comparison::kLessEqual : Comparison::kGreaterEqual;
        default:
            return std::nullopt;
    }
}

/// A date-time's words are its milliseconds: of equality its offset and zone matter too.
Words BesideConstant(const ValueColumn& column, Comparison comparison, const Value& constant) {
    if (column.type != ColumnType::kDate) return WordsThat(column, comparison, Wide(constant));
    if (comparison == Comparison::kEqual || comparison == Comparison::kNotEqual) {
        return std::nullopt;
    }
    return WordsThat(column, comparison, Narrow(constant));
}

/// Of a comparison of a slot with a constant.
struct ConstantComparison {
    Comparison comparison{};
    const Value* constant = nullptr;
};
std::optional<ConstantComparison> WithConstant(const Expression& condition) {
    const auto& children = condition.children;
    if (condition.kind != Expression::Kind::kOperation || children.size() != 2) return std::nullopt;
    const bool turned = children[0]->kind == Expression::Kind::kLiteral;
    const Expression& property = *children[turned ? 1 : 0];
    const Expression& constant = *children[turned ? 0 : 1];
    const auto comparison = ComparisonOf(condition.operation, turned);
    if (!comparison || property.kind != Expression::Kind::kSlot ||
        constant.kind != Expression::Kind::kLiteral) {
        return std::nullopt;
    }
    return ConstantComparison{*comparison, &constant.value};
}

/// Of a condition in which the property is slot 0. Those that pass are those for which it is true.
Words WordsOf(const ValueColumn& column, const Expression& condition) {
    if (condition.kind != Expression::Kind::kOperation) return std::nullopt;
    const auto& children = condition.children;
    if (condition.operation == Operation::kAnd || condition.operation == Operation::kOr) {
        return Combined(children, condition.operation == Operation::kAnd,
                        [&](const auto& child) { return WordsOf(column, *child); });
    }
    if (condition.operation == Operation::kIsNotNull) return WordSet::All();
    if (condition.operation == Operation::kIsNull) return WordSet();
    const auto with = WithConstant(condition);
    return with ? BesideConstant(column, with->comparison, *with->constant) : std::nullopt;
}

/// To test a longer text may take longer than to look at the clock.
constexpr size_t kLongText = 256;

/// As ColumnTest::text_passes. When the query's time is over no long text passes.
std::function<bool(std::string_view)> TextTestOf(Context& context,
                                                 std::shared_ptr<const Predicate> predicate) {
    if (!predicate->TestsTexts()) return {};
    return [predicate = std::move(predicate), &context](std::string_view text) {
        return (text.size() < kLongText || !context.IsOver()) && predicate->TestText(text);
    };
}

std::optional<PredicateOp> TextOpOf(Operation operation) {
    switch (operation) {
        case Operation::kEqual:
            return PredicateOp::kEq;
        case Operation::kNotEqual:
            return PredicateOp::kNeq;
        case Operation::kStartsWith:
            return PredicateOp::kStartingWith;
        case Operation::kEndsWith:
            return PredicateOp::kEndingWith;
        case Operation::kContains:
            return PredicateOp::kContaining;
        default:
            return std::nullopt;
    }
}
std::function<bool(std::string_view)> TextTestOf(Context& context, const Expression& condition) {
    const auto op = TextOpOf(condition.operation);
    if (condition.kind != Expression::Kind::kOperation || !op || condition.children.size() != 2 ||
        condition.children[0]->kind != Expression::Kind::kSlot ||
        condition.children[1]->kind != Expression::Kind::kLiteral) {
        return {};
    }
    auto predicate = std::make_shared<Predicate>();
    predicate->op = *op;
    predicate->values = {condition.children[1]->value};
    return TextTestOf(context, std::move(predicate));
}

/// What both have; one that tells nothing has all.
std::optional<ValueRange> InBoth(std::optional<ValueRange> a, const std::optional<ValueRange>& b) {
    if (a && b) return a->And(*b);
    return a ? a : b;
}
std::optional<ValueRange> InEither(const std::optional<ValueRange>& a,
                                   const std::optional<ValueRange>& b) {
    return a && b ? std::optional(a->Around(*b)) : std::nullopt;
}

/// The values of some parts together; of `all` in each of them, or in any.
template <typename Parts, typename ValuesOfPart>
std::optional<ValueRange> CombinedValues(const Parts& parts, bool all, ValuesOfPart values_of) {
    std::optional<ValueRange> values;
    bool first = true;
    for (const auto& part : parts) {
        auto one = values_of(part);
        values = std::exchange(first, false) ? std::move(one)
                 : all                       ? InBoth(std::move(values), one)
                                             : InEither(values, one);
    }
    return values;
}

std::optional<ValueRange> ValuesOf(const Predicate& predicate) {
    if (const auto comparison = ComparisonOf(predicate.op)) {
        return ValuesThat(*comparison, predicate.values[0]);
    }
    switch (predicate.op) {
        case PredicateOp::kWithin:
            return CombinedValues(predicate.values, false, [](const Value& value) {
                return ValuesThat(Comparison::kEqual, value);
            });
        case PredicateOp::kAnd:
        case PredicateOp::kOr:
            return CombinedValues(predicate.children, predicate.op == PredicateOp::kAnd,
                                  [](const auto& child) { return ValuesOf(*child); });
        default:
            return std::nullopt;
    }
}

std::optional<ValueRange> ValuesOf(const Expression& condition) {
    if (condition.kind != Expression::Kind::kOperation) return std::nullopt;
    if (condition.operation == Operation::kAnd || condition.operation == Operation::kOr) {
        return CombinedValues(condition.children, condition.operation == Operation::kAnd,
                              [](const auto& child) { return ValuesOf(*child); });
    }
    const auto with = WithConstant(condition);
    return with ? ValuesThat(with->comparison, *with->constant) : std::nullopt;
}

/// The condition with slot 0 in the place of the one property that it reads; null where it reads
/// more.
plan::ExpressionPtr OfOneProperty(const Expression& condition, size_t slot,
                                  const std::string*& key) {
    size_t read = 0;
    if (const std::string* const property = PropertyOfSlot(condition, read)) {
        if (read != slot || (key != nullptr && *key != *property)) return nullptr;
        key = property;
        auto value = std::make_shared<Expression>();
        value->kind = Expression::Kind::kSlot;
        return value;
    }
    const bool literal = condition.kind == Expression::Kind::kLiteral;
    if (!literal && condition.kind != Expression::Kind::kOperation) return nullptr;
    auto copy = std::make_shared<Expression>(condition);
    for (plan::ExpressionPtr& child : copy->children) {
        child = OfOneProperty(*child, slot, key);
        if (!child) return nullptr;
    }
    return copy;
}

constexpr size_t kFewTexts = 64;

}  // namespace

bool HasFewTexts(const Transaction& graph, const std::string& label, NameId key) {
    const auto name = graph.FindName(label);
    const ValueColumn* const column = name ? graph.ColumnOf(*name, key) : nullptr;
    return column != nullptr && column->type == ColumnType::kDictionary &&
           column->Texts() < kFewTexts;
}

const std::string* PropertyOfSlot(const Expression& expression, size_t& slot) {
    if (expression.kind != Expression::Kind::kProperty || expression.name == "~id") return nullptr;
    const Expression& of = *expression.children[0];
    if (of.kind != Expression::Kind::kSlot) return nullptr;
    slot = of.slot;
    return &expression.name;
}

std::optional<ColumnTest> ToColumnTest(Context& context, const plan::Test& test) {
    if (test.token || test.traversal) return std::nullopt;
    const auto key = context.graph.FindName(test.key);
    if (!key) return std::nullopt;
    ColumnTest asked;
    asked.key = *key;
    if (!test.predicate) {
        asked.words = [](const ValueColumn&) { return WordSet::All(); };
        asked.passes = [](const Value&) { return true; };
        return asked;
    }
    asked.words = [predicate = test.predicate](const ValueColumn& column) {
        return WordsOf(column, *predicate);
    };
    asked.passes = [predicate = test.predicate](const Value& value) {
        return predicate->Test(value);
    };
    asked.text_passes = TextTestOf(context, test.predicate);
    return asked;
}

std::optional<ColumnTest> ToColumnTest(Context& context, const Expression& condition, size_t slot) {
    const std::string* name = nullptr;
    const plan::ExpressionPtr of_value = OfOneProperty(condition, slot, name);
    if (!of_value || name == nullptr) return std::nullopt;
    const auto key = context.graph.FindName(*name);
    if (!key) return std::nullopt;
    ColumnTest asked;
    asked.key = *key;
    asked.words = [of_value](const ValueColumn& column) { return WordsOf(column, *of_value); };
    asked.passes = [of_value, &context](const Value& value) {
        const Value row[] = {Wide(value)};
        return IsTrue(Evaluate(context, *of_value, row));
    };
    asked.text_passes = TextTestOf(context, *of_value);
    asked.without = asked.passes(Value());
    return asked;
}

std::optional<IndexTest> ToIndexTest(Context& context, const plan::Test& test) {
    if (test.token || test.traversal || !test.predicate) return std::nullopt;
    const auto key = context.graph.FindName(test.key);
    auto values = key ? ValuesOf(*test.predicate) : std::nullopt;
    return values ? std::optional(IndexTest{*key, std::move(*values)}) : std::nullopt;
}

std::optional<IndexTest> ToIndexTest(Context& context, const Expression& condition, size_t slot) {
    const std::string* name = nullptr;
    const plan::ExpressionPtr of_value = OfOneProperty(condition, slot, name);
    const auto key = of_value && name != nullptr ? context.graph.FindName(*name) : std::nullopt;
    auto values = key ? ValuesOf(*of_value) : std::nullopt;
    return values ? std::optional(IndexTest{*key, std::move(*values)}) : std::nullopt;
}

void AddIndexTest(std::optional<IndexTest> test, std::vector<IndexTest>& tests) {
    if (!test) return;
    const auto same = std::ranges::find(tests, test->key, &IndexTest::key);
    if (same == tests.end())
        tests.push_back(std::move(*test));
    else
        same->values = same->values.And(test->values);
}

ColumnTest EqualityTest(NameId key, Value value) {
    ColumnTest asked;
    asked.key = key;
    asked.words = [value](const ValueColumn& column) {
        return BesideConstant(column, Comparison::kEqual, value);
    };
    asked.passes = [value](const Value& other) { return IsTrue(EqualCypher(Wide(other), value)); };
    if (const auto* text = value.If<std::string>()) {
        asked.text_passes = [text = *text](std::string_view of) { return of == text; };
    }
    return asked;
}

}  // namespace gyre::graph::exec
