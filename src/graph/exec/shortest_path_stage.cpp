#include <algorithm>
#include <deque>
#include <unordered_map>
#include <utility>

#include "graph/exec/attach.h"
#include "graph/exec/element.h"
#include "graph/exec/stages.h"
#include "graph/number.h"

namespace gyre::graph::exec {
namespace {

/// shortestPath(): from each vertex where a traverser stands, all shortest paths to all vertices,
/// or to those that the option `target` lets pass. Found in rounds, as TinkerPop's program: what a
/// vertex has learnt of a shorter (or as short) way is told to its neighbours, so distances may be
/// negative, and a path goes through a vertex once.
class ShortestPathStage final : public BarrierStage {
  public:
    ShortestPathStage(const plan::Step& step, Context& context) : BarrierStage(step, context) {
        if (!step.children.empty()) takes_part_ = MakePipeline(step.children[0], context);
        for (const auto& [name, argument] : step.with) {
            const std::string_view key = name;
            PipelinePtr pipeline;
            if (argument.traversal) pipeline = MakePipeline(argument.traversal, context);
            if (key == "~tinkerpop.shortestPath.target") {
                target_ = std::move(pipeline);
            } else if (key == "~tinkerpop.shortestPath.edges") {
                edges_ = std::move(pipeline);
                const Value& side = argument.value;
                if (side.IsToken(TokenKind::kDirection)) {
                    side_ = static_cast<Direction>(side.As<Token>().value);
                }
            } else if (key == "~tinkerpop.shortestPath.distance") {
                distance_ = std::move(pipeline);
                if (argument.value.Is<std::string>()) weight_ = argument.value.As<std::string>();
            } else if (key == "~tinkerpop.shortestPath.maxDistance") {
                most_ = argument.value;
            } else if (key == "~tinkerpop.shortestPath.includeEdges") {
                with_edges_ = !argument.value.Is<bool>() || argument.value.As<bool>();
            }
        }
    }

  protected:
    bool Gather(std::deque<Traverser>& into) override {
        Traverser traverser;
        while (into.empty() && Pull(traverser)) {
            const auto* start = traverser.value.If<VertexRef>();
            if (start == nullptr) {
                context_.Fail("InvalidParameterException",
                              "shortestPath() is for vertices, and not for " +
                                  ShownText(context_.graph, traverser.value));
                return false;
            }
            for (Value& path : From(start->id)) {
                context_.Hold();
                Traverser found = traverser;
                MoveTo(found, std::move(path));
                into.push_back(std::move(found));
            }
        }
        return !into.empty() && !context_.Failed();
    }

  private:
    /// A way from the start: its last vertex, and the edge by which it came there. All of one start
    /// lie in `ways`, so that a long one needs no stack to go.
    struct Way {
        const Way* before = nullptr;
        uint64_t vertex = 0;
        EdgeRef edge;
    };
    struct Known {
        Value distance;
        std::vector<const Way*> ways;
    };
    struct Message {
        uint64_t to = 0;
        EdgeRef edge;
        const Way* way = nullptr;
        Value distance;
    };

    Values From(uint64_t start) {
        std::unordered_map<uint64_t, Known> known;
        std::vector<uint64_t> order;
        std::deque<Way> ways;
        const Way* const first = &ways.emplace_back(Way{nullptr, start, {}});
        known[start] = {Value(int32_t{0}), {first}};
        order.push_back(start);
        std::vector<Message> messages;
        Tell(start, first, Value(int32_t{0}), messages);
        while (!messages.empty() && context_.GoOn()) {
            const std::vector<Message> received = std::exchange(messages, {});
            for (const Message& message : received) {
                if (!context_.GoOn()) break;
                const auto [place, is_new] = known.try_emplace(message.to);
                Known& at = place->second;
                if (is_new && ByHops() && !most_.IsNull() &&
                    CompareNumbers(message.distance, most_) > 0) {
                    known.erase(place);
                    continue;
                }
                const auto compared = is_new ? std::partial_ordering::less
                                             : CompareNumbers(message.distance, at.distance);
                if (compared > 0) continue;
                if (is_new) order.push_back(message.to);
                if (compared < 0) at.ways.clear();
                at.distance = message.distance;
                const Way* const way =
                    &ways.emplace_back(Way{message.way, message.to, message.edge});
                context_.Hold();
                at.ways.push_back(way);
                Tell(message.to, way, message.distance, messages);
            }
        }
        Values paths;
        for (const uint64_t vertex : order) {
            const Known& at = known[vertex];
            const bool near = ByHops() || most_.IsNull() || CompareNumbers(at.distance, most_) <= 0;
            if (!near || !Passes(target_, vertex)) continue;
            for (const Way* way : at.ways) paths.push_back(ToPath(*way));
        }
        return paths;
    }

    [[nodiscard]] bool ByHops() const { return distance_ == nullptr && weight_.empty(); }
    [[nodiscard]] static bool Passes(const PipelinePtr& test, uint64_t vertex) {
        if (test == nullptr) return true;
        Traverser at;
        at.value = Value(VertexRef{vertex});
        return test->Test(at);
    }
    static bool Goes(const Way& way, uint64_t vertex) {
        for (const Way* at = &way; at != nullptr; at = at->before) {
            if (at->vertex == vertex) return true;
        }
        return false;
    }

    void Tell(uint64_t vertex, const Way* way, const Value& distance,
              std::vector<Message>& messages) {
        const auto over = [&](const EdgeRef& edge) {
            const uint64_t other = edge.in == vertex ? edge.out : edge.in;
            if (Goes(*way, other) || !Passes(takes_part_, other)) return;
            auto sum = AddNumbers(distance, LengthOf(edge));
            if (!sum) return context_.Fail(sum.error());
            context_.Hold();
            messages.push_back({other, edge, way, std::move(*sum)});
        };
        if (edges_ != nullptr) {
            Traverser at;
            at.value = Value(VertexRef{vertex});
            edges_->Begin(at);
            Traverser result;
            while (edges_->Next(result)) {
                if (const auto* edge = result.value.If<EdgeRef>()) over(*edge);
            }
            return;
        }
        for (const Direction side : {Direction::kOut, Direction::kIn}) {
            if (side_ != Direction::kBoth && side_ != side) continue;
            const auto scan = context_.graph.EdgesAt(vertex, side, std::nullopt);
            EdgeRef edge;
            while (context_.GoOn() && scan->Next(edge)) over(edge);
        }
    }
    /// An edge of which the option has nothing to say is no way at all.
    Value LengthOf(const EdgeRef& edge) {
        if (ByHops()) return Value(int32_t{1});
        Value length;
        Traverser at;
        at.value = Value(edge);
        const bool found = distance_ != nullptr ? distance_->First(at, length)
                                                : PropertyOf(context_, at.value, weight_, length);
        if (!found) return Value(int32_t{0});
        if (!length.IsNumber()) {
            context_.Fail("InvalidParameterException",
                          "the distance of an edge is a number, and not " + DisplayText(length));
            return Value(int32_t{0});
        }
        return length;
    }
    [[nodiscard]] Value ToPath(const Way& last) const {
        auto path = std::make_shared<Path>();
        for (const Way* at = &last; at != nullptr; at = at->before) {
            path->objects.emplace_back(VertexRef{at->vertex});
            if (with_edges_ && at->before) path->objects.emplace_back(at->edge);
        }
        std::ranges::reverse(path->objects);
        path->labels.resize(path->objects.size());
        return Value(std::move(path));
    }

    PipelinePtr target_, edges_, distance_, takes_part_;
    Direction side_ = Direction::kBoth;
    std::string weight_;  ///< the property that is an edge's length
    Value most_;
    bool with_edges_ = false;
};

}  // namespace

StagePtr MakeShortestPath(const plan::Step& step, Context& context) {
    return std::make_unique<ShortestPathStage>(step, context);
}

}  // namespace gyre::graph::exec
