#include "graph/exec/lambda.h"

#include <algorithm>
#include <map>
#include <optional>

#include "graph/compare.h"
#include "graph/exec/element.h"
#include "graph/exec/functions.h"
#include "graph/exec/stages.h"
#include "graph/number.h"

namespace gyre::graph::exec {
namespace {

using plan::LambdaNode;
using Kind = LambdaNode::Kind;

/// What a name or an expression of a lambda stands for.
struct Object {
    Value value;
    const Traverser* traverser = nullptr;  ///< it is a traverser
    bool absent = false;                   ///< it is a property that there is not
};

/// As Groovy sees it in a condition.
bool Holds(const Object& object) {
    const Value& value = object.value;
    if (object.traverser != nullptr) return true;
    if (value.IsNull() || object.absent) return false;
    if (value.Is<bool>()) return value.As<bool>();
    if (value.IsNumber()) return ToDouble(value) != 0;
    if (value.Is<std::string>()) return !value.As<std::string>().empty();
    Values items;
    return !ItemsOf(value, items) || !items.empty();
}

class Run {
  public:
    explicit Run(Context& context) : context_(context) {}

    std::map<std::string, Object> names;

    Object Of(const LambdaNode& node) {
        switch (node.kind) {
            case Kind::kLiteral:
                return {node.value};
            case Kind::kName: {
                const auto found = names.find(node.text);
                if (found != names.end()) return found->second;
                return Wrong("No such property: " + node.text);
            }
            case Kind::kList: {
                Values items;
                for (const LambdaNode& child : node.children) items.push_back(Of(child).value);
                return {MakeList(std::move(items))};
            }
            case Kind::kMap: {
                auto map = std::make_shared<Map>();
                for (size_t i = 0; i + 1 < node.children.size(); i += 2) {
                    map->Put(Of(node.children[i]).value, Of(node.children[i + 1]).value);
                }
                return {Value(std::move(map))};
            }
            case Kind::kCall: {
                const Object on = Of(node.children[0]);
                std::vector<Value> arguments;
                for (size_t i = 1; i < node.children.size(); ++i) {
                    arguments.push_back(Of(node.children[i]).value);
                }
                return context_.Failed() ? Object() : Call(on, node.text, arguments);
            }
            case Kind::kMember:
                return Member(Of(node.children[0]), node.text);
            case Kind::kIndex: {
                const Object on = Of(node.children[0]);
                return Call(on, "get", {Of(node.children[1]).value});
            }
            case Kind::kOperate:
                return Operate(node);
            case Kind::kAssign:
                return names[node.text] = Of(node.children[0]);
            case Kind::kIf:
                if (Holds(Of(node.children[0]))) return Of(node.children[1]);
                return node.children.size() > 2 ? Of(node.children[2]) : Object();
            case Kind::kReturn: {
                Object result = Of(node.children[0]);
                returned_ = true;
                return result;
            }
            case Kind::kBlock: {
                Object last;
                for (const LambdaNode& child : node.children) {
                    last = Of(child);
                    if (returned_ || context_.Failed()) break;
                }
                return last;
            }
        }
        return {};
    }

  private:
    Object Wrong(std::string message) {
        context_.Fail("InvalidParameterException", "in the lambda: " + std::move(message));
        return {};
    }

    Object Call(const Object& on, const std::string& name, const std::vector<Value>& arguments) {
        if (on.traverser != nullptr) return OfTraverser(*on.traverser, name, arguments);
        if (name == "orElse" && arguments.size() == 1) {
            return on.absent ? Object{arguments[0]} : Object{PropertyValue(on.value)};
        }
        if (name == "isPresent" && arguments.empty()) return {Value(!on.absent)};
        if (on.absent) return Wrong("the property is not there, and has no " + name + "()");
        if (on.value.IsNull()) return Wrong("Cannot invoke method " + name + "() on null object");
        if (name == "toString" && arguments.empty()) return {Value(DisplayText(on.value))};
        if (name == "equals" && arguments.size() == 1) {
            return {Value(SameValue(on.value, arguments[0]))};
        }
        if (name == "compareTo" && arguments.size() == 1) {
            const auto order = OrderValues(on.value, arguments[0]);
            return {Value(int32_t{order < 0 ? -1 : order > 0 ? 1 : 0})};
        }
        std::optional<Object> result;
        if (on.value.IsElement() || on.value.Is<Ptr<Property>>()) {
            result = OfElement(on.value, name, arguments);
        } else if (on.value.Is<std::string>()) {
            result = OfText(on.value.As<std::string>(), name, arguments);
        } else {
            result = OfCollection(on.value, name, arguments);
        }
        if (result) return *result;
        return Wrong("No signature of method: " + std::string(TypeName(on.value)) + "." + name +
                     "() with " + std::to_string(arguments.size()) + " arguments");
    }

    Object OfTraverser(const Traverser& traverser, const std::string& name,
                       const std::vector<Value>& arguments) {
        if (name == "get" && arguments.empty()) return {traverser.value};
        if (name == "bulk" && arguments.empty()) return {Value(traverser.bulk)};
        if (name == "sack" && arguments.empty()) return {traverser.sack};
        if (name == "loops" && arguments.empty()) {
            const int64_t loops = traverser.loops.empty() ? 0 : traverser.loops.back().count;
            return {Value(static_cast<int32_t>(loops))};
        }
        if (name == "path" && arguments.empty()) return {Value(ToPath(traverser.path))};
        if (name == "path" && arguments.size() == 1 && arguments[0].Is<std::string>()) {
            Value value;
            if (FindLabel(traverser.path, arguments[0].As<std::string>(), Pop::kLast, value)) {
                return {std::move(value)};
            }
            return Wrong("The step with label " + arguments[0].As<std::string>() +
                         " does not exist");
        }
        return Wrong("a traverser has no " + name + "()");
    }

    static Value PropertyValue(const Value& value) {
        if (const auto* vp = value.If<Ptr<VertexProperty>>()) return (*vp)->value;
        if (const auto* p = value.If<Ptr<Property>>()) return (*p)->value;
        return value;
    }

    std::optional<Object> OfElement(const Value& element, const std::string& name,
                                    const std::vector<Value>& arguments) {
        const bool keyed = arguments.size() == 1 && arguments[0].Is<std::string>();
        if (name == "value" && keyed) {
            Value value;
            const std::string& key = arguments[0].As<std::string>();
            if (PropertyOf(context_, element, key, value)) return Object{std::move(value)};
            return Wrong("The property does not exist as the key has no associated value: " + key);
        }
        if (name == "property" && keyed) {
            Values found;
            PropertiesOf(context_, element, {arguments[0].As<std::string>()}, found);
            if (found.empty()) return Object{Value(), nullptr, true};
            return Object{std::move(found[0])};
        }
        if (!arguments.empty()) return std::nullopt;
        if (name == "value") return Object{PropertyValue(element)};
        if (name == "label" || name == "key") {
            std::string label;
            if (const auto* property = element.If<Ptr<Property>>())
                label = (*property)->key;
            else
                static_cast<void>(LabelOf(context_, element, label));
            return Object{Value(std::move(label))};
        }
        if (name == "id") {
            Value id;
            static_cast<void>(IdOf(context_, element, id));
            return Object{std::move(id)};
        }
        if (name == "element") {
            if (const auto* vp = element.If<Ptr<VertexProperty>>()) return Object{(*vp)->vertex};
            if (const auto* p = element.If<Ptr<Property>>()) return Object{(*p)->element};
        }
        if (const auto* edge = element.If<EdgeRef>()) {
            if (name == "outVertex") return Object{Value(VertexRef{edge->out})};
            if (name == "inVertex") return Object{Value(VertexRef{edge->in})};
        }
        return std::nullopt;
    }

    std::optional<Object> OfText(const std::string& text, const std::string& name,
                                 const std::vector<Value>& arguments) {
        const auto* other = arguments.size() == 1 ? arguments[0].If<std::string>() : nullptr;
        if (other != nullptr && name == "startsWith")
            return Object{Value(text.starts_with(*other))};
        if (other != nullptr && name == "endsWith") return Object{Value(text.ends_with(*other))};
        if (other != nullptr && name == "contains") {
            return Object{Value(text.find(*other) != std::string::npos)};
        }
        if (name == "isEmpty" && arguments.empty()) return Object{Value(text.empty())};
        static const std::map<std::string_view, std::string_view> kSteps = {
            {"length", "length"},       {"size", "length"},         {"substring", "substring"},
            {"toUpperCase", "toUpper"}, {"toLowerCase", "toLower"}, {"trim", "trim"},
            {"replace", "replace"},     {"reverse", "reverse"}};
        const auto step = kSteps.find(name);
        if (step == kSteps.end()) return std::nullopt;
        const Function function = TextFunction(step->second);
        if (function == nullptr) return std::nullopt;
        auto result = function(Value(text), arguments);
        if (result) return Object{std::move(*result)};
        return Wrong(result.error().message);
    }

    std::optional<Object> OfCollection(const Value& value, const std::string& name,
                                       const std::vector<Value>& arguments) {
        if (const auto* entry = value.If<Ptr<Entry>>(); entry != nullptr && arguments.empty()) {
            if (name == "getKey") return Object{(*entry)->key};
            if (name == "getValue") return Object{(*entry)->value};
        }
        if (const auto* map = value.If<Ptr<Map>>(); map != nullptr && arguments.size() == 1) {
            const Value* found = (*map)->Find(arguments[0]);
            if (name == "get") return Object{found != nullptr ? *found : Value()};
            if (name == "containsKey") return Object{Value(found != nullptr)};
        }
        Values items;
        if (!ItemsOf(value, items)) return std::nullopt;
        const auto count = static_cast<int64_t>(items.size());
        if (name == "size" && arguments.empty()) return Object{Value(static_cast<int32_t>(count))};
        if (name == "isEmpty" && arguments.empty()) return Object{Value(items.empty())};
        if (name == "get" && arguments.size() == 1 && arguments[0].IsNumber()) {
            const int64_t at = ToInt64(arguments[0]);
            if (at >= 0 && at < count) return Object{items[static_cast<size_t>(at)]};
            return Wrong("Index " + std::to_string(at) + " out of bounds for length " +
                         std::to_string(count));
        }
        return std::nullopt;
    }

    /// it.key of a map's entry, map.key of a map.
    Object Member(const Object& on, const std::string& name) {
        if (const auto* entry = on.value.If<Ptr<Entry>>()) {
            if (name == "key") return {(*entry)->key};
            if (name == "value") return {(*entry)->value};
        }
        if (const auto* map = on.value.If<Ptr<Map>>()) {
            const Value* found = (*map)->Find(Value(name));
            return {found != nullptr ? *found : Value()};
        }
        return Wrong("No such property: " + name);
    }

    Object Operate(const LambdaNode& node) {
        const std::string& sign = node.text;
        const Object left = Of(node.children[0]);
        if (context_.Failed()) return {};
        if (sign == "instanceof")
            return {Value(TypeName(left.value) == node.value.As<std::string>())};
        if (sign == "!") return {Value(!Holds(left))};
        if (node.children.size() == 1)
            return Number(MultiplyNumbers(left.value, Value(int32_t{-1})));
        if (sign == "&&") return {Value(Holds(left) && Holds(Of(node.children[1])))};
        if (sign == "||") return {Value(Holds(left) || Holds(Of(node.children[1])))};
        const Object right = Of(node.children[1]);
        if (context_.Failed()) return {};
        const Value& a = left.value;
        const Value& b = right.value;
        if (sign == "==" || sign == "!=") {
            const bool numbers = a.IsNumber() && b.IsNumber();
            const bool same = numbers ? CompareNumbers(a, b) == 0 : SameValue(a, b);
            return {Value(same == (sign == "=="))};
        }
        if (sign == "+" && (a.Is<std::string>() || b.Is<std::string>())) {
            return {Value(DisplayText(a) + DisplayText(b))};
        }
        if (sign[0] == '<' || sign[0] == '>') {
            const auto order = OrderValues(a, b);
            return {Value(sign == "<"    ? order < 0
                          : sign == "<=" ? order <= 0
                          : sign == ">"  ? order > 0
                                         : order >= 0)};
        }
        if (sign == "+") return Number(AddNumbers(a, b));
        if (sign == "-") return Number(SubtractNumbers(a, b));
        if (sign == "*") return Number(MultiplyNumbers(a, b));
        if (sign == "/") return Number(DivideNumbers(a, b));
        return Wrong("the operator " + sign + " is not supported");
    }
    Object Number(core::Result<Value> result) {
        if (result) return {std::move(*result)};
        return Wrong(result.error().message);
    }

    Context& context_;
    bool returned_ = false;
};

/// A map or a filter by a lambda.
class LambdaStage final : public MapStage {
  public:
    using MapStage::MapStage;

  protected:
    bool Map(const Traverser& traverser, Value& value) override {
        value = RunLambda(context_, *step_.lambda, traverser);
        return !context_.Failed();
    }
};

bool Allowed(Context& context) {
    if (context.graph.Mode() == GraphMode::kTinkerGraph) return true;
    context.Fail(core::Error(core::Code::kUnimplemented, "UnsupportedOperationException",
                             "lambdas are not supported"));
    return false;
}

}  // namespace

Value RunLambda(Context& context, const plan::LambdaCode& code, const Traverser& traverser) {
    if (!Allowed(context)) return {};
    Run run(context);
    run.names[code.parameters[0]] =
        code.of_traverser ? Object{traverser.value, &traverser} : Object{traverser.value};
    return run.Of(code.body).value;
}

Value RunLambda(Context& context, const plan::LambdaCode& code, std::span<const Value> arguments) {
    if (!Allowed(context)) return {};
    Run run(context);
    for (size_t i = 0; i < std::min(arguments.size(), code.parameters.size()); ++i) {
        run.names[code.parameters[i]] = Object{arguments[i]};
    }
    return run.Of(code.body).value;
}

StagePtr MakeLambda(const plan::Step& step, Context& context) {
    return std::make_unique<LambdaStage>(step, context);
}

}  // namespace gyre::graph::exec
