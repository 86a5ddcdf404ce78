#include <charconv>
#include <limits>

#include "graph/cypher/detail/parser.h"

namespace gyre::graph::cypher::detail {
namespace {

using core::Status;
using plan::PathPattern;
using plan::Type;

}  // namespace

core::Result<size_t> Parser::Bind(const std::string& name, Type type, bool many, uint32_t at,
                                  bool& bound) {
    bound = false;
    if (name.empty()) return NewSlot();
    const auto found = scope_.find(name);
    if (found == scope_.end()) {
        const size_t slot = NewSlot();
        scope_[name] = {slot, type, many};
        return slot;
    }
    const Variable& variable = found->second;
    const bool list_of_hops = many && variable.type == Type::kList;
    if (variable.type != Type::kAny && variable.type != Type::kNull && !list_of_hops &&
        (variable.type != type || variable.many != many)) {
        return Wrong(at, "VariableTypeConflict",
                     "the variable '" + name + "' is of type " +
                         std::string(TypeWord(variable.type)) + " already");
    }
    bound = true;
    return variable.slot;
}

core::Result<std::vector<PathPattern>> Parser::Patterns(Use use) {
    std::vector<PathPattern> patterns;
    fresh_.clear();
    do {
        GYRE_ASSIGN(PathPattern path, Path(use));
        patterns.push_back(std::move(path));
    } while (TakeSign(","));
    return patterns;
}

core::Result<PathPattern> Parser::Path(Use use) {
    std::string name;
    const uint32_t at = Now().at;
    if (IsName() && IsSign("=", 1)) {
        GYRE_ASSIGN(name, Name("a variable"));
        ++next_;
        if (scope_.contains(name)) {
            return Wrong(at, "VariableAlreadyBound",
                         "the variable '" + name + "' is defined already");
        }
    }
    PathPattern path;
    const bool shortest = IsWord("shortestPath");
    if (IsSign("(", 1) && (shortest || IsWord("allShortestPaths"))) {
        next_ += 2;
        GYRE_ASSIGN(path, Chain(use));
        if (path.hops.size() != 1) {
            return Wrong(at, "UnexpectedSyntax", "a shortest path is of one relationship");
        }
        path.which = shortest ? PathPattern::Which::kShortest : PathPattern::Which::kAllShortest;
        GYRE_TRY(NeedSign(")"));
    } else {
        GYRE_ASSIGN(path, Chain(use));
    }
    if (!name.empty()) {
        if (scope_.contains(name)) {
            return Wrong(at, "VariableAlreadyBound",
                         "the variable '" + name + "' is a part of its own pattern");
        }
        path.slot = NewSlot();
        scope_[name] = {*path.slot, Type::kPath};
    }
    return path;
}

core::Result<PathPattern> Parser::Chain(Use use) {
    PathPattern path;
    const bool around = IsSign("(") && IsSign("(", 1);  // ((a)-->(b))
    if (around) ++next_;
    const uint32_t at = Now().at;
    GYRE_ASSIGN(plan::NodePattern first, Node(use));
    path.nodes.push_back(std::move(first));
    while (IsSign("-") || (IsSign("<") && IsSign("-", 1))) {
        GYRE_ASSIGN(plan::HopPattern hop, Hop(use));
        path.hops.push_back(std::move(hop));
        GYRE_ASSIGN(plan::NodePattern node, Node(use));
        path.nodes.push_back(std::move(node));
    }
    if (around) GYRE_TRY(NeedSign(")"));
    const bool writes = use == Use::kCreate || use == Use::kMerge;
    if (writes && path.hops.empty() && path.nodes[0].bound) {
        return Wrong(at, "VariableAlreadyBound", "this node is there already");
    }
    return path;
}

core::Result<plan::NodePattern> Parser::Node(Use use) {
    GYRE_TRY(NeedSign("("));
    plan::NodePattern node;
    std::string name;
    const uint32_t at = Now().at;
    if (IsName()) {
        GYRE_ASSIGN(name, Name("a variable"));
    }
    while (TakeSign(":")) {
        GYRE_ASSIGN(std::string label, Name("a label"));
        node.labels.push_back(std::move(label));
    }
    const bool described = !node.labels.empty() || !IsSign(")");
    GYRE_ASSIGN(node.properties, PatternProperties(use));
    GYRE_TRY(NeedSign(")"));
    if (use == Use::kPredicate && !name.empty()) GYRE_TRY(Find(name, at));
    GYRE_ASSIGN(node.slot, Bind(name, Type::kNode, false, at, node.bound));
    const bool writes = use == Use::kCreate || use == Use::kMerge;
    if (writes && node.bound && described) {
        return Wrong(at, "VariableAlreadyBound",
                     "the node '" + name + "' is there already, and cannot be made otherwise here");
    }
    return node;
}

core::Result<plan::WantedProperties> Parser::PatternProperties(Use use) {
    plan::WantedProperties properties;
    if (IsSign("{")) {
        GYRE_ASSIGN(properties.pairs, Properties());
    } else if (Now().kind == Lexeme::kParameter) {
        if (use != Use::kCreate) {
            return Wrong(Now().at, "InvalidParameterUse",
                         "a parameter cannot stand for all properties of a pattern here");
        }
        GYRE_ASSIGN(properties.map, Parameter());
        if (properties.map->type != Type::kMap) {
            return Wrong(Now().at, "InvalidArgumentType", "properties are a Map");
        }
    }
    return properties;
}

core::Result<plan::HopPattern> Parser::Hop(Use use) {
    plan::HopPattern hop;
    const bool left = TakeSign("<");
    const uint32_t at = Now().at;
    GYRE_TRY(NeedSign("-"));
    std::string name;
    if (TakeSign("[")) {
        if (IsName()) {
            GYRE_ASSIGN(name, Name("a variable"));
        }
        if (TakeSign(":")) {
            do {
                TakeSign(":");  // [:A|:B] is [:A|B]
                GYRE_ASSIGN(std::string type, Name("a relationship's type"));
                if (std::ranges::find(hop.types, type) == hop.types.end()) {
                    hop.types.push_back(std::move(type));
                }
            } while (TakeSign("|"));
        }
        if (TakeSign("*")) GYRE_TRY(Length(hop));
        if (IsSign("..")) {
            return Wrong(Now().at, "InvalidRelationshipPattern", "a length begins with '*'");
        }
        GYRE_ASSIGN(hop.properties, PatternProperties(use));
        GYRE_TRY(NeedSign("]"));
    }
    GYRE_TRY(NeedSign("-"));
    const bool right = TakeSign(">");
    hop.side = left == right ? Direction::kBoth : right ? Direction::kOut : Direction::kIn;
    if (use == Use::kPredicate && !name.empty()) GYRE_TRY(Find(name, at));
    hop.named = !name.empty();
    GYRE_ASSIGN(hop.slot,
                Bind(name, hop.many ? Type::kList : Type::kRelationship, hop.many, at, hop.bound));
    if (hop.bound && fresh_.contains(hop.slot)) {
        return Wrong(at, "RelationshipUniquenessViolation",
                     "the relationship '" + name + "' stands twice in one pattern");
    }
    if (!hop.bound) fresh_.insert(hop.slot);
    GYRE_TRY(WrittenHop(hop, use, at));
    return hop;
}

// What CREATE and MERGE ask of a relationship.
Status Parser::WrittenHop(const plan::HopPattern& hop, Use use, uint32_t at) const {
    if (use != Use::kCreate && use != Use::kMerge) return {};
    if (hop.many) {
        return Wrong(at, "CreatingVarLength", "a relationship of many hops cannot be made");
    }
    if (hop.bound) {
        return Wrong(at, "VariableAlreadyBound", "this relationship is there already");
    }
    if (hop.types.size() != 1) {
        return Wrong(at, "NoSingleRelationshipType", "a new relationship has exactly one type");
    }
    if (use == Use::kCreate && hop.side == Direction::kBoth) {
        return Wrong(at, "RequiresDirectedRelationship", "a new relationship has a direction");
    }
    return {};
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
    hop.most = std::numeric_limits<int64_t>::max();
    if (Now().kind == Lexeme::kInteger) {
        GYRE_TRY(number(hop.least));
        if (!IsSign("..")) hop.most = hop.least;
    } else if (IsSign("-")) {
        return Wrong(Now().at, "InvalidRelationshipPattern", "a length is not negative");
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
