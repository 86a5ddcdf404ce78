#include "graph/gremlin/detail/builder.h"
#include "graph/gremlin/groovy.h"

namespace gyre::graph::gremlin::detail {

using core::Code;

plan::Step Call::Step(plan::Op op) const {
    plan::Step step;
    step.op = op;
    step.start = start_;
    step.at = instruction_.at;
    return step;
}

tl::unexpected<core::Error> Call::Wrong(const std::string& expected) const {
    return core::Fail(core::Error(Code::kInvalidArgument, "MalformedQueryException",
                                  "the step " + Name() + "() takes " + expected)
                          .With("at", std::to_string(instruction_.at)));
}

tl::unexpected<core::Error> Call::Refused(std::string message) const {
    return core::Fail(
        core::Error(Code::kInvalidArgument, "MalformedQueryException", std::move(message))
            .With("at", std::to_string(instruction_.at)));
}

const Rules& Call::TheRules() const {
    return compiler_.query.rules;
}

tl::unexpected<core::Error> Call::Unimplemented(const std::string& what) const {
    return core::Fail(core::Error(Code::kUnimplemented, "UnsupportedOperationException",
                                  what + " is not implemented")
                          .With("at", std::to_string(instruction_.at)));
}

Scope Call::TakeScope(std::span<const Value>& rest) const {
    if (rest.empty() || !rest[0].IsToken(TokenKind::kScope)) return Scope::kGlobal;
    const auto scope = static_cast<Scope>(rest[0].As<Token>().value);
    rest = rest.subspan(1);
    return scope;
}

core::Result<std::vector<std::string>> Call::Texts(std::span<const Value> values) const {
    std::vector<std::string> texts;
    for (const Value& value : values) {
        if (value.Is<std::string>()) {
            texts.push_back(value.As<std::string>());
        } else if (const auto* list = value.If<Ptr<List>>()) {
            GYRE_ASSIGN(auto inner, Texts((*list)->items));
            texts.insert(texts.end(), inner.begin(), inner.end());
        } else if (!value.IsNull()) {
            return Wrong("texts, and not " + DisplayText(value));
        }
    }
    return texts;
}

core::Result<int64_t> Call::Whole(const Value& value) const {
    if (const auto* v = value.If<int32_t>()) return *v;
    if (const auto* v = value.If<int64_t>()) return *v;
    if (const auto* v = value.If<int16_t>()) return *v;
    if (const auto* v = value.If<int8_t>()) return *v;
    return Wrong("a whole number, and not " + DisplayText(value));
}

core::Result<plan::TraversalPtr> Call::OfLambda(const Value& value, bool of_traverser) const {
    const Lambda& lambda = *value.As<Ptr<Lambda>>();
    GYRE_ASSIGN(plan::LambdaCode code, ReadLambda(lambda));
    code.of_traverser = of_traverser;
    if (lambda.script.find("path") != std::string::npos) NeedsPath();
    plan::Step step = Step(plan::Op::kLambda);
    step.lambda = std::make_shared<const plan::LambdaCode>(std::move(code));
    plan::Traversal only;
    only.steps.push_back(std::move(step));
    return std::make_shared<const plan::Traversal>(std::move(only));
}

core::Result<plan::TraversalPtr> Call::TestOfLambda(const Value& value, bool of_traverser) const {
    GYRE_ASSIGN(const auto only, OfLambda(value, of_traverser));
    plan::Traversal test = *only;
    plan::Step is = Step(plan::Op::kIs);
    is.predicate = EqualTo(Value(true));
    test.steps.push_back(std::move(is));
    return std::make_shared<const plan::Traversal>(std::move(test));
}

core::Result<plan::TraversalPtr> Call::Child(const Value& value) const {
    if (value.Is<Ptr<Lambda>>()) return OfLambda(value, true);
    const auto* bytecode = value.If<Ptr<Bytecode>>();
    if (bytecode == nullptr) return Wrong("a traversal, and not " + DisplayText(value));
    GYRE_ASSIGN(plan::Traversal traversal, compiler_.Traversal((*bytecode)->steps, false));
    return std::make_shared<const plan::Traversal>(std::move(traversal));
}

core::Result<plan::TraversalPtr> Call::Pattern(const Value& value) const {
    if (value.Is<Ptr<Lambda>>()) return TestOfLambda(value, true);
    const auto* bytecode = value.If<Ptr<Bytecode>>();
    if (bytecode == nullptr) return Wrong("a traversal, and not " + DisplayText(value));
    return compiler_.Pattern(**bytecode);
}

core::Result<plan::Argument> Call::Argument(const Value& value) const {
    plan::Argument argument;
    if (value.Is<Ptr<Bytecode>>()) {
        GYRE_ASSIGN(argument.traversal, Child(value));
    } else {
        argument.value = value;
    }
    return argument;
}

Ptr<Predicate> Call::AsPredicate(const Value& value) const {
    const auto* predicate = value.If<Ptr<Predicate>>();
    return predicate ? *predicate : EqualTo(value);
}

void Call::NeedsPath() const {
    compiler_.NeedPath();
}

void Call::Writes() const {
    compiler_.query.writes = true;
}

void Call::WritesFile() const {
    compiler_.query.writes_file = true;
}

}  // namespace gyre::graph::gremlin::detail
