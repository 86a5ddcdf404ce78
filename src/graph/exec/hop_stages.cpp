#include <optional>
#include <span>

#include "graph/exec/attach.h"
#include "graph/exec/element.h"
#include "graph/exec/stages.h"

namespace gyre::graph::exec {
namespace {

tl::unexpected<core::Error> NoVertex(Transaction& graph, const Value& value) {
    return core::Fail(
        core::Code::kInvalidArgument, "InvalidParameterException",
        ShownText(graph, value) + " is a " + std::string(TypeName(value)) + " and not a Vertex");
}

/// The edges at a vertex: of its side or both, of all labels or some in turn.
class EdgeWalk {
  public:
    EdgeWalk(const plan::Step& step, Context& context) : step_(step), context_(context) {}

    void Open(uint64_t vertex) {
        vertex_ = vertex;
        side_ = step_.side == Direction::kIn ? Direction::kIn : Direction::kOut;
        label_ = 0;
        scan_.reset();
        open_ = true;
    }
    bool Next(EdgeRef& edge) {
        while (open_) {
            if (scan_ && scan_->Next(edge)) return true;
            open_ = NextScan();
        }
        return false;
    }

  private:
    bool NextScan() {
        while (true) {
            if (step_.texts.empty()) {
                if (label_++ == 0) {
                    scan_ = context_.graph.EdgesAt(vertex_, side_, std::nullopt);
                    return true;
                }
            } else if (label_ < step_.texts.size()) {
                const auto label = context_.graph.FindName(step_.texts[label_++]);
                if (!label) continue;
                scan_ = context_.graph.EdgesAt(vertex_, side_, label);
                return true;
            }
            if (step_.side != Direction::kBoth || side_ == Direction::kIn) return false;
            side_ = Direction::kIn;
            label_ = 0;
        }
    }

    const plan::Step& step_;
    Context& context_;
    uint64_t vertex_ = 0;
    Direction side_{};
    size_t label_ = 0;
    std::unique_ptr<EdgeScan> scan_;
    bool open_ = false;

  public:
    [[nodiscard]] Direction Side() const { return side_; }
};

class Hop final : public Stage {
  public:
    Hop(const plan::Step& step, Context& context) : Stage(step, context), walk_(step, context) {}

    bool Next(Traverser& traverser) override {
        while (true) {
            EdgeRef edge;
            if (open_ && context_.GoOn() && walk_.Next(edge)) {
                traverser = current_;
                if (step_.op == plan::Op::kToEdges) {
                    traverser.came_from = vertex_;
                    MoveTo(traverser, Value(edge));
                } else {
                    MoveTo(traverser,
                           Value(VertexRef{walk_.Side() == Direction::kOut ? edge.in : edge.out}));
                }
                return true;
            }
            open_ = Pull(current_);
            if (!open_) return false;
            const auto* vertex = current_.value.If<VertexRef>();
            if (vertex == nullptr) {
                context_.Fail(NoVertex(context_.graph, current_.value).value());
                return false;
            }
            vertex_ = vertex->id;
            walk_.Open(vertex_);
        }
    }
    void Reset() override { open_ = false; }

  private:
    EdgeWalk walk_;
    Traverser current_;
    uint64_t vertex_ = 0;
    bool open_ = false;
};

/// outV(), inV(), bothV()
class EdgeVertex final : public FlatMapStage {
  public:
    using FlatMapStage::FlatMapStage;

  protected:
    void Open(Traverser& traverser) override {
        edge_ = traverser.value.If<EdgeRef>();
        if (edge_ == nullptr) {
            context_.Fail("InvalidParameterException",
                          ShownText(context_.graph, traverser.value) + " is a " +
                              std::string(TypeName(traverser.value)) + " and not an Edge");
            return;
        }
        out_ = step_.side != Direction::kIn;
        in_ = step_.side != Direction::kOut;
    }
    bool NextValue(Value& value) override {
        if (edge_ == nullptr || (!out_ && !in_)) return false;
        bool& which = out_ ? out_ : in_;
        value = Value(VertexRef{out_ ? edge_->out : edge_->in});
        which = false;
        return true;
    }

  private:
    const EdgeRef* edge_ = nullptr;
    bool out_ = false, in_ = false;
};

class OtherVertex final : public MapStage {
  public:
    using MapStage::MapStage;

  protected:
    bool Map(const Traverser& traverser, Value& value) override {
        const auto* edge = traverser.value.If<EdgeRef>();
        if (edge == nullptr) {
            context_.Fail("InvalidParameterException", "otherV() is for edges");
            return false;
        }
        uint64_t from = traverser.came_from;
        for (const PathNode* node = traverser.path.get(); node != nullptr && from == 0;
             node = node->previous.get()) {
            const auto* vertex = node->value.If<VertexRef>();
            if (vertex != nullptr && (vertex->id == edge->out || vertex->id == edge->in)) {
                from = vertex->id;
            }
        }
        if (from != edge->out && from != edge->in) {
            context_.Fail("InvalidParameterException",
                          "otherV() needs an edge that was reached from a vertex");
            return false;
        }
        value = Value(VertexRef{from == edge->out ? edge->in : edge->out});
        return true;
    }
};

EdgeChoice ChoiceOf(const plan::Step& step, Context& context) {
    EdgeChoice choice;
    choice.leaving = step.side != Direction::kIn;
    choice.entering = step.side != Direction::kOut;
    choice.all_labels = step.texts.empty();
    for (const std::string& text : step.texts) {
        if (const auto label = context.graph.FindName(text)) choice.labels.push_back(*label);
    }
    return choice;
}

/// V().out().out().count() and its like, as their planned steps: one number from the store.
class TwoHopCount final : public Stage {
  public:
    TwoHopCount(const plan::Step& times, const plan::Step& sum, Context& context)
        : Stage(sum, context), times_(times) {}
    bool Next(Traverser& traverser) override {
        if (done_ || !context_.GoOn()) return false;
        done_ = true;
        const auto walks = context_.graph.CountWalks(
            ChoiceOf(times_, context_), ChoiceOf(step_, context_), [&] { return GoesOn(); });
        if (!walks || context_.Failed()) return false;
        traverser = Fresh(Value(static_cast<int64_t>(*walks)));
        return true;
    }
    void Reset() override { done_ = false; }

  private:
    /// The context looks at the clock once in many steps.
    bool GoesOn() {
        for (int i = 0; i < 256; ++i) {
            if (!context_.GoOn()) return false;
        }
        return true;
    }

    const plan::Step& times_;
    bool done_ = false;
};

/// How many traversers a hop would give for one, from the counts that the store keeps.
class Degrees {
  public:
    Degrees(const plan::Step& step, Context& context) : step_(step), context_(context) {}
    void Begin() {
        labels_.clear();
        for (const std::string& text : step_.texts) {
            if (const auto label = context_.graph.FindName(text)) labels_.push_back(*label);
        }
    }
    /// False where the traverser is at no vertex, and the query has failed.
    [[nodiscard]] bool Of(const Traverser& traverser, int64_t& degree) {
        const auto* vertex = traverser.value.If<VertexRef>();
        if (vertex == nullptr) {
            context_.Fail(NoVertex(context_.graph, traverser.value).value());
            return false;
        }
        uint64_t sum = 0;
        for (const Direction side : {Direction::kOut, Direction::kIn}) {
            if (step_.side != Direction::kBoth && step_.side != side) continue;
            if (step_.texts.empty()) sum += context_.graph.Degree(vertex->id, side, std::nullopt);
            for (const NameId label : labels_)
                sum += context_.graph.Degree(vertex->id, side, label);
        }
        degree = static_cast<int64_t>(sum);
        return true;
    }

  private:
    const plan::Step& step_;
    Context& context_;
    std::vector<NameId> labels_;
};

class SumDegrees final : public Stage {
  public:
    SumDegrees(const plan::Step& step, Context& context)
        : Stage(step, context), degrees_(step, context) {}
    bool Next(Traverser& traverser) override {
        if (done_) return false;
        done_ = true;
        degrees_.Begin();
        int64_t sum = 0, degree = 0;
        Traverser each;
        while (Pull(each)) {
            if (!degrees_.Of(each, degree)) return false;
            sum += each.bulk * degree;
        }
        if (context_.Failed()) return false;
        traverser = Fresh(Value(sum));
        return true;
    }
    void Reset() override { done_ = false; }

  private:
    Degrees degrees_;
    bool done_ = false;
};

/// A vertex in place of all traversers that a hop from every vertex would bring to it.
class TimesDegree final : public Stage {
  public:
    TimesDegree(const plan::Step& step, Context& context)
        : Stage(step, context), degrees_(step, context) {
        degrees_.Begin();
    }
    bool Next(Traverser& traverser) override {
        int64_t degree = 0;
        while (Pull(traverser)) {
            if (!degrees_.Of(traverser, degree)) return false;
            if (degree == 0) continue;
            traverser.bulk *= degree;
            return true;
        }
        return false;
    }

  private:
    Degrees degrees_;
};

}  // namespace

StagePtr MakeTwoHopCount(std::span<const plan::Step> steps, Context& context) {
    if (steps.size() < 3) return nullptr;
    const plan::Step& source = steps[0];
    const bool all = source.op == plan::Op::kVertices && source.start && source.values.empty() &&
                     source.tests.empty() && source.as.empty();
    if (!all || steps[1].op != plan::Op::kTimesDegree || steps[2].op != plan::Op::kSumDegrees) {
        return nullptr;
    }
    return std::make_unique<TwoHopCount>(steps[1], steps[2], context);
}

StagePtr MakeHop(const plan::Step& step, Context& context) {
    switch (step.op) {
        case plan::Op::kEdgeVertex:
            return std::make_unique<EdgeVertex>(step, context);
        case plan::Op::kOtherVertex:
            return std::make_unique<OtherVertex>(step, context);
        case plan::Op::kSumDegrees:
            return std::make_unique<SumDegrees>(step, context);
        case plan::Op::kTimesDegree:
            return std::make_unique<TimesDegree>(step, context);
        default:
            return std::make_unique<Hop>(step, context);
    }
}

}  // namespace gyre::graph::exec
