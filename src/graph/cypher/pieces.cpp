#include "graph/cypher/detail/parser.h"

namespace gyre::graph::cypher::detail {
namespace {

using core::Code;

char Lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
bool SameWord(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) { return Lower(x) == Lower(y); });
}

}  // namespace

std::string Lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) { return Lower(c); });
    return text;
}

bool Parser::IsSign(std::string_view sign, size_t ahead) const {
    return Ahead(ahead).kind == Lexeme::kSign && Ahead(ahead).text == sign;
}
bool Parser::IsWord(std::string_view word, size_t ahead) const {
    return Ahead(ahead).kind == Lexeme::kName && SameWord(Ahead(ahead).text, word);
}
bool Parser::IsName(size_t ahead) const {
    return Ahead(ahead).kind == Lexeme::kName || Ahead(ahead).kind == Lexeme::kQuoted;
}
bool Parser::TakeSign(std::string_view sign) {
    if (!IsSign(sign)) return false;
    ++next_;
    return true;
}
bool Parser::TakeWord(std::string_view word) {
    if (!IsWord(word)) return false;
    ++next_;
    return true;
}
core::Status Parser::NeedSign(std::string_view sign) {
    if (!TakeSign(sign)) return Expected("'" + std::string(sign) + "'");
    return {};
}
core::Status Parser::NeedWord(std::string_view word) {
    if (!TakeWord(word)) return Expected(std::string(word));
    return {};
}
core::Result<std::string> Parser::Name(const std::string& what) {
    if (!IsName()) return Expected(what);
    return pieces_[next_++].text;
}
tl::unexpected<core::Error> Parser::Expected(const std::string& what) const {
    const std::string found =
        Now().kind == Lexeme::kEnd ? "the end of the query" : "'" + Now().text + "'";
    return Wrong(Now().at, "UnexpectedSyntax", "expected " + what + ", found " + found);
}
tl::unexpected<core::Error> Parser::Wrong(uint32_t at, std::string_view detail,
                                          std::string message) const {
    return core::Fail(SyntaxError(query_, at, detail, std::move(message)));
}
tl::unexpected<core::Error> Parser::Unimplemented(const std::string& what) const {
    return core::Fail(Code::kUnimplemented, "UnsupportedOperationException",
                      what + " is not implemented in openCypher");
}

core::Result<Variable> Parser::Find(const std::string& name, uint32_t at) const {
    const auto found = scope_.find(name);
    if (found == scope_.end()) {
        return Wrong(at, "UndefinedVariable", "the variable '" + name + "' is not defined");
    }
    return found->second;
}

plan::ExpressionPtr Literal(Value value) {
    auto expression = std::make_shared<plan::Expression>();
    expression->type = TypeOf(value);
    expression->value = std::move(value);
    return expression;
}
plan::ExpressionPtr SlotOf(size_t slot, plan::Type type) {
    auto expression = std::make_shared<plan::Expression>();
    expression->kind = plan::Expression::Kind::kSlot;
    expression->slot = slot;
    expression->type = type;
    return expression;
}

plan::Type TypeOf(const Value& value) {
    using plan::Type;
    if (value.IsNull()) return Type::kNull;
    if (value.Is<bool>()) return Type::kBoolean;
    if (value.Is<std::string>()) return Type::kText;
    if (value.Is<float>() || value.Is<double>()) return Type::kFloat;
    if (value.IsNumber()) return Type::kInteger;
    if (value.Is<Ptr<List>>()) return Type::kList;
    if (value.Is<Ptr<Map>>()) return Type::kMap;
    return Type::kAny;
}

plan::Type CommonType(const std::vector<plan::ExpressionPtr>& items) {
    plan::Type common = plan::Type::kNull;
    for (const auto& item : items) {
        if (item->type == plan::Type::kNull) continue;
        if (common != plan::Type::kNull && common != item->type) return plan::Type::kAny;
        common = item->type;
    }
    return common == plan::Type::kNull ? plan::Type::kAny : common;
}

std::string_view TypeWord(plan::Type type) {
    static constexpr std::string_view kWords[] = {
        "Any",  "Null", "Boolean", "Integer",      "Float", "String",
        "List", "Map",  "Node",    "Relationship", "Path",  "a date or time"};
    return kWords[static_cast<size_t>(type)];
}

bool IsConstant(const plan::Expression& expression) {
    using Kind = plan::Expression::Kind;
    if (expression.kind == Kind::kSlot || expression.sub) return false;
    return std::ranges::all_of(expression.children,
                               [](const auto& child) { return !child || IsConstant(*child); });
}

}  // namespace gyre::graph::cypher::detail
