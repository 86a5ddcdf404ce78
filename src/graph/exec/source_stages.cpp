#include <algorithm>
#include <optional>
#include <utility>

#include "graph/exec/column_tests.h"
#include "graph/exec/element.h"
#include "graph/exec/scanned_vertices.h"
#include "graph/exec/stages.h"

namespace gyre::graph::exec {
namespace {

/// The label that the tests ask for, if it is one and no other: then its index is scanned.
std::optional<std::string> OnlyLabel(const std::vector<plan::Test>& tests) {
    for (const plan::Test& test : tests) {
        if (test.token == T::kLabel && test.predicate && !test.traversal &&
            (test.predicate->op == Predicate::Op::kEq ||
             test.predicate->op == Predicate::Op::kWithin) &&
            test.predicate->values.size() == 1 && test.predicate->values[0].Is<std::string>()) {
            return test.predicate->values[0].As<std::string>();
        }
    }
    return std::nullopt;
}

/// The test that an index could answer, if there is one: that a property has one value.
const plan::Test* EqualityOf(const std::vector<plan::Test>& tests) {
    for (const plan::Test& test : tests) {
        const bool one = !test.token && !test.traversal && test.predicate &&
                         (test.predicate->op == Predicate::Op::kEq ||
                          test.predicate->op == Predicate::Op::kWithin) &&
                         test.predicate->values.size() == 1;
        if (one && !test.predicate->values[0].IsNull()) return &test;
    }
    return nullptr;
}

/// Ids given in the midst of lists are meant one by one.
Values FlatIds(const Values& given) {
    Values ids;
    for (const Value& id : given) {
        if (const auto* list = id.If<Ptr<List>>()) {
            ids.insert(ids.end(), (*list)->items.begin(), (*list)->items.end());
        } else if (const auto* set = id.If<Ptr<Set>>()) {
            ids.insert(ids.end(), (*set)->items.begin(), (*set)->items.end());
        } else {
            ids.push_back(id);
        }
    }
    return ids;
}

/// V() and E(), at the beginning or for each traverser in the midst.
class ElementSource final : public Stage {
  public:
    ElementSource(const plan::Step& step, Context& context)
        : Stage(step, context),
          tests_(step.tests, context),
          ids_(FlatIds(step.values)),
          by_id_(!step.values.empty()),
          label_(OnlyLabel(step.tests)),
          equality_(EqualityOf(step.tests)) {}

    bool Next(Traverser& traverser) override {
        while (true) {
            if (!open_) {
                if (step_.start) {
                    if (begun_) return false;
                    Begin();
                } else if (!Pull(origin_)) {
                    return false;
                } else {
                    Open();
                }
            }
            while (context_.GoOn() && NextElement()) {
                traverser = origin_;
                traverser.value = element_;
                const bool passes = (scan_ && exact_) || tests_.Pass(traverser);
                if (!scan_) wish_.Count(context_.graph, 1, passes ? 1 : 0);
                if (!passes) continue;
                MoveTo(traverser, element_);
                return true;
            }
            open_ = false;
            if (context_.Failed()) return false;
        }
    }
    void Reset() override {
        open_ = false;
        begun_ = false;
    }
    BatchScan* OpenScan() override {
        if (!step_.start || begun_ || context_.paths) return nullptr;
        Begin();
        if (step_.op == plan::Op::kEdges) return OpenEdgeScan();
        if (!scan_ || !exact_) return nullptr;
        ColumnScan* const scan = scan_.Scan();
        wish_.Count(context_.graph, scan->Size(), 0);
        return scan;
    }

  private:
    void Begin() {
        begun_ = true;
        origin_ = Traverser();
        origin_.sack = context_.query.sack.value_or(Value());
        Open();
    }
    void Open() {
        open_ = true;
        at_ = 0;
        vertices_.reset();
        edges_.reset();
        edge_scan_.reset();
        by_rows_ = false;
        scan_ = {};
        wish_ = IndexWish();
        if (by_id_) return;
        Transaction& graph = context_.graph;
        std::optional<NameId> label;
        if (label_ && label_->find("::") == std::string::npos) {
            label = graph.FindName(*label_);
            if (!label) return;  // nobody has it
        }
        if (step_.op == plan::Op::kVertices)
            OpenVertices(label);
        else
            OpenEdges(label);
    }
    void OpenVertices(std::optional<NameId> label) {
        Transaction& graph = context_.graph;
        if (equality_ != nullptr) {
            const auto key = graph.FindName(equality_->key);
            if (!key) return;  // nobody has it
            if (!label || !HasFewTexts(graph, *label_, *key)) {
                vertices_ = graph.VerticesBy(*key, equality_->predicate->values[0]);
                if (vertices_) return;
                wish_ = IndexWish({ElementKind::kVertex, *key});
            }
        }
        if (context_.computed.empty()) OpenColumns(label);
        if (!scan_) vertices_.emplace(label ? graph.VerticesOf(*label) : graph.Vertices());
    }
    void OpenEdges(std::optional<NameId> label) {
        Transaction& graph = context_.graph;
        std::vector<IndexTest> asked;
        for (const plan::Test& test : step_.tests) AddIndexTest(ToIndexTest(context_, test), asked);
        for (const IndexTest& test : asked) {
            edges_ = graph.EdgesBy(test.key, test.values, graph.CountEdges(label));
            if (edges_) return;
        }
        if (!asked.empty()) wish_ = IndexWish({ElementKind::kEdge, asked[0].key});
        edges_ = label ? graph.EdgesOf(*label) : graph.Edges();
        label_of_edges_ = label;
        by_rows_ = true;
    }
    /// In the place of edges row by row, where columns tell all that is asked.
    BatchScan* OpenEdgeScan() {
        EdgesAsked asked;
        if (label_of_edges_) asked.labels = {*label_of_edges_};
        asked.tests = AskedOfColumns(label_of_edges_);
        if (!by_rows_ || !exact_) return nullptr;
        asked.by_row = [this](const EdgeRef& edge) { return PassesRow(Value(edge)); };
        asked.note = [this](uint64_t gone_through, uint64_t passed) {
            wish_.Count(context_.graph, gone_through, passed);
            return context_.GoOnLong();
        };
        edge_scan_ = context_.graph.ScanEdges(std::move(asked));
        if (edge_scan_) edges_.reset();
        return edge_scan_.get();
    }
    [[nodiscard]] bool PassesRow(Value element) {
        Traverser traverser;
        traverser.value = std::move(element);
        return tests_.Pass(traverser);
    }
    /// The tests that columns tell. What is left to ask is noted in exact_.
    std::vector<ColumnTest> AskedOfColumns(std::optional<NameId> label) {
        std::vector<ColumnTest> asked;
        exact_ = true;
        for (const plan::Test& test : step_.tests) {
            if (label && test.token == T::kLabel && !test.traversal && test.predicate &&
                OnlyLabel({test}) == label_) {
                continue;
            }
            if (auto one = ToColumnTest(context_, test))
                asked.push_back(std::move(*one));
            else
                exact_ = false;
        }
        return asked;
    }
    /// By columns, where they tell something that is asked: then that is no more to be looked at.
    void OpenColumns(std::optional<NameId> label) {
        std::vector<ColumnTest> asked = AskedOfColumns(label);
        if (!label && asked.empty()) return;
        const auto by_row = [this](uint64_t vertex) { return PassesRow(Value(VertexRef{vertex})); };
        scan_ = ScannedVertices(context_.graph.ScanColumns(
            label, std::move(asked), exact_ ? ColumnScan::ByRow(by_row) : nullptr));
    }
    bool NextElement() {
        if (by_id_) return NextOfIds();
        uint64_t vertex = 0;
        if (scan_) {
            if (!scan_.Next(context_.graph, wish_, vertex)) return false;
            element_ = Value(VertexRef{vertex});
            return true;
        }
        if (vertices_) {
            if (!vertices_->Next(vertex)) return false;
            element_ = Value(VertexRef{vertex});
            return true;
        }
        EdgeRef edge;
        if (!edges_ || !edges_->Next(edge)) return false;
        element_ = Value(edge);
        return true;
    }
    bool NextOfIds() {
        while (at_ < ids_.size()) {
            const Value& id = ids_[at_++];
            if (step_.op == plan::Op::kVertices) {
                const auto vertex = context_.graph.FindVertex(id);
                if (!vertex || !context_.graph.Vertex(*vertex)) continue;
                element_ = Value(VertexRef{*vertex});
                return true;
            }
            const auto edge = context_.graph.FindEdge(id);
            if (!edge) continue;
            element_ = Value(*edge);
            return true;
        }
        return false;
    }

    Tests tests_;
    const Values ids_;
    const bool by_id_;
    const std::optional<std::string> label_;
    const plan::Test* const equality_;
    IndexWish wish_;
    Traverser origin_;
    bool open_ = false;
    bool begun_ = false;
    size_t at_ = 0;
    std::optional<VertexScan> vertices_;
    ScannedVertices scan_;
    bool exact_ = false;  ///< what the scan gives passes all tests
    std::unique_ptr<EdgeScan> edges_;
    bool by_rows_ = false;  ///< and no index tells which those are
    std::optional<NameId> label_of_edges_;
    std::unique_ptr<EdgeColumns> edge_scan_;
    Value element_;
};

/// inject(): its values, and what came before it; as the first step of a child, the other way.
class Inject final : public Stage {
  public:
    using Stage::Stage;
    bool Next(Traverser& traverser) override {
        const bool after = !step_.texts.empty();
        if (after && at_ == 0 && Pull(traverser)) return true;
        if (at_ < step_.values.size()) {
            traverser = Fresh(step_.values[at_++]);
            return true;
        }
        return !after && !step_.start && Pull(traverser);
    }
    void Reset() override { at_ = 0; }

  private:
    size_t at_ = 0;
};

class CountElements final : public Stage {
  public:
    using Stage::Stage;
    bool Next(Traverser& traverser) override {
        if (done_) return false;
        done_ = true;
        std::optional<NameId> label;
        uint64_t count = 0;
        if (!step_.texts.empty()) label = context_.graph.FindName(step_.texts[0]);
        if (step_.texts.empty() || label) {
            count = step_.side == Direction::kBoth ? context_.graph.CountEdges(label)
                                                   : context_.graph.CountVertices(label);
        }
        traverser = Fresh(Value(static_cast<int64_t>(count)));
        return true;
    }
    void Reset() override { done_ = false; }

  private:
    bool done_ = false;
};

}  // namespace

StagePtr MakeSource(const plan::Step& step, Context& context) {
    if (step.op == plan::Op::kInject) return std::make_unique<Inject>(step, context);
    if (step.op == plan::Op::kCountElements) return std::make_unique<CountElements>(step, context);
    return std::make_unique<ElementSource>(step, context);
}

}  // namespace gyre::graph::exec
