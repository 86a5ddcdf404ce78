#include "graph/plan/describe_rows.h"

namespace gyre::graph::plan {
namespace {

std::string SlotText(size_t slot) {
    return "#" + std::to_string(slot);
}

std::string KeysText(const WantedProperties& properties) {
    if (properties.Empty()) return "";
    std::string text;
    for (const auto& [key, value] : properties.pairs) text += (text.empty() ? "" : ", ") + key;
    return " {" + text + "}";
}

std::string NodeText(const NodePattern& node) {
    std::string text = "(" + SlotText(node.slot);
    for (const std::string& label : node.labels) text += ":" + label;
    text += KeysText(node.properties);
    if (node.id) text += " by id";
    return text + ")";
}

std::string HopText(const HopPattern& hop) {
    std::string inside;
    for (const std::string& type : hop.types) inside += (inside.empty() ? ":" : "|") + type;
    inside += KeysText(hop.properties);
    if (hop.many) inside += "*" + std::to_string(hop.least) + ".." + std::to_string(hop.most);
    const std::string line = "-[" + inside + "]-";
    if (hop.side == Direction::kOut) return line + ">";
    return hop.side == Direction::kIn ? "<" + line : line;
}

std::string PatternsText(const std::vector<PathPattern>& patterns) {
    std::string text;
    for (const PathPattern& path : patterns) {
        if (!text.empty()) text += ", ";
        if (path.which == PathPattern::Which::kShortest) text += "shortest ";
        if (path.which == PathPattern::Which::kAllShortest) text += "all shortest ";
        text += NodeText(path.nodes[0]);
        for (size_t i = 0; i < path.hops.size(); ++i) {
            text += HopText(path.hops[i]) + NodeText(path.nodes[i + 1]);
        }
    }
    return text;
}

std::string ProjectionText(const RowStep& step) {
    std::string text = step.aggregates.empty() ? "Projection(" : "Aggregation(";
    if (step.distinct) text += "distinct ";
    for (size_t i = 0; i < step.items.size(); ++i) {
        if (i > 0) text += ", ";
        text += step.items[i].name;
    }
    text += ")";
    if (step.where) text += " Filter";
    if (!step.order.empty()) text += " OrderBy(" + std::to_string(step.order.size()) + " keys)";
    if (step.skip) text += " Skip";
    if (step.limit) text += " Limit";
    return text;
}

void AddTexts(const RowUnion& all, std::vector<std::string>& texts) {
    for (const RowPart& part : all.parts) {
        for (const RowStep& step : part.steps) {
            texts.push_back(RowStepText(step));
            AddTexts(step.inner, texts);
        }
    }
    if (all.distinct) texts.emplace_back("Distinct");
}

}  // namespace

std::string RowStepText(const RowStep& step) {
    switch (step.kind) {
        case RowStep::Kind::kMatch:
            return std::string(step.optional ? "OptionalMatch(" : "Match(") +
                   PatternsText(step.patterns) + ")" + (step.where ? " Filter" : "");
        case RowStep::Kind::kUnwind:
            return "Unwind(" + SlotText(step.slot) + ")";
        case RowStep::Kind::kProject:
            return ProjectionText(step);
        case RowStep::Kind::kCreate:
            return "Create(" + PatternsText(step.patterns) + ")";
        case RowStep::Kind::kMerge:
            return "Merge(" + PatternsText(step.patterns) + ")";
        case RowStep::Kind::kSet:
            return "Set(" + std::to_string(step.sets.size()) + " items)";
        case RowStep::Kind::kDelete:
            return step.detach ? "DetachDelete" : "Delete";
        case RowStep::Kind::kSubquery:
            return "Subquery";
        case RowStep::Kind::kForEach:
            return "ForEach(" + SlotText(step.slot) + ")";
        case RowStep::Kind::kCall:
            return "Call(" + step.procedure->name + ")" + (step.where ? " Filter" : "");
    }
    return "Step";
}

std::vector<std::string> RowStepTexts(const RowQuery& query) {
    std::vector<std::string> texts;
    AddTexts(query.all, texts);
    return texts;
}

}  // namespace gyre::graph::plan
