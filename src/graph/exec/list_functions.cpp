#include <map>

#include "graph/exec/functions.h"
#include "graph/exec/stages.h"

namespace gyre::graph::exec {
namespace {

using core::Result;

tl::unexpected<core::Error> NotFor(const char* function, const Value& value) {
    return core::Fail(core::Code::kInvalidArgument, "InvalidParameterException",
                      std::string(function) +
                          " step can only take an array or an Iterable as "
                          "argument, encountered " +
                          std::string(TypeName(value)));
}

/// The two collections; false when one is none.
bool Both(const Value& value, const Values& arguments, Values& left, Values& right) {
    return arguments.size() == 1 && ItemsOf(value, left) && ItemsOf(arguments[0], right);
}

Value ToSet(const Values& items) {
    auto set = std::make_shared<Set>();
    for (const Value& item : items) set->Add(item);
    return Value(std::move(set));
}

Set SetOf(const Values& items) {
    Set set;
    for (const Value& item : items) set.Add(item);
    return set;
}

Result<Value> Combine(const Value& value, const Values& arguments) {
    Values left, right;
    if (!Both(value, arguments, left, right)) return NotFor("combine", value);
    left.insert(left.end(), right.begin(), right.end());
    return MakeList(std::move(left));
}

Result<Value> Product(const Value& value, const Values& arguments) {
    Values left, right, pairs;
    if (!Both(value, arguments, left, right)) return NotFor("product", value);
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
    if (!ItemsOf(value, items)) return NotFor("conjoin", value);
    const std::string mark = arguments.empty() ? "" : DisplayText(arguments[0]);
    std::string text;
    bool first = true;
    for (const Value& item : items) {
        if (item.IsNull()) continue;
        if (!first) text += mark;
        first = false;
        text += DisplayText(item);
    }
    return Value(std::move(text));
}

Result<Value> Difference(const Value& value, const Values& arguments) {
    Values left, right, kept;
    if (!Both(value, arguments, left, right)) return NotFor("difference", value);
    const Set other = SetOf(right);
    for (const Value& item : left) {
        if (!other.Contains(item)) kept.push_back(item);
    }
    return ToSet(kept);
}

Result<Value> Intersect(const Value& value, const Values& arguments) {
    Values left, right, kept;
    if (!Both(value, arguments, left, right)) return NotFor("intersect", value);
    const Set other = SetOf(right);
    for (const Value& item : left) {
        if (other.Contains(item)) kept.push_back(item);
    }
    return ToSet(kept);
}

Result<Value> Disjunct(const Value& value, const Values& arguments) {
    Values left, right, kept;
    if (!Both(value, arguments, left, right)) return NotFor("disjunct", value);
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
    if (!Both(value, arguments, left, right)) return NotFor("merge", value);
    left.insert(left.end(), right.begin(), right.end());
    return ToSet(left);
}

}  // namespace

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
