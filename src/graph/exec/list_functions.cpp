#include <map>

#include "graph/exec/functions.h"
#include "graph/exec/stages.h"

namespace gyre::graph::exec {
namespace {

using core::Result;

tl::unexpected<core::Error> Wrong(std::string message) {
    return core::Fail(core::Code::kInvalidArgument, "InvalidParameterException",
                      std::move(message));
}

/// A map is none here, though it can be unfolded.
bool IsCollection(const Value& value, Values& items) {
    return !value.Is<Ptr<graph::Map>>() && !value.Is<Ptr<Entry>>() && ItemsOf(value, items);
}

Value ToSet(const Values& items) {
    auto set = std::make_shared<Set>();
    for (const Value& item : items) set->Add(item);
    return Value(std::move(set));
}

/// The two collections, which CheckListArguments has looked at.
core::Status Both(const Value& value, const Values& arguments, Values& left, Values& right) {
    if (arguments.size() == 1 && IsCollection(value, left) && IsCollection(arguments[0], right)) {
        return {};
    }
    return Wrong("expected two collections");
}

Set SetOf(const Values& items) {
    Set set;
    for (const Value& item : items) set.Add(item);
    return set;
}

Result<Value> Combine(const Value& value, const Values& arguments) {
    Values left, right;
    GYRE_TRY(Both(value, arguments, left, right));
    if (left.size() + right.size() > kMostItems) return core::Fail(TooLarge());
    left.insert(left.end(), right.begin(), right.end());
    return MakeList(std::move(left));
}

Result<Value> Product(const Value& value, const Values& arguments) {
    Values left, right, pairs;
    GYRE_TRY(Both(value, arguments, left, right));
    if (left.size() * right.size() > 1'000'000) {
        return core::Fail(core::Code::kResourceExhausted, "MemoryLimitExceededException",
                          "the product has more than a million pairs");
    }
    for (const Value& a : left) {
        for (const Value& b : right) pairs.push_back(MakeList({a, b}));
    }
    return MakeList(std::move(pairs));
}

Result<Value> Conjoin(const Value& value, const Values& arguments) {
    Values items;
    if (!IsCollection(value, items)) return Wrong("expected a collection");
    const std::string mark = arguments.empty() ? "" : DisplayText(arguments[0]);
    std::string text;
    bool first = true;
    for (const Value& item : items) {
        if (item.IsNull()) continue;
        if (!Append(text, first ? "" : mark) || !Append(text, DisplayText(item))) {
            return core::Fail(TooLarge());
        }
        first = false;
    }
    return Value(std::move(text));
}

Result<Value> Difference(const Value& value, const Values& arguments) {
    Values left, right, kept;
    GYRE_TRY(Both(value, arguments, left, right));
    const Set other = SetOf(right);
    for (const Value& item : left) {
        if (!other.Contains(item)) kept.push_back(item);
    }
    return ToSet(kept);
}

Result<Value> Intersect(const Value& value, const Values& arguments) {
    Values left, right, kept;
    GYRE_TRY(Both(value, arguments, left, right));
    const Set other = SetOf(right);
    for (const Value& item : left) {
        if (other.Contains(item)) kept.push_back(item);
    }
    return ToSet(kept);
}

Result<Value> Disjunct(const Value& value, const Values& arguments) {
    Values left, right, kept;
    GYRE_TRY(Both(value, arguments, left, right));
    const Set a = SetOf(left), b = SetOf(right);
    for (const Value& item : left) {
        if (!b.Contains(item)) kept.push_back(item);
    }
    for (const Value& item : right) {
        if (!a.Contains(item)) kept.push_back(item);
    }
    return ToSet(kept);
}

Result<Value> MergeFunction(const Value& value, const Values& arguments) {
    if (value.Is<Ptr<graph::Map>>() && arguments.size() == 1 &&
        arguments[0].Is<Ptr<graph::Map>>()) {
        return Reduce(Operator::kAddAll, value, arguments[0]);
    }
    Values left, right;
    GYRE_TRY(Both(value, arguments, left, right));
    if (left.size() + right.size() > kMostItems) return core::Fail(TooLarge());
    left.insert(left.end(), right.begin(), right.end());
    return ToSet(left);
}

std::string TypeText(const Value& value) {
    return std::string(TypeName(value));
}

}  // namespace

core::Status CheckListArguments(const std::string& name, const Value& value) {
    Values items;
    if (value.IsNull()) return Wrong("Incoming traverser for " + name + " step can't be null");
    const bool fits =
        IsCollection(value, items) || (name == "merge" && value.Is<Ptr<graph::Map>>());
    if (fits) return {};
    return Wrong(name +
                 " step can only take an array or an Iterable type for incoming traversers, "
                 "encountered " +
                 TypeText(value));
}

core::Status CheckListArgument(const std::string& name, const Value& value, const Value& argument,
                               bool of_traversal) {
    Values items;
    if (name == "merge" && value.Is<Ptr<graph::Map>>()) {
        if (argument.Is<Ptr<graph::Map>>()) return {};
        return Wrong("merge step expected provided argument to evaluate to a Map, encountered " +
                     TypeText(argument));
    }
    if (IsCollection(argument, items)) return {};
    if (of_traversal) {
        const std::string begins =
            "traversal argument for " + name + " step must yield an iterable type, ";
        return Wrong(begins +
                     (argument.IsNull() ? "not null" : "encountered " + TypeText(argument)));
    }
    if (argument.IsNull()) return Wrong("Argument provided for " + name + " step can't be null");
    if (argument.Is<Ptr<graph::Map>>()) {
        return Wrong(name + " step type mismatch: expected argument to be Iterable but got Map");
    }
    return Wrong(name + " step can only take an array or an Iterable as an argument, encountered " +
                 TypeText(argument));
}

Function ListFunction(std::string_view name) {
    static const std::map<std::string_view, Function> kFunctions = {
        {"combine", Combine},       {"product", Product},     {"conjoin", Conjoin},
        {"difference", Difference}, {"intersect", Intersect}, {"disjunct", Disjunct},
        {"merge", MergeFunction},
    };
    const auto found = kFunctions.find(name);
    return found == kFunctions.end() ? nullptr : found->second;
}

}  // namespace gyre::graph::exec
