#include <utility>

#include "graph/cypher/detail/parser.h"

namespace gyre::graph::cypher::detail {
namespace {

using core::Status;
using plan::RowPart;
using plan::RowStep;
using plan::Type;
using Field = plan::Procedure::Field;

/// What is known of a value that a procedure gives.
Type TypeOfField(const Field& field) {
    return field.types.size() == 1 ? field.types[0] : Type::kAny;
}

/// An integer is taken for a float too.
bool TakesType(const Field& field, Type type) {
    if (field.types.empty() || type == Type::kAny || type == Type::kNull) return true;
    const auto has = [&](Type one) {
        return std::ranges::find(field.types, one) != field.types.end();
    };
    return has(type) || (type == Type::kInteger && has(Type::kFloat));
}

}  // namespace

// CALL { … }: the subquery for each row, its columns beside the row's.
Status Parser::Subquery(RowPart& part) {
    const uint32_t at = pieces_[next_].at;
    next_ += 2;
    RowStep step;
    step.kind = RowStep::Kind::kSubquery;
    GYRE_ASSIGN(step.inner, Union("}", true));
    GYRE_TRY(NeedSign("}"));
    for (const plan::RowItem& column : step.inner.parts[0].columns) {
        if (scope_.contains(column.name)) {
            return Wrong(at, "VariableAlreadyBound",
                         "the variable '" + column.name + "' is defined already");
        }
        step.inner_result.push_back(NewSlot());
        scope_[column.name] = {step.inner_result.back()};
    }
    part.steps.push_back(std::move(step));
    return {};
}

// CALL name(…) YIELD …; true where it is the whole query, which then needs neither arguments nor
// YIELD: parameters of the same names, and all columns, are what is meant.
core::Result<bool> Parser::Procedure(RowPart& part, std::string_view end) {
    ++next_;
    const uint32_t at = Now().at;
    GYRE_ASSIGN(std::string name, Name("a procedure's name or '{'"));
    while (TakeSign(".")) {
        GYRE_ASSIGN(const std::string more, Name("a procedure's name"));
        name += "." + more;
    }
    RowStep step;
    step.kind = RowStep::Kind::kCall;
    step.procedure = procedures_.Find(name);
    if (!step.procedure) {
        return core::Fail(core::Code::kInvalidArgument, "MalformedQueryException",
                          SyntaxError(query_, at, "", "there is no procedure").message + " " +
                              name + " (ProcedureError: ProcedureNotFound)");
    }
    const bool given = IsSign("(");
    if (given) GYRE_TRY(Arguments(step));
    const uint32_t after = Now().at;
    const bool yields = TakeWord("YIELD");
    const bool all = yields && TakeSign("*");
    if (yields && !all) GYRE_TRY(Yield(step));
    const bool alone = part.steps.empty() && end.empty() && EndOfPart(end);
    if (all && !alone) {
        return Wrong(after, "UnexpectedSyntax", "YIELD * has no place inside a query: name what");
    }
    if (!given && !alone) {
        return Wrong(at, "InvalidArgumentPassingMode",
                     "a procedure that is called inside a query takes its arguments in ( )");
    }
    if (!given) GYRE_TRY(GivenArguments(step, at));
    if (alone && (all || !yields)) GYRE_TRY(YieldAll(step));
    if (alone) {
        for (const auto& [name_of, variable] : scope_) {
            part.columns.push_back({name_of, variable.slot, SlotOf(variable.slot, variable.type)});
        }
        const auto place = [&](const plan::RowItem& item) {
            return std::ranges::find(step.yielded, item.slot, &std::pair<size_t, size_t>::second);
        };
        std::ranges::sort(part.columns, {}, place);
    }
    const bool gives = !step.procedure->gives.empty();
    if (!alone && gives && EndOfPart(end)) {
        return Wrong(Now().at, "InvalidClauseComposition",
                     "the query ends with a CALL that gives values: expected RETURN");
    }
    part.steps.push_back(std::move(step));
    return alone;
}

Status Parser::Arguments(RowStep& step) {
    const uint32_t at = Now().at;
    const auto& takes = step.procedure->takes;
    ++next_;
    while (!TakeSign(")")) {
        if (!step.arguments.empty()) GYRE_TRY(NeedSign(","));
        const uint32_t place = Now().at;
        GYRE_ASSIGN(Expr argument, Expression());
        const size_t index = step.arguments.size();
        if (index < takes.size() && !TakesType(takes[index], argument->type)) {
            return Wrong(place, "InvalidArgumentType",
                         step.procedure->name + "() does not take " +
                             std::string(TypeWord(argument->type)) + " for " + takes[index].name);
        }
        step.arguments.push_back(std::move(argument));
    }
    if (step.arguments.size() != takes.size()) {
        return Wrong(at, "InvalidNumberOfArguments",
                     step.procedure->name + "() takes " + std::to_string(takes.size()) +
                         " arguments, and not " + std::to_string(step.arguments.size()));
    }
    return {};
}

// The parameters of the same names.
Status Parser::GivenArguments(RowStep& step, uint32_t at) {
    for (const Field& field : step.procedure->takes) {
        const Value* value = parameters_.Find(Value(field.name));
        if (value == nullptr) {
            return core::Fail(
                core::Code::kInvalidArgument, "MissingParameterException",
                "there is no parameter '" + field.name + "' (ParameterMissing: MissingParameter)");
        }
        step.arguments.push_back(Literal(*value));
        if (!TakesType(field, step.arguments.back()->type)) {
            return Wrong(at, "InvalidArgumentType",
                         step.procedure->name + "() does not take this value for " + field.name);
        }
    }
    return {};
}

Status Parser::Yield(RowStep& step) {
    const auto& gives = step.procedure->gives;
    do {
        const uint32_t at = Now().at;
        GYRE_ASSIGN(std::string name, Name("a name that the procedure gives"));
        const auto found = std::ranges::find(gives, name, &Field::name);
        if (found == gives.end()) {
            return Wrong(at, "UndefinedVariable",
                         step.procedure->name + "() gives no '" + name + "'");
        }
        if (TakeWord("AS")) {
            GYRE_ASSIGN(name, Name("a variable"));
        }
        if (scope_.contains(name)) {
            return Wrong(at, "VariableAlreadyBound",
                         "the variable '" + name + "' is defined already");
        }
        step.yielded.emplace_back(found - gives.begin(), NewSlot());
        scope_[name] = {step.yielded.back().second, TypeOfField(*found)};
    } while (TakeSign(","));
    if (TakeWord("WHERE")) {
        GYRE_ASSIGN(step.where, Condition());
    }
    return {};
}

Status Parser::YieldAll(RowStep& step) {
    for (const Field& field : step.procedure->gives) {
        step.yielded.emplace_back(step.yielded.size(), NewSlot());
        scope_[field.name] = {step.yielded.back().second, TypeOfField(field)};
    }
    return {};
}

}  // namespace gyre::graph::cypher::detail
