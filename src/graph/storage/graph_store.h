#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/result.h"
#include "core/worker_pool.h"
#include "graph/storage/change_log.h"
#include "graph/storage/column_scan.h"
#include "graph/storage/edge_columns.h"
#include "graph/storage/id_maker.h"
#include "graph/storage/kv_store.h"
#include "graph/storage/names.h"
#include "graph/storage/property_index.h"
#include "graph/storage/resting.h"
#include "graph/storage/row.h"
#include "graph/storage/scans.h"

namespace gyre::graph {

/// Whose rules a graph follows.
enum class GraphMode : uint8_t {
    kNeptune,      ///< text ids (UUIDs where none is given), labels "a::b", set cardinality
    kTinkerGraph,  ///< ids of any type (numbers where none is given), single, meta-properties
};

struct StoreOptions {
    KvOptions changes;
    uint64_t rest_after =
        250'000;  ///< elements that have changed, before the store rests by itself
};

/// Gremlin's label of a vertex that has none.
constexpr std::string_view kDefaultLabel = "vertex";

struct NewElements;
class Transaction;

/// Which changes of a store.
enum class ChangesOf : uint8_t {
    kGraph,  ///< of the property graph
    kRdf,    ///< of the RDF beside it
    kAll,    ///< and that everything went
};

/// A property graph on the disk. Thread-safe; transactions are for one thread each and end before
/// the store does, which they keep open where it is shared.
class GraphStore : public std::enable_shared_from_this<GraphStore> {
  public:
    /// Errors: as KvStore::Open; kFailedPrecondition for a newer program's format or another mode.
    [[nodiscard]] static core::Result<std::unique_ptr<GraphStore>> Open(
        const std::filesystem::path& folder, GraphMode mode, const StoreOptions& options = {});

    /// A snapshot. Waits for nobody.
    [[nodiscard]] std::unique_ptr<Transaction> Read();
    /// Waits for its turn to write; null when it has not come by `deadline`, and when another store
    /// has taken this one's place.
    [[nodiscard]] std::unique_ptr<Transaction> Write(
        core::SteadyTime deadline = core::SteadyTime::max());
    ~GraphStore();
    /// Removes everything but the names of labels and keys, at once. Errors: as
    /// Transaction::Commit; kConflict when its turn to write does not come by `deadline`.
    [[nodiscard]] core::Status Clear(core::SteadyTime deadline);
    /// Moves all that has changed into a new segment. Readers go on; it has the turn to write
    /// meanwhile. By itself it happens in the background when a quarter has changed, and rest_after
    /// at least. Errors: as Clear.
    [[nodiscard]] core::Status Rest(core::SteadyTime deadline = core::SteadyTime::max());
    /// A query has looked through many elements for few values of this property: in the background
    /// it is indexed, once.
    void WantIndex(IndexedProperty property);
    /// Whether from now on each commit's changes are written with it, for Transaction::Changes.
    /// Before use. Errors: as Transaction::Commit.
    [[nodiscard]] core::Status KeepChanges(bool keep);
    [[nodiscard]] bool KeepsChanges() const { return keeps_changes_; }
    [[nodiscard]] uint64_t LastCommit() const { return last_commit_; }
    /// The name of a time in which every change was kept; another one where commits count anew, or
    /// some were not kept. Empty: they are not.
    [[nodiscard]] std::string Epoch();
    /// Gives it another name, before it keeps changes.
    [[nodiscard]] core::Status LeaveEpoch();
    [[nodiscard]] GraphMode Mode() const { return mode_; }
    /// A consistent copy of all that is committed, as a store in a new folder on the same disk.
    /// Commits go on meanwhile. Errors: kResourceExhausted (disk full), kInternal.
    [[nodiscard]] core::Status Snapshot(const std::filesystem::path& folder);
    /// From now on nobody gets a turn to write, and when the last who has it lets go its folder is
    /// removed. For whoever has the turn.
    void Retire() { retired_ = true; }

    /// Only a Follower writes from now on (replica/follower.h); reads are refused while what it has
    /// is older than `bound`, 0 for any age. Before use.
    void Follow(core::milliseconds bound) {
        max_age_ = bound;
        follows_ = true;
    }
    [[nodiscard]] bool Follows() const { return follows_; }
    /// In the place of `other`, with a whole copy.
    void FollowAs(const GraphStore& other) {
        Follow(other.max_age_);
        NoteCopied();
    }
    /// It has a whole copy of some time: until then nobody reads it.
    void NoteCopied() { copied_ = true; }
    /// It had all that its original had at that time.
    void NoteFresh(core::SteadyTime at) { fresh_ = at.time_since_epoch().count(); }
    /// How old what it has may be; nullopt where it has never had all.
    [[nodiscard]] std::optional<core::milliseconds> Age(core::SteadyTime now) const;
    /// Whether a client may read or write here. Errors: "ReadOnlyViolationException"; kUnavailable
    /// of a copy that is too old.
    [[nodiscard]] core::Status Serves(bool writes, core::SteadyTime now) const;
    /// Gives back the room of what was deleted. Errors: kInternal.
    [[nodiscard]] core::Status Compact() { return kv_->Compact(); }
    /// Bytes on the disk.
    [[nodiscard]] uint64_t Size() const;
    /// Of these, those of what rests.
    [[nodiscard]] uint64_t RestingBytes() const;

  private:
    friend class Transaction;
    friend class BulkLoad;
    /// As Read and Write, for the store's own thread, which must not be the last to let it go.
    [[nodiscard]] std::unique_ptr<Transaction> OwnRead();
    [[nodiscard]] std::unique_ptr<Transaction> OwnWrite(
        core::SteadyTime deadline = core::SteadyTime::max());
    GraphStore(std::filesystem::path folder, std::unique_ptr<KvStore> kv, GraphMode mode,
               IdMaker ids, uint64_t rest_after)
        : folder_(std::move(folder)),
          rest_after_(rest_after),
          kv_(std::move(kv)),
          mode_(mode),
          ids_(ids),
          background_("graph-store", 1, 1024) {}
    void BuildIndex(IndexedProperty property);
    [[nodiscard]] core::Status DropFormerIndexes();
    [[nodiscard]] core::Status OpenResting();
    [[nodiscard]] std::shared_ptr<Resting> CurrentResting() const;
    /// Rest, with the turn to write had, and with new elements (segment_build.h).
    [[nodiscard]] core::Status RestWith(Transaction& writer, uint64_t first_vertex,
                                        uint64_t first_edge, NewElements& more);
    /// Commits `writer`, whose every element is in that segment, which rests from then on.
    [[nodiscard]] core::Status Replace(Transaction& writer, const std::filesystem::path& file);
    /// So many elements have been written: perhaps it is time to Rest.
    void NoteWrites(uint64_t elements);

    const std::filesystem::path folder_;
    const uint64_t rest_after_;
    std::unique_ptr<KvStore> kv_;
    const GraphMode mode_;
    const IdMaker ids_;
    Names names_;
    PropertyIndex index_;
    std::atomic<bool> stopping_{false};
    std::atomic<bool> retired_{false};
    std::atomic<bool> follows_{false};
    std::atomic<bool> copied_{false};
    core::milliseconds max_age_{0};
    std::atomic<core::SteadyTime::rep> fresh_{0};  ///< 0: never
    // Moved on by the writer whose turn it is; never back.
    std::atomic<uint64_t> next_vertex_{1};
    std::atomic<uint64_t> next_edge_{1};
    std::atomic<uint64_t> last_commit_{0};  ///< of those that are kept
    bool keeps_changes_ = false;
    /// Held while a snapshot and what rests are taken together, and while what rests is replaced.
    mutable std::shared_mutex replacing_;
    std::shared_ptr<Resting> resting_;  ///< null: nothing rests
    std::atomic<uint64_t> segment_number_{0};
    std::atomic<uint64_t> loose_{0};  ///< elements written since the last Rest, about
    std::atomic<bool> will_rest_{false};
    core::WorkerPool background_;
};

/// Which of a vertex's edges.
struct EdgeChoice {
    bool leaving = false, entering = false;
    bool all_labels = false;
    std::vector<NameId> labels;  ///< where not all
};

/// One consistent view of the graph, with its own changes if it writes. Numbers of names, vertices
/// and edges are those of the store. A failed read shows in Health; until then it looks like
/// absence.
class Transaction {
  public:
    /// `keep`: what keeps the store open; may be null.
    Transaction(GraphStore& store, std::shared_ptr<GraphStore> keep,
                std::unique_ptr<KvTransaction> kv, std::shared_ptr<Resting> resting, bool writes);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    [[nodiscard]] GraphMode Mode() const { return store_.mode_; }
    [[nodiscard]] bool Writes() const { return writes_; }
    [[nodiscard]] std::optional<NameId> FindName(std::string_view name) const {
        return store_.names_.Find(name);
    }
    [[nodiscard]] std::string_view NameText(NameId name) const { return store_.names_.Text(name); }
    /// Of labels and keys, of all that there ever was.
    [[nodiscard]] NameId NamesBelow() const { return static_cast<NameId>(store_.names_.Size()); }

    /// The element of that id, as the user says it.
    [[nodiscard]] std::optional<uint64_t> FindVertex(const Value& id);
    [[nodiscard]] std::optional<EdgeRef> FindEdge(const Value& id);
    /// Null when there is none of that number. Valid while the pointer is held.
    [[nodiscard]] std::shared_ptr<const VertexRow> Vertex(uint64_t vertex);
    [[nodiscard]] std::shared_ptr<const EdgeRow> Edge(uint64_t edge);
    /// Parts of a vertex, at a fraction of what the whole costs: its values under a key, which are
    /// put to `into`; whether it has all these labels of its own; its id. False, and null, where
    /// there is no such vertex.
    [[nodiscard]] bool VertexValues(uint64_t vertex, NameId key, Values& into);
    /// Its only value under the key; false where there is none, or several.
    [[nodiscard]] bool OnlyValue(uint64_t vertex, NameId key, Value& value);
    [[nodiscard]] bool VertexHas(uint64_t vertex, std::span<const NameId> labels);
    [[nodiscard]] Value VertexId(uint64_t vertex);
    /// The value of an edge under the key; false where there is none.
    [[nodiscard]] bool EdgeValue(uint64_t edge, NameId key, Value& value);
    /// The values of a vertex or an edge, likewise put to `into`.
    void ReadValues(const Value& element, NameId key, Values& into);
    /// Its id and values, as EncodeIdAndValues writes them; they may stand in `buffer`.
    [[nodiscard]] std::string_view EdgeRest(uint64_t edge, std::string& buffer);
    /// What the user knows them by.
    [[nodiscard]] Value VertexId(uint64_t vertex, const VertexRow& row) const;
    [[nodiscard]] Value EdgeId(uint64_t edge, const EdgeRow& row) const;
    /// Those under which it is found.
    [[nodiscard]] std::vector<NameId> IndexedLabels(const VertexRow& row);
    /// "a::b" of several.
    [[nodiscard]] std::string LabelText(const VertexRow& row) const;
    /// The id of one of a vertex's values.
    [[nodiscard]] int64_t ValueId(uint64_t vertex, const VertexValue& value) const;

    [[nodiscard]] VertexScan Vertices();
    [[nodiscard]] VertexScan VerticesOf(NameId label);
    /// Those that have this value, where an index tells; nullopt where none does.
    [[nodiscard]] std::optional<VertexScan> VerticesBy(NameId key, const Value& value);
    void WantIndex(IndexedProperty property) { store_.WantIndex(property); }
    /// By what the values are read that a label's vertices have under a key; null: by rows, as
    /// always where this transaction may change them.
    [[nodiscard]] const ValueColumn* ColumnOf(NameId label, NameId key) const;
    /// The vertices of a label, or all where none is given, that pass the tests; null where there
    /// are no columns to tell.
    [[nodiscard]] std::unique_ptr<ColumnScan> ScanColumns(std::optional<NameId> label,
                                                          std::vector<ColumnTest> tests,
                                                          ColumnScan::ByRow by_row);
    /// From now on what is read of that vertex of a batch comes from its columns.
    void BringToHand(const ColumnScan& scan, const ElementBatch& batch, size_t i) {
        const bool by_row = batch.places[i] == ElementBatch::kByRow;
        near_ = {by_row ? kNoVertex : batch.vertices[i], &scan.Columns(), batch.block,
                 batch.places[i]};
    }
    /// From now on what is read of that edge comes from what stands beside a list.
    void BringToHand(uint64_t edge, const RestingEdges::Beside& beside) {
        at_hand_ = edge;
        beside_ = beside;
    }
    /// The value of a column's word, of a vertex that rests.
    [[nodiscard]] bool ColumnValue(const ValueColumn& column, uint64_t vertex, uint64_t word,
                                   Value& value) const {
        return column.ToValue(
            word, column.type == ColumnType::kText ? Resting()->Vertex(vertex) : std::string_view(),
            value);
    }
    [[nodiscard]] std::unique_ptr<EdgeScan> Edges();
    /// Those that have a value in the range, and perhaps some that have not, in any order; null
    /// where no index tells, and where it would take longer than to go through `among` edges.
    [[nodiscard]] std::unique_ptr<EdgeScan> EdgesBy(NameId key, const ValueRange& values,
                                                    uint64_t among);
    /// Those of a label, in any order.
    [[nodiscard]] std::unique_ptr<EdgeScan> EdgesOf(NameId label);
    /// Edges by what stands beside lists; null where rows tell as soon.
    [[nodiscard]] std::unique_ptr<EdgeColumns> ScanEdges(EdgesAsked asked);
    /// The edges on one side of a vertex; of one label if it is given.
    [[nodiscard]] std::unique_ptr<EdgeScan> EdgesAt(uint64_t vertex, Direction side,
                                                    std::optional<NameId> label);
    /// The same as `use(EdgeRef)` for each, until it returns false: without a scan to be made,
    /// where all of them rest.
    template <typename Use>
    void ForEdgesAt(uint64_t vertex, Direction side, std::optional<NameId> label, Use use) {
        EdgeRef edge;
        if (!VertexRests(vertex) || resting_->sides.Marked(vertex)) {
            const auto scan = EdgesAt(vertex, side, label);
            while (scan->Next(edge) && use(edge)) {
            }
            return;
        }
        RestingEdges resting = Resting()->EdgesAt(vertex, side, label);
        RestingEdges::Entry entry;
        const bool out = side == Direction::kOut;
        while (resting.Next(entry)) {
            edge = {entry.edge, out ? vertex : entry.neighbour, out ? entry.neighbour : vertex,
                    entry.label};
            if (resting.HasBeside()) BringToHand(edge.id, resting.BesideLast());
            if (!use(edge)) return;
        }
    }
    /// The vertices at their other ends are put to `into`, as often as there are edges.
    void Neighbours(uint64_t vertex, Direction side, std::optional<NameId> label,
                    std::vector<uint64_t>& into);
    /// How many those are, without a look at them.
    [[nodiscard]] uint64_t Degree(uint64_t vertex, Direction side, std::optional<NameId> label);
    /// How many walks of two edges there are whose first edges, as their middle sees them, are of
    /// `first`, and whose second are of `second`: sums of products of degrees. nullopt where
    /// `go_on`, which is asked now and then, says no.
    [[nodiscard]] std::optional<uint64_t> CountWalks(const EdgeChoice& first,
                                                     const EdgeChoice& second,
                                                     const std::function<bool()>& go_on);
    /// How many vertices or edges there are, of a label if it is given.
    [[nodiscard]] uint64_t CountVertices(std::optional<NameId> label);
    [[nodiscard]] uint64_t CountEdges(std::optional<NameId> label);

    // For writing ones. Errors: kInvalidArgument (an id or a value of a type that cannot be kept),
    // kAlreadyExists (the id is taken), kNotFound.
    [[nodiscard]] NameId Intern(std::string_view name);
    /// `number`: of a copy, the original's, which ascend; 0: the next.
    [[nodiscard]] core::Result<uint64_t> AddVertex(VertexRow row, uint64_t number = 0);
    /// Of an existing one: its values; labels and id stay.
    [[nodiscard]] core::Status PutVertex(uint64_t vertex, const VertexRow& row);
    /// Of an existing one: values and labels.
    [[nodiscard]] core::Status SetLabels(uint64_t vertex, const VertexRow& row);
    [[nodiscard]] core::Result<EdgeRef> AddEdge(EdgeRow row, uint64_t number = 0);
    /// The number of an element whose id the original has made; 0 of an id that a user gave.
    [[nodiscard]] uint64_t MadeNumber(char kind, const Value& id) const;
    [[nodiscard]] core::Status PutEdge(uint64_t edge, const EdgeRow& row);
    /// With its edges; no error when it is gone.
    void DropVertex(uint64_t vertex);
    void DropEdge(uint64_t edge);
    /// Durable when it returns.
    [[nodiscard]] core::Status Commit();
    /// In place of Commit, where nothing else was written (KvTransaction::CommitTables).
    [[nodiscard]] core::Status CommitTables(
        const std::function<core::Status(const KvTransaction::PutSorted& put)>& fill);
    [[nodiscard]] core::Status Health() const;
    /// What lies under it, for what is kept beside the property graph (rdf/quads.h).
    [[nodiscard]] KvTransaction& Tables() { return *kv_; }

    /// The changes that were kept, from there on and in order, at most `limit`; of those, what is
    /// found by `until`.
    [[nodiscard]] std::vector<LoggedChange> Changes(
        ChangeId from, size_t limit, ChangesOf which = ChangesOf::kGraph,
        core::SteadyTime until = core::SteadyTime::max());
    /// All of the commits after that one, but no more than `least` need: a commit is not cut.
    [[nodiscard]] std::vector<LoggedChange> ChangesAfter(uint64_t commit, size_t least);
    /// Nullopt where there is none, or it is not found by `until`.
    [[nodiscard]] std::optional<LoggedChange> LastChange(
        ChangesOf which, core::SteadyTime until = core::SteadyTime::max());
    /// The last commit of those that were kept.
    [[nodiscard]] uint64_t LastCommit();
    /// A quad has come or gone: `line` says which in N-Quads, where changes are kept.
    void NoteQuad(const std::function<std::string()>& line, bool removed);

  private:
    friend class GraphStore;
    friend class BulkLoad;
    [[nodiscard]] const Segment* Resting() const {
        return resting_ ? resting_->segment.get() : nullptr;
    }
    [[nodiscard]] bool VertexRests(uint64_t vertex) const {
        return resting_ && vertex < resting_->segment->VerticesBelow();
    }
    [[nodiscard]] bool EdgeRests(uint64_t edge) const {
        return resting_ && edge < resting_->segment->EdgesBelow();
    }
    /// A row's bytes, which may stand in `buffer`; empty: there is none.
    [[nodiscard]] std::string_view VertexBytes(uint64_t vertex, std::string& buffer);
    /// Of a key that may rest, a note that it does no more.
    void Remove(std::string_view key, bool rests);
    void PutUserId(char table, const Value& id, uint64_t number);
    void RemoveUserId(char table, const Value& id);
    void MarkSides(const EdgeRow& row);
    void AddCount(std::string key, int64_t by) { count_changes_[std::move(key)] += by; }
    void WriteCounts();
    /// Of what comes (no `before`), changes or goes (no `after`).
    void NoteVertex(uint64_t vertex, const VertexRow* before, const VertexRow* after);
    void NoteEdge(uint64_t edge, const EdgeRow* before, const EdgeRow* after);
    void NoteAllValues(uint64_t vertex, const Value& id, const VertexRow& row);
    /// Everything goes.
    void NoteClear();
    template <typename Entries>
    void NoteValues(Change change, const Entries* before, const Entries* after);
    void WriteChanges();
    /// A commit of which changes are kept.
    struct CommitHead {
        int64_t committed_ms = 0;
        uint64_t count = 0;  ///< of its changes
    };
    [[nodiscard]] bool ReadHead(std::string_view bytes, CommitHead& head);
    void ReadChanges(ChangeId from, ChangesOf which, core::SteadyTime until,
                     std::vector<LoggedChange>& found, const std::function<bool()>& more);
    [[nodiscard]] uint64_t ReadCount(const std::string& key);
    /// Under which some vertex is found, ascending.
    [[nodiscard]] std::vector<NameId> LabelsOfVertices();
    [[nodiscard]] std::unique_ptr<KvCursor> ChangesOfNewSides();
    [[nodiscard]] NameId LeastLabel(uint64_t vertex);
    [[nodiscard]] uint64_t DegreeOf(uint64_t vertex, const EdgeChoice& choice);
    [[nodiscard]] std::optional<uint64_t> FindUserId(char table, const Value& id);
    [[nodiscard]] core::Status CheckUserId(const Value& id) const;
    /// Of what comes (no `before`), changes or goes (no `after`).
    template <typename Row>
    void KeepIndexes(ElementKind of, uint64_t number, const Row* before, const Row* after);
    /// Of all that comes to rest at once.
    [[nodiscard]] core::Status IndexNew(const NewElements& more, uint64_t first_vertex,
                                        uint64_t first_edge);
    [[nodiscard]] bool IsIndexed(IndexedProperty property);
    /// So many elements from there on, which moves; gives the number that no element has.
    [[nodiscard]] uint64_t IndexChunk(IndexedProperty property, uint64_t& from, size_t most);
    [[nodiscard]] core::Status WriteVertex(uint64_t vertex, const VertexRow* before,
                                           const VertexRow& row);
    [[nodiscard]] core::Status WriteEdge(uint64_t edge, const EdgeRow* before, const EdgeRow& row);
    void IndexLabel(uint64_t vertex, NameId label, bool there);
    [[nodiscard]] uint64_t VerticesBelow() const;
    [[nodiscard]] uint64_t EdgesBelow() const;
    enum class Near : uint8_t { kUnknown, kAbsent, kFound };
    /// What the vertex at hand has under the key.
    [[nodiscard]] Near NearValue(NameId key, Value& value);
    void Forget(uint64_t vertex) { vertex_cache_[vertex % kCached].first = 0; }

    static constexpr size_t kCached = 64;
    const std::shared_ptr<GraphStore> keep_;  ///< the last to go
    GraphStore& store_;
    std::unique_ptr<KvTransaction> kv_;
    const std::shared_ptr<graph::Resting> resting_;
    const bool writes_;
    /// Under it are found also those that have no label.
    const std::optional<NameId> default_label_;
    uint64_t written_ = 0;   ///< elements
    bool numbered_ = false;  ///< has used a new number
    bool done_ = false;
    bool damaged_ = false;
    static constexpr uint64_t kNoVertex = UINT64_MAX;
    /// Where in its label's columns the vertex at hand stands.
    struct NearVertex {
        uint64_t vertex = kNoVertex;
        const LabelColumns* columns = nullptr;
        size_t block = 0, place = 0;
    };
    NearVertex near_;
    /// The edge whose values are beside a list.
    uint64_t at_hand_ = 0;
    RestingEdges::Beside beside_;
    /// Changes of counts, written when they are scanned or committed: of a supernode that gets a
    /// thousand edges at once, its count is written once.
    std::unordered_map<std::string, int64_t> count_changes_;
    std::vector<Change> changes_;  ///< where they are kept
    std::array<std::pair<uint64_t, std::shared_ptr<const VertexRow>>, kCached> vertex_cache_;
};

}  // namespace gyre::graph
