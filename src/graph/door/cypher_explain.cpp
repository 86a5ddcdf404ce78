#include "graph/door/cypher_explain.h"

#include <algorithm>
#include <cstdio>
#include <utility>
#include <vector>

#include "graph/plan/describe_rows.h"

namespace gyre::graph::door {
namespace {

using Line = std::vector<std::string>;

std::string Table(const std::vector<Line>& lines) {
    std::vector<size_t> widths(lines[0].size());
    for (const Line& line : lines) {
        for (size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
    }
    std::string rule = "+";
    for (const size_t width : widths) rule += std::string(width + 2, '-') + "+";
    std::string text = rule + "\n";
    for (const Line& line : lines) {
        text += "|";
        for (size_t i = 0; i < line.size(); ++i) {
            text += " " + line[i] + std::string(widths[i] - line[i].size(), ' ') + " |";
        }
        text += "\n";
        if (&line == lines.data()) text += rule + "\n";
    }
    return text + rule + "\n";
}

/// "Match((#0))" is the step Match with its arguments.
std::pair<std::string, std::string> Parted(const std::string& step) {
    const size_t bracket = step.find('(');
    if (bracket == std::string::npos) return {step, "-"};
    return {step.substr(0, bracket), step.substr(bracket)};
}

std::string OutOf(size_t i, size_t count) {
    return i + 1 < count ? std::to_string(i + 1) : "-";
}

std::string QueryHeading(const std::string& query) {
    return "Query:\n" + query + "\n\n";
}

}  // namespace

std::string ExplanationTable(const std::string& query, const plan::RowQuery& rows) {
    return ExplanationTable(query, plan::RowStepTexts(rows));
}

std::string ExplanationTable(const std::string& query, const std::vector<std::string>& steps) {
    std::vector<Line> lines{{"ID", "Out #1", "Name", "Arguments"}};
    for (size_t i = 0; i < steps.size(); ++i) {
        const auto [name, arguments] = Parted(steps[i]);
        lines.push_back({std::to_string(i), OutOf(i, steps.size()), name, arguments});
    }
    return QueryHeading(query) + Table(lines);
}

std::string ExplanationTable(const std::string& query, const TraversalMetrics& metrics) {
    std::vector<Line> lines{
        {"ID", "Out #1", "Name", "Arguments", "Units In", "Units Out", "Ratio", "Time (ms)"}};
    int64_t in = 1;
    for (size_t i = 0; i < metrics.steps.size(); ++i) {
        const Metrics& step = metrics.steps[i];
        const int64_t out = step.counts.empty() ? 0 : step.counts[0].second;
        char ratio[32], time[32];
        std::snprintf(ratio, sizeof ratio, "%.2f",
                      in > 0 ? static_cast<double>(out) / static_cast<double>(in) : 0.0);
        std::snprintf(time, sizeof time, "%.3f", static_cast<double>(step.nanos) / 1e6);
        const auto [name, arguments] = Parted(step.name);
        lines.push_back({std::to_string(i), OutOf(i, metrics.steps.size()), name, arguments,
                         std::to_string(in), std::to_string(out), ratio, time});
        in = out;
    }
    return QueryHeading(query) + Table(lines);
}

}  // namespace gyre::graph::door
