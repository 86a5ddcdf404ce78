#include "graph/sparql/explanation.h"

#include <algorithm>
#include <chrono>

#include "graph/sparql/detail/overloaded.h"

namespace gyre::graph::sparql {
namespace {

class MeasuredSource final : public Source {
  public:
    MeasuredSource(SourcePtr source, Explanation::Step& step)
        : source_(std::move(source)), step_(step) {}
    void Open(const TermId* seed) override {
        const Stretch stretch(step_);
        source_->Open(seed);
    }
    bool Next(TermId* row) override {
        const Stretch stretch(step_);
        const bool gives = source_->Next(row);
        if (gives) ++step_.rows;
        return gives;
    }

  private:
    class Stretch {
      public:
        explicit Stretch(Explanation::Step& step) : step_(step) {}
        ~Stretch() {
            const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - began_;
            step_.nanos += took.count();
        }
        Stretch(const Stretch&) = delete;
        Stretch& operator=(const Stretch&) = delete;

      private:
        Explanation::Step& step_;
        const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    };
    SourcePtr source_;
    Explanation::Step& step_;
};

std::string VariableText(Slot slot, const Select& frame) {
    const std::string& name = frame.names[slot];
    return name.empty() ? "?_" + std::to_string(slot) : "?" + name;
}

std::string TermText(const PatternTerm& term, const Select& frame) {
    if (term.IsVariable()) return VariableText(term.number, frame);
    std::string text;
    rdf::AppendNTriples(text, term.term);
    return text;
}

std::string PathText(const PropertyPath& path) {
    std::string text;
    const auto joined = [&](const char* sign) {
        text = "(";
        for (const auto& one : path.of) text += (text.size() > 1 ? sign : "") + PathText(*one);
        return text + ")";
    };
    switch (path.kind) {
        case PathKind::kLink:
            rdf::AppendNTriples(text, path.link);
            return text;
        case PathKind::kInverse:
            return "^" + PathText(*path.of[0]);
        case PathKind::kSequence:
            return joined("/");
        case PathKind::kAlternative:
            return joined("|");
        case PathKind::kZeroOrMore:
            return PathText(*path.of[0]) + "*";
        case PathKind::kOneOrMore:
            return PathText(*path.of[0]) + "+";
        case PathKind::kZeroOrOne:
            return PathText(*path.of[0]) + "?";
        case PathKind::kNegated:
            break;
    }
    text = "!(";
    const auto add = [&](const std::vector<Term>& links, const char* before) {
        for (const Term& link : links) {
            text += (text.size() > 2 ? "|" : "") + std::string(before);
            rdf::AppendNTriples(text, link);
        }
    };
    add(path.excepted, "");
    add(path.excepted_inverse, "^");
    return text + ")";
}

}  // namespace

SourcePtr Explanation::Add(std::string name, std::string arguments, SourcePtr source) {
    Step& step = steps_.emplace_back(Step{std::move(name), std::move(arguments)});
    return std::make_unique<MeasuredSource>(std::move(source), step);
}

Explanation::Step& Explanation::Add(std::string name, std::string arguments) {
    Step& step = steps_.emplace_back(Step{std::move(name), std::move(arguments)});
    step.alone = true;
    return step;
}

TraversalMetrics Explanation::Result() const {
    TraversalMetrics metrics;
    int64_t before = 0;
    for (const Step& step : steps_) {
        Metrics& one = metrics.steps.emplace_back();
        one.name = step.name + "(" + step.arguments + ")";
        one.counts = {{"rows", static_cast<int64_t>(step.rows)}};
        one.nanos = step.alone ? step.nanos : std::max<int64_t>(step.nanos - before, 0);
        before = step.alone ? 0 : step.nanos;
        metrics.nanos += one.nanos;
    }
    return metrics;
}

std::string PatternText(const TriplePattern& triple, const Select& frame) {
    return TermText(triple.subject, frame) + " " + TermText(triple.predicate, frame) + " " +
           TermText(triple.object, frame);
}

std::string PatternText(const PathPattern& path, const Select& frame) {
    return TermText(path.subject, frame) + " " + PathText(*path.path) + " " +
           TermText(path.object, frame);
}

std::string PatternText(const Node& node, const Select& frame) {
    const auto both = [&](const NodePtr& left, const std::string& word, const NodePtr& right) {
        return PatternText(*left, frame) + " " + word + " { " + PatternText(*right, frame) + " }";
    };
    return std::visit(
        detail::Overloaded{
            [&](const Bgp& bgp) {
                std::string text;
                for (const auto& one : bgp.triples) {
                    text += (text.empty() ? "" : " . ") + PatternText(one, frame);
                }
                for (const auto& one : bgp.paths) {
                    text += (text.empty() ? "" : " . ") + PatternText(one, frame);
                }
                return text;
            },
            [&](const Join& join) {
                return PatternText(*join.left, frame) + " . " + PatternText(*join.right, frame);
            },
            [&](const LeftJoin& join) { return both(join.left, "OPTIONAL", join.right); },
            [&](const Minus& minus) { return both(minus.left, "MINUS", minus.right); },
            [&](const Union& all) {
                std::string text;
                for (const auto& branch : all.branches) {
                    text +=
                        (text.empty() ? "{ " : " UNION { ") + PatternText(*branch, frame) + " }";
                }
                return text;
            },
            [&](const Filter& filter) {
                return PatternText(*filter.of, frame) + " FILTER of " +
                       std::to_string(filter.conditions.size());
            },
            [&](const Extend& extend) {
                std::string text = PatternText(*extend.of, frame);
                for (const auto& [slot, value] : extend.values) {
                    text += " BIND " + VariableText(slot, frame);
                }
                return text;
            },
            [&](const InGraph& graph) {
                return "GRAPH " + TermText(graph.graph, frame) + " { " +
                       PatternText(*graph.of, frame) + " }";
            },
            [&](const Values& values) {
                return "VALUES " + SlotsText(values.slots, frame) + " of " +
                       std::to_string(values.rows.size());
            },
            [&](const SubSelect& sub) {
                return "SELECT { " + PatternText(*sub.select->where, *sub.select) + " }";
            },
            [&](const Service& service) {
                return std::string("SERVICE ") + (service.silent ? "SILENT " : "") +
                       TermText(service.where, frame) + " for " + SlotsText(service.columns, frame);
            }},
        node.is);
}

std::string SlotsText(const std::vector<Slot>& slots, const Select& frame) {
    std::string text;
    for (const Slot slot : slots) text += (text.empty() ? "" : ", ") + VariableText(slot, frame);
    return text;
}

}  // namespace gyre::graph::sparql
