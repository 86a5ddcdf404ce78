#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>

#include "graph/exec/element.h"
#include "graph/exec/stages.h"
#include "graph/number.h"

namespace gyre::graph::exec {
namespace {

/// All vertices, numbered from 0, and where messages go from each.
struct WholeGraph {
    std::vector<uint64_t> vertices;
    std::vector<std::vector<uint32_t>> targets;
    std::vector<double> halted;  ///< how many of the query's traversers stand there
};

/// pageRank(), peerPressure() and connectedComponent(): programs that go over the whole graph in
/// rounds, each vertex by the messages that its neighbours sent in the round before, as TinkerPop's
/// vertex programs. What they find out of a vertex is then read as if it were a property; the
/// traversers go on from where they stood.
class RankStage final : public BarrierStage {
  public:
    RankStage(const plan::Step& step, Context& context)
        : BarrierStage(step, context), prefix_("~tinkerpop." + step.texts[0] + ".") {
        const plan::Argument* edges = Option("edges");
        if (edges != nullptr && edges->traversal) edges_ = MakePipeline(edges->traversal, context);
        if (!step.children.empty()) takes_part_ = MakePipeline(step.children[0], context);
    }

  protected:
    bool Gather(std::deque<Traverser>& into) override {
        if (!First()) return false;
        Traverser traverser;
        while (Pull(traverser)) {
            context_.Hold();
            Stay(traverser);
            into.push_back(std::move(traverser));
        }
        const WholeGraph graph = Whole(into);
        if (context_.Failed()) return false;
        const std::string& program = step_.texts[0];
        if (program == "pageRank") {
            PageRank(graph);
        } else if (program == "peerPressure") {
            PeerPressure(graph);
        } else {
            ConnectedComponent(graph);
        }
        return !context_.Failed();
    }

  private:
    [[nodiscard]] const plan::Argument* Option(const std::string& name) const {
        for (const auto& [key, argument] : step_.with) {
            if (key == prefix_ + name) return &argument;
        }
        return nullptr;
    }
    [[nodiscard]] std::string Property(const char* usual) const {
        const plan::Argument* given = Option("propertyName");
        return given != nullptr && given->value.Is<std::string>() ? given->value.As<std::string>()
                                                                  : usual;
    }
    [[nodiscard]] int64_t Times(int64_t usual) const {
        const plan::Argument* given = Option("times");
        return given != nullptr && given->value.IsNumber() ? ToInt64(given->value) : usual;
    }
    /// Where a program's messages go by when no edges are named.
    [[nodiscard]] Direction UsualSide() const {
        return step_.texts[0] == "connectedComponent" ? Direction::kBoth : Direction::kOut;
    }

    [[nodiscard]] bool TakesPart(uint64_t vertex) {
        if (takes_part_ == nullptr) return true;
        Traverser at;
        at.value = Value(VertexRef{vertex});
        return takes_part_->Test(at);
    }
    WholeGraph Whole(const std::deque<Traverser>& standing) {
        WholeGraph graph;
        std::unordered_map<uint64_t, uint32_t> places;
        VertexScan scan = context_.graph.Vertices();
        uint64_t vertex = 0;
        while (context_.GoOn() && scan.Next(vertex)) {
            if (!TakesPart(vertex)) continue;
            context_.Hold();
            places.emplace(vertex, static_cast<uint32_t>(graph.vertices.size()));
            graph.vertices.push_back(vertex);
        }
        graph.targets.resize(graph.vertices.size());
        graph.halted.resize(graph.vertices.size());
        for (uint32_t i = 0; i < graph.vertices.size() && context_.GoOn(); ++i) {
            ForTargets(graph.vertices[i], [&](uint64_t target) {
                const auto place = places.find(target);
                if (place == places.end()) return;
                context_.Hold();
                graph.targets[i].push_back(place->second);
            });
        }
        for (const Traverser& traverser : standing) {
            const auto* at = traverser.value.If<VertexRef>();
            const auto place = at != nullptr ? places.find(at->id) : places.end();
            if (place != places.end()) {
                graph.halted[place->second] += static_cast<double>(traverser.bulk);
            }
        }
        return graph;
    }
    template <typename Use>
    void ForTargets(uint64_t vertex, Use use) {
        const auto over = [&](const EdgeRef& edge) {
            use(edge.out == vertex ? edge.in : edge.out);
        };
        if (edges_ != nullptr) {
            Traverser start;
            start.value = Value(VertexRef{vertex});
            edges_->Begin(start);
            Traverser result;
            while (edges_->Next(result)) {
                if (const auto* edge = result.value.If<EdgeRef>()) over(*edge);
            }
            return;
        }
        for (const Direction side : {Direction::kOut, Direction::kIn}) {
            if (UsualSide() != Direction::kBoth && UsualSide() != side) continue;
            const auto scan = context_.graph.EdgesAt(vertex, side, std::nullopt);
            EdgeRef edge;
            while (context_.GoOn() && scan->Next(edge)) over(edge);
        }
    }
    void Keep(const WholeGraph& graph, const std::string& key, size_t at, Value value) {
        auto& found = context_.computed[graph.vertices[at]];
        for (auto& [name, old] : found) {
            if (name != key) continue;
            old = std::move(value);
            return;
        }
        found.emplace_back(key, std::move(value));
    }

    /// It begins with as much rank at a vertex as traversers stand there, and right after V() with
    /// 1 in all. What damping and vertices without edges lose is spread over all in the next round.
    void PageRank(const WholeGraph& graph) {
        constexpr double kEnough = 0.00001;
        const double alpha = step_.values.empty() ? 0.85 : ToDouble(step_.values[0]);
        const size_t count = graph.vertices.size();
        const bool alone = step_.low == 1;  // right after V(): no traverser counts
        std::vector<double> rank = alone ? std::vector<double>(count) : graph.halted;
        std::vector<double> previous(count), next(count);
        double lost = alone ? 1 : 0;
        for (int64_t round = 1; context_.GoOn(); ++round) {
            const double share = lost > 0 ? lost / static_cast<double>(count) : 0.0;
            double error = 0;
            double loses =
                lost;  // what is spread goes from it: as the reference counts, to the digit
            std::ranges::fill(next, 0.0);
            for (size_t i = 0; i < count; ++i) {
                rank[i] += share;
                loses -= share;
                error += std::abs(rank[i] - previous[i]);
                previous[i] = rank[i];
                loses += (1.0 - alpha) * rank[i];
                const auto& targets = graph.targets[i];
                const double passed = alpha * rank[i];
                if (targets.empty()) loses += passed;
                for (const uint32_t target : targets) {
                    next[target] += passed / static_cast<double>(targets.size());
                }
            }
            lost = loses;
            rank.swap(next);
            if (error < kEnough || round >= Times(20) + 1) break;
        }
        const std::string key = Property("gremlin.pageRankVertexProgram.pageRank");
        for (size_t i = 0; i < count; ++i) Keep(graph, key, i, Value(previous[i]));
    }

    /// A vertex joins the cluster that has the most votes among its neighbours and itself; of those
    /// with as many, the one whose name comes first.
    void PeerPressure(const WholeGraph& graph) {
        const size_t count = graph.vertices.size();
        std::vector<uint32_t> cluster(count);
        std::vector<Value> ids(count);
        std::vector<std::string> names(count);
        for (uint32_t i = 0; i < count && context_.GoOn(); ++i) {
            cluster[i] = i;
            static_cast<void>(IdOf(context_, Value(VertexRef{graph.vertices[i]}), ids[i]));
            names[i] = DisplayText(ids[i]);
        }
        std::vector<std::map<uint32_t, double>> votes(count);
        for (int64_t round = 1; round <= Times(30) && context_.GoOn(); ++round) {
            for (auto& of_one : votes) of_one.clear();
            for (size_t i = 0; i < count; ++i) {
                votes[i][cluster[i]] += graph.halted[i];
                for (const uint32_t target : graph.targets[i]) {
                    votes[target][cluster[i]] += graph.halted[i];
                }
            }
            bool settled = true;
            for (uint32_t i = 0; i < count; ++i) {
                uint32_t best = i;
                double most = 0;
                for (const auto& [candidate, strength] : votes[i]) {
                    const bool better = strength > most || (strength == most && most > 0 &&
                                                            names[candidate] < names[best]);
                    if (!better) continue;
                    best = candidate;
                    most = strength;
                }
                settled = settled && cluster[i] == best;
                cluster[i] = best;
            }
            if (settled) break;
        }
        const std::string key = Property("gremlin.peerPressureVertexProgram.cluster");
        for (size_t i = 0; i < count; ++i) Keep(graph, key, i, ids[cluster[i]]);
    }

    /// A component is named by the first, as texts, of its vertices' ids.
    void ConnectedComponent(const WholeGraph& graph) {
        const size_t count = graph.vertices.size();
        std::vector<std::string> component(count);
        std::vector<bool> news(count, true), has_news(count);
        for (size_t i = 0; i < count && context_.GoOn(); ++i) {
            Value id;
            static_cast<void>(IdOf(context_, Value(VertexRef{graph.vertices[i]}), id));
            component[i] = DisplayText(id);
        }
        for (bool any = true; any && context_.GoOn(); news.swap(has_news)) {
            any = false;
            has_news.assign(count, false);
            for (size_t i = 0; i < count && context_.GoOn(); ++i) {
                if (!news[i]) continue;
                for (const uint32_t target : graph.targets[i]) {
                    if (component[i] >= component[target]) continue;
                    component[target] = component[i];
                    has_news[target] = any = true;
                }
            }
        }
        const std::string key = Property("gremlin.connectedComponentVertexProgram.component");
        for (size_t i = 0; i < count; ++i) Keep(graph, key, i, Value(component[i]));
    }

    const std::string prefix_;
    PipelinePtr edges_, takes_part_;
};

}  // namespace

StagePtr MakeRank(const plan::Step& step, Context& context) {
    return std::make_unique<RankStage>(step, context);
}

}  // namespace gyre::graph::exec
