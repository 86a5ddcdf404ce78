#include <charconv>

#include "graph/cypher/detail/parser.h"

namespace gyre::graph::cypher::detail {
namespace {

using core::Status;

constexpr int64_t kMostHops = 64;  // of a pattern without an upper bound

}  // namespace

size_t Parser::Bind(const std::string& name, bool& bound) {
    bound = false;
    if (name.empty()) return NewSlot();
    const auto found = scope_.find(name);
    if (found != scope_.end()) {
        bound = true;
        return found->second;
    }
    return scope_[name] = NewSlot();
}

core::Result<std::vector<plan::PathPattern>> Parser::Patterns() {
    std::vector<plan::PathPattern> patterns;
    do {
        GYRE_ASSIGN(plan::PathPattern path, Path());
        patterns.push_back(std::move(path));
    } while (TakeSign(","));
    return patterns;
}

core::Result<plan::PathPattern> Parser::Path() {
    plan::PathPattern path;
    std::string name;
    if ((Now().kind == Lexeme::kName || Now().kind == Lexeme::kQuoted) && IsSign("=", 1)) {
        GYRE_ASSIGN(name, Name("a variable"));
        ++next_;
    }
    if (IsWord("shortestPath") || IsWord("allShortestPaths"))
        return Unimplemented(Now().text + "()");
    GYRE_ASSIGN(plan::NodePattern first, Node());
    path.nodes.push_back(std::move(first));
    while (IsSign("-") || IsSign("<")) {
        GYRE_ASSIGN(plan::HopPattern hop, Hop());
        path.hops.push_back(std::move(hop));
        GYRE_ASSIGN(plan::NodePattern node, Node());
        path.nodes.push_back(std::move(node));
    }
    if (!name.empty()) {
        bool bound = false;
        path.slot = Bind(name, bound);
        if (bound) return Wrong(Now().at, "the variable '" + name + "' is defined already");
    }
    return path;
}

core::Result<plan::NodePattern> Parser::Node() {
    GYRE_TRY(NeedSign("("));
    plan::NodePattern node;
    std::string name;
    if (Now().kind == Lexeme::kName || Now().kind == Lexeme::kQuoted) {
        GYRE_ASSIGN(name, Name("a variable"));
    }
    while (TakeSign(":")) {
        GYRE_ASSIGN(std::string label, Name("a label"));
        node.labels.push_back(std::move(label));
    }
    if (IsSign("{")) {
        GYRE_ASSIGN(node.properties, Properties());
    } else if (Now().kind == Lexeme::kParameter) {
        return Unimplemented("a parameter as a pattern's properties");
    }
    GYRE_TRY(NeedSign(")"));
    node.slot = Bind(name, node.bound);
    return node;
}

core::Result<plan::HopPattern> Parser::Hop() {
    plan::HopPattern hop;
    const bool left = TakeSign("<");
    GYRE_TRY(NeedSign("-"));
    std::string name;
    if (TakeSign("[")) {
        if (Now().kind == Lexeme::kName || Now().kind == Lexeme::kQuoted) {
            GYRE_ASSIGN(name, Name("a variable"));
        }
        if (TakeSign(":")) {
            do {
                TakeSign(":");  // [:A|:B] is [:A|B]
                GYRE_ASSIGN(std::string type, Name("a relationship's type"));
                hop.types.push_back(std::move(type));
            } while (TakeSign("|"));
        }
        if (TakeSign("*")) GYRE_TRY(Length(hop));
        if (IsSign("{")) {
            GYRE_ASSIGN(hop.properties, Properties());
        }
        GYRE_TRY(NeedSign("]"));
    }
    GYRE_TRY(NeedSign("-"));
    const bool right = TakeSign(">");
    hop.side = left == right ? Direction::kBoth : right ? Direction::kOut : Direction::kIn;
    hop.slot = Bind(name, hop.bound);
    return hop;
}

Status Parser::Length(plan::HopPattern& hop) {
    const auto number = [&](int64_t& into) -> Status {
        const std::string& text = Now().text;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
        if (error != std::errc() || end != text.data() + text.size()) {
            return Expected("a number of hops");
        }
        ++next_;
        return {};
    };
    hop.many = true;
    hop.most = kMostHops;
    if (Now().kind == Lexeme::kInteger) {
        GYRE_TRY(number(hop.least));
        if (!IsSign("..")) hop.most = hop.least;
    }
    if (TakeSign("..") && Now().kind == Lexeme::kInteger) GYRE_TRY(number(hop.most));
    return {};
}

core::Result<std::vector<std::pair<std::string, plan::ExpressionPtr>>> Parser::Properties() {
    GYRE_TRY(NeedSign("{"));
    std::vector<std::pair<std::string, Expr>> properties;
    while (!IsSign("}")) {
        if (!properties.empty()) GYRE_TRY(NeedSign(","));
        GYRE_ASSIGN(std::string key, Name("a key"));
        GYRE_TRY(NeedSign(":"));
        GYRE_ASSIGN(Expr value, Expression());
        properties.emplace_back(std::move(key), std::move(value));
    }
    ++next_;
    return properties;
}

}  // namespace gyre::graph::cypher::detail
