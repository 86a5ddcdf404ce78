#include "graph/plan/restrict.h"

#include <utility>

#include "graph/plan/walk.h"

namespace gyre::graph::plan {
namespace {

Step FilterBy(const TraversalPtr& test) {
    Step filter;
    filter.op = Op::kFilter;
    filter.children = {test};
    return filter;
}

/// A traversal of one step that looks at an end of an edge.
TraversalPtr EndPasses(Direction side, const TraversalPtr& test) {
    Step end;
    end.op = Op::kEdgeVertex;
    end.side = side;
    Traversal traversal;
    traversal.steps = {std::move(end), FilterBy(test)};
    return std::make_shared<const Traversal>(std::move(traversal));
}

class Restricting {
  public:
    explicit Restricting(const Restriction& restriction) : restriction_(restriction) {
        Traversal both;
        if (restriction.edges) both.steps.push_back(FilterBy(restriction.edges));
        if (restriction.vertices && restriction.adjacent) {
            both.steps.push_back(FilterBy(EndPasses(Direction::kOut, restriction.vertices)));
            both.steps.push_back(FilterBy(EndPasses(Direction::kIn, restriction.vertices)));
        }
        if (restriction.properties) properties_ = PropertyPasses(restriction);
        if (!both.steps.empty()) edges_ = std::make_shared<const Traversal>(std::move(both));
    }

    void Apply(Traversal& traversal) {
        std::vector<Step> steps;
        for (Step& step : traversal.steps) {
            ChangeChildren(step, [&](Traversal& child) { Apply(child); });
            if (properties_) LookThrough(step);
            Place(std::move(step), steps);
        }
        traversal.steps = std::move(steps);
    }

  private:
    /// The step, and the test of what it reaches; labels go to the last.
    void Place(Step step, std::vector<Step>& steps) {
        switch (step.op) {
            case Op::kVertices:
            case Op::kEdgeVertex:
            case Op::kOtherVertex:
                return Tested(std::move(step), restriction_.vertices, steps);
            case Op::kEdges:
            case Op::kToEdges:
                return Tested(std::move(step), edges_, steps);
            case Op::kToVertices:
                if (edges_) return ByEdges(std::move(step), steps);
                return Tested(std::move(step), restriction_.vertices, steps);
            case Op::kProperties:
                return Tested(std::move(step), properties_, steps);
            case Op::kValues:
                if (properties_) return ByProperties(std::move(step), steps);
                break;
            case Op::kAddProperty:
                Mark(step);
                break;
            case Op::kAddVertex:
                Mark(step);
                [[fallthrough]];
            case Op::kAddEdge:
            case Op::kMergeVertex:
            case Op::kMergeEdge:
                if (restriction_.partition_key && restriction_.write_partition) {
                    Setting mark;
                    mark.key.value = Value(*restriction_.partition_key);
                    mark.value.value = *restriction_.write_partition;
                    step.settings.push_back(std::move(mark));
                }
                break;
            default:
                break;
        }
        steps.push_back(std::move(step));
    }
    static void Tested(Step step, const TraversalPtr& test, std::vector<Step>& steps) {
        if (!test) return steps.push_back(std::move(step));
        Step filter = FilterBy(test);
        filter.as = std::exchange(step.as, {});
        steps.push_back(std::move(step));
        steps.push_back(std::move(filter));
    }
    /// out() goes by the edges that are seen.
    void ByEdges(Step step, std::vector<Step>& steps) {
        Step end;
        end.op = step.side == Direction::kBoth ? Op::kOtherVertex : Op::kEdgeVertex;
        end.side = step.side == Direction::kOut ? Direction::kIn : Direction::kOut;
        end.as = std::exchange(step.as, {});
        step.op = Op::kToEdges;
        steps.push_back(std::move(step));
        steps.push_back(FilterBy(edges_));
        Tested(std::move(end), restriction_.vertices, steps);
    }

    /// by(key), valueMap() and propertyMap() are of the properties that are seen.
    void LookThrough(Step& step) const {
        for (By& by : step.by) {
            if (by.kind != By::Kind::kKey) continue;
            Step properties;
            properties.op = Op::kProperties;
            properties.texts = {by.key};
            Traversal values;
            ByProperties(std::move(properties), values.steps);
            by.kind = By::Kind::kTraversal;
            by.traversal = std::make_shared<const Traversal>(std::move(values));
        }
        if (step.op == Op::kValueMap || step.op == Op::kPropertyMap) {
            step.children.push_back(properties_);
        }
    }
    void Mark(Step& step) const {
        if (!restriction_.meta || !restriction_.write_partition) return;
        for (Setting& setting : step.settings) {
            setting.mark = {*restriction_.partition_key, *restriction_.write_partition};
        }
    }
    /// values() are of the properties that are seen.
    void ByProperties(Step step, std::vector<Step>& steps) const {
        Step value;
        value.op = Op::kPropertyValue;
        value.as = std::exchange(step.as, {});
        step.op = Op::kProperties;
        steps.push_back(std::move(step));
        steps.push_back(FilterBy(properties_));
        steps.push_back(std::move(value));
    }
    /// The test of a vertex's properties lets those of edges pass.
    static TraversalPtr PropertyPasses(const Restriction& restriction) {
        Step is;
        is.op = Op::kIs;
        auto other = std::make_shared<Predicate>();
        other->op = Predicate::Op::kNotTypeOf;
        other->values = {Value("VPROPERTY")};
        is.predicate = std::move(other);
        Traversal others;
        others.steps = {std::move(is)};
        Step either;
        either.op = Op::kOr;
        either.children = {std::make_shared<const Traversal>(std::move(others)),
                           restriction.properties};
        Traversal whole;
        whole.steps = {std::move(either)};
        if (restriction.meta) {
            Step shown;
            shown.op = Op::kHas;
            shown.tests.push_back(
                {T::kKey, "", EqualTo(Value(*restriction.partition_key))->Negated(), nullptr});
            whole.steps.push_back(std::move(shown));
        }
        return std::make_shared<const Traversal>(std::move(whole));
    }

    const Restriction& restriction_;
    TraversalPtr edges_, properties_;
};

}  // namespace

void Restrict(Traversal& traversal, const Restriction& restriction) {
    Restricting(restriction).Apply(traversal);
}

}  // namespace gyre::graph::plan
