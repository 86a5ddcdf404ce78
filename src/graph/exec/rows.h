#pragma once

#include <array>
#include <deque>
#include <optional>
#include <unordered_set>

#include "graph/exec/column_tests.h"
#include "graph/exec/detail/vertex_table.h"
#include "graph/exec/function_ref.h"
#include "graph/exec/pattern_checks.h"
#include "graph/exec/scanned_vertices.h"
#include "graph/exec/stage.h"
#include "graph/plan/row.h"

namespace gyre::graph::exec {

/// A stage whose traversers' values are rows: lists with a slot for each variable.
class RowStage : public Stage {
  public:
    RowStage(const plan::RowStep& row_step, size_t width, Context& context);

    /// As Next for all that is left, where all of it is gathered anyway: `take` gets each row, with
    /// how often it comes, until it returns false. It may set slots that its step binds.
    using TakeRow = FunctionRef<bool(Values& row, int64_t times)>;
    virtual void Each(const TakeRow& take);
    /// Whether those rows are given, to be moved from, and not only lent.
    [[nodiscard]] virtual bool Gives() const { return true; }
    /// In place of Each: rows that differ only in the element that stands in one slot, each once.
    struct RowScan {
        std::unique_ptr<BatchScan> scan;  ///< of those elements
        Values row;
        size_t slot = 0;
        /// Where the vertices stand that an edge leaves and enters.
        std::optional<std::pair<size_t, size_t>> ends;
        /// The row of the i-th of a batch.
        Values& Row(Transaction& graph, const ElementBatch& batch, size_t i);
    };
    /// Nullopt where they differ otherwise; then there is Each. `slot`: where the elements stand.
    [[nodiscard]] virtual std::optional<RowScan> OpenRows(size_t slot);
    void SetInput(Stage* input) override;

  protected:
    /// What comes from the stage before, likewise.
    void EachBefore(const TakeRow& take);
    [[nodiscard]] std::optional<RowScan> OpenBefore(size_t slot) {
        return before_ != nullptr ? before_->OpenRows(slot) : std::nullopt;
    }
    [[nodiscard]] bool BeforeGives() const { return before_ == nullptr || before_->Gives(); }
    /// To be changed: what the traverser has, or a copy where others may see that.
    [[nodiscard]] Values RowOf(Traverser& traverser) const;
    [[nodiscard]] static Traverser ToTraverser(Values row);
    const plan::RowStep& row_;
    const size_t width_;

  private:
    RowStage* before_ = nullptr;  ///< the stage before, where it is one of rows
};

[[nodiscard]] StagePtr MakeProjection(const plan::RowStep& step, size_t width, Context& context);
[[nodiscard]] StagePtr MakeProcedure(const plan::RowStep& step, size_t width, Context& context);
/// Whether of a MATCH only the number of matches matters to the next step, for each row apart.
[[nodiscard]] bool OnlyCounts(const plan::RowStep& match, const plan::RowStep& next);
/// What the next step makes of the matches of a MATCH.
struct MatchUse {
    /// It is one hop of many, and only where it leads matters, not how often or by which way.
    bool only_ends = false;
    /// Slots that the match binds and that are read; else only the number of matches matters.
    /// Nullopt: all.
    std::optional<std::vector<size_t>> read;
};
[[nodiscard]] MatchUse UseOf(const plan::RowStep& match, const plan::RowStep& next);
[[nodiscard]] StagePtr MakeCount(const plan::RowStep& step, size_t width, Context& context);
[[nodiscard]] StagePtr MakeRowWrite(const plan::RowStep& step, size_t width, Context& context);

[[nodiscard]] bool HasAllLabels(Context& context, uint64_t vertex,
                                const std::vector<std::string>& labels);

/// All the ways in which patterns hold of a row, each a row with their variables bound.
class PatternSearch {
  public:
    PatternSearch(const std::vector<plan::PathPattern>& patterns, const plan::ExpressionPtr& where,
                  Context& context, MatchUse use = {});
    using Take = FunctionRef<bool(Values&)>;

    /// Calls `take` for each; it returns false to end the search.
    void Run(const Values& row, const Take& take);
    /// As Run by parts, each of what is found from one more vertex that the first pattern may
    /// begin at: Step is false when there is none.
    void Open(const Values& row);
    [[nodiscard]] bool Step(const Take& take);
    /// How many ways the one that is taken stands for: more than one where they differ only in what
    /// is not read.
    [[nodiscard]] int64_t Times() const { return times_; }
    /// Where the ways are vertices, or edges of any two, that pass tests of their columns, and
    /// stand in that slot: a scan of them. Null for others.
    [[nodiscard]] std::unique_ptr<BatchScan> OpenScan(const Values& row, size_t slot);
    /// How many ways there are; where there are any, `one` is one of them, whose variables may say
    /// only that they are bound.
    [[nodiscard]] uint64_t Count(const Values& row, Values& one);

  private:
    using Arrive = FunctionRef<void(uint64_t)>;
    using TakeEdge = FunctionRef<void(const EdgeRef&, uint64_t)>;
    struct Reached;
    struct Flood;
    /// Where two floods met, or, without `to`, a vertex that one has reached.
    struct Meeting {
        const Flood* from = nullptr;
        const Flood* to = nullptr;
        uint64_t vertex = 0;
    };

    /// The store's numbers of the names in a pattern.
    struct Names {
        std::vector<std::vector<NameId>> labels;  ///< of each node
        std::vector<bool> unknown;                ///< of each node: nobody has one of its labels
        /// Of each node whose properties are constants, which many ways come by: of vertices that
        /// were looked at, whether they fit.
        std::vector<std::optional<VertexTable>> tried;
        std::vector<std::vector<std::optional<NameId>>> types;  ///< of each hop; nullopt: any
    };
    void FindNames();
    [[nodiscard]] bool HasNull() const;
    void Next(size_t pattern);
    /// How little is known of a node: the less, the sooner a pattern begins there.
    enum class Unknown : uint8_t { kBound, kGiven, kByValues, kByLabels, kAll };
    [[nodiscard]] Unknown UnknownOf(size_t pattern, size_t node) const;
    [[nodiscard]] size_t Start(size_t pattern) const;
    void Begin(size_t pattern, size_t start, uint64_t vertex);
    /// The vertices that a pattern may begin at.
    struct Candidates {
        std::array<uint64_t, 2> given{};  ///< a node that is known, or those at an edge's ends
        size_t givens = 0, next = 0;
        void Give(uint64_t vertex) { given[givens++] = vertex; }
        /// Those that an edge's ends are at a hop on this side.
        void GiveEnds(const EdgeRef& edge, Direction side);
        std::optional<VertexScan> scan;
        ScannedVertices columns;          ///< in its place
        std::unique_ptr<EdgeScan> edges;  ///< likewise: one after the other is bound at the hop
        const plan::HopPattern* hop = nullptr;
        IndexWish wish;
        size_t start = 0;  ///< which of the pattern's nodes they are for
    };
    [[nodiscard]] Candidates Beginnings(size_t pattern);
    [[nodiscard]] Candidates CandidatesOf(size_t pattern, size_t start);
    /// Where nothing is known of a node that is as good: edges of an index, the values of a hop's
    /// property. False where there is none.
    [[nodiscard]] bool FindEdges(size_t pattern, Candidates& candidates);
    [[nodiscard]] std::vector<IndexTest> TestsOfHop(size_t pattern, size_t hop);
    [[nodiscard]] bool NextEdge(Candidates& candidates);
    [[nodiscard]] std::unique_ptr<BatchScan> ScanHop(size_t slot);
    [[nodiscard]] bool NextOf(Candidates& candidates, uint64_t& vertex);
    /// The vertices of a node's label by columns, which need not be all that is asked of them; null
    /// where there are none. `all`: they are.
    [[nodiscard]] std::unique_ptr<ColumnScan> ColumnsOf(size_t pattern, size_t start, bool& all);
    void Walk(size_t pattern, size_t start, size_t done);
    void Many(size_t pattern, size_t hop, bool forward, uint64_t at, size_t first,
              const Arrive& then);
    void Ends(size_t pattern, size_t hop, bool forward, uint64_t at, const Arrive& then);
    void Given(size_t pattern, size_t hop, bool forward, uint64_t at, const Arrive& then);
    template <typename Use>
    void EachEdge(size_t pattern, size_t hop, bool forward, uint64_t at, Use use);
    void OneHop(size_t pattern, size_t hop, bool forward, uint64_t at, const TakeEdge& then);
    void KnownHop(size_t pattern, size_t hop, bool forward, uint64_t at, const EdgeRef& edge,
                  const TakeEdge& then);
    void Shortest(size_t pattern, bool forward, uint64_t at, const Arrive& then);
    void ShortestTo(size_t pattern, bool forward, uint64_t at, uint64_t goal, const Arrive& then);
    void Spread(size_t pattern, bool forward, Flood& flood, size_t end);
    [[nodiscard]] bool Fewer(size_t pattern, size_t end, const Flood& flood) const;
    [[nodiscard]] bool LastFrom(size_t pattern, bool forward, Flood& flood, const Arrive& then);
    void GiveWays(size_t pattern, bool forward, const Meeting& meeting, const Arrive& then);
    void EachWay(const Flood& flood, uint32_t place, Values& edges, bool& stop,
                 const FunctionRef<void()>& take);
    [[nodiscard]] bool HasLabels(size_t pattern, size_t node, uint64_t vertex);
    [[nodiscard]] bool NodeFits(size_t pattern, size_t node, uint64_t vertex);
    [[nodiscard]] bool Holds(const PatternChecks::Conditions& conditions);
    /// How many edges there are to go through from a node that is bound.
    [[nodiscard]] uint64_t Breadth(size_t pattern, size_t node) const;
    [[nodiscard]] Direction SideOf(const plan::HopPattern& hop, bool forward) const;
    void Closing(size_t pattern, size_t hop, bool forward, uint64_t at, uint64_t goal,
                 const TakeEdge& then);
    [[nodiscard]] bool Fits(const Value& element, const plan::WantedProperties& wanted);
    [[nodiscard]] bool FitsHop(const EdgeRef& edge, const plan::HopPattern& hop) {
        return hop.properties.Empty() || Fits(Value(edge), hop.properties);
    }
    [[nodiscard]] bool Used(const EdgeRef& edge) const;
    void TakePath(size_t pattern);
    /// Adds edges, each from where the one before led, and the vertices to which they lead.
    static void Lengthen(Path& path, uint64_t& at, const Values& edges);
    [[nodiscard]] bool IsTail(size_t pattern, size_t hop, size_t to) const;
    void CountTail(size_t pattern, size_t hop, bool forward, uint64_t at);
    /// A chain between two nodes that the row gives, counted from one of them to wherever it leads:
    /// rows often come with one end the same many times over.
    struct FromEnd {
        uint64_t at = 0;       ///< that end, of the row before; 0: none
        uint64_t times = 0;    ///< how many rows had it
        bool repeats = false;  ///< more than one had the end before it
        bool counted = false;
        VertexTable ways;  ///< how many, by the other end
        uint64_t held = 0;
    };
    [[nodiscard]] std::optional<uint64_t> CountByColumns(const Values& row);
    [[nodiscard]] std::optional<uint64_t> CountFromStatistics(const Values& row);
    [[nodiscard]] bool IsChain() const;
    [[nodiscard]] std::optional<uint64_t> CountByEnds(const Values& row);
    [[nodiscard]] bool CountFrom(size_t node, const Values& row, FromEnd& ends, uint64_t most);
    void ForgetWays(FromEnd& ends);
    [[nodiscard]] bool IsRead(size_t slot) const;
    void AddCounted(uint64_t count, const plan::HopPattern& hop, const plan::NodePattern& to);
    [[nodiscard]] uint64_t UsedAt(uint64_t at, Direction side, std::optional<NameId> type) const;

    const std::vector<plan::PathPattern>& patterns_;
    PatternChecks checks_;
    Context& context_;
    const MatchUse use_;
    std::vector<Names> names_;         ///< of each pattern
    std::vector<size_t> given_slots_;  ///< of nodes that the row has from before
    std::vector<bool> in_order_;       ///< of each pattern: to be walked as it is written
    bool all_named_ = false;
    Values row_;
    std::vector<EdgeRef> used_;  ///< edges of this match: none twice
    const Take* take_ = nullptr;
    bool stopped_ = false;
    int64_t times_ = 1;
    bool counting_ = false;
    uint64_t counted_ = 0;
    Values* one_ = nullptr;            ///< of those that are counted
    std::array<FromEnd, 2> ends_;      ///< of the first node, and of the last
    std::optional<Candidates> first_;  ///< of the first pattern, while it is open
    IndexWish hop_wish_;               ///< of a hop's property, for a search that begins at nodes
    const plan::HopPattern* wished_ = nullptr;
};

/// The stages of a query of rows, or of a part of it that begins with a row.
class RowPipeline {
  public:
    RowPipeline(const plan::RowUnion& query, size_t width, Context& context, Values first = {});
    /// The values of the columns of the next row.
    [[nodiscard]] bool Next(Values& columns);

  private:
    void Begin(const plan::RowPart& part);

    const plan::RowUnion& query_;
    const size_t width_;
    Context& context_;
    const Values first_;
    size_t part_ = 0;
    std::vector<StagePtr> stages_;
    std::unordered_set<Value, ValueHash, ValueSame> seen_;
};

}  // namespace gyre::graph::exec
