#include "graph/storage/graph_store.h"

#include <algorithm>
#include <random>
#include <utility>

#include "core/digest.h"
#include "graph/storage/keys.h"

namespace gyre::graph {
namespace {

using core::Code;

constexpr uint64_t kFormat = 1;
constexpr std::string_view kFormatKey = "mformat";
constexpr std::string_view kNextKey = "mnext";
constexpr std::string_view kEpochKey = "mepoch";

std::string Numbers(std::initializer_list<uint64_t> numbers) {
    std::string bytes;
    for (const uint64_t number : numbers) AppendVarint(bytes, number);
    return bytes;
}

/// Whether a graph of that mode keeps the value as a property's. Neptune has no bytes.
core::Status CheckValue(const Value& value, GraphMode mode) {
    if (IsStorable(value) && (mode != GraphMode::kNeptune || !value.Is<Binary>())) return {};
    return core::Fail(Code::kInvalidArgument, "Property value [" + DisplayText(value) +
                                                  "] is of type " + std::string(TypeName(value)) +
                                                  ", which is not supported");
}

}  // namespace

core::Result<std::unique_ptr<GraphStore>> GraphStore::Open(const std::filesystem::path& folder,
                                                           GraphMode mode,
                                                           const StoreOptions& options) {
    GYRE_ASSIGN(auto kv, KvStore::Open(folder, options.changes));
    uint64_t format = kFormat, kept_mode = static_cast<uint64_t>(mode), salt = 0, mask = 0;
    std::string bytes;
    {
        const auto reader = kv->Read();
        if (reader->Get(kFormatKey, bytes)) {
            std::string_view rest = bytes;
            if (!ReadVarint(rest, format) || !ReadVarint(rest, kept_mode) ||
                !ReadVarint(rest, salt) || !ReadVarint(rest, mask)) {
                return core::Fail(Code::kDataLoss, folder.string() + ": the format is unreadable");
            }
        }
        GYRE_TRY(reader->Health());
    }
    if (format != kFormat) {
        return core::Fail(Code::kFailedPrecondition, folder.string() + " has format " +
                                                         std::to_string(format) +
                                                         ", which this program does not know");
    }
    if (kept_mode != static_cast<uint64_t>(mode)) {
        return core::Fail(Code::kFailedPrecondition,
                          folder.string() + " holds a graph of the other mode");
    }
    if (bytes.empty()) {
        std::random_device random;
        salt = uint64_t{random()} << 32 | random();
        mask = uint64_t{random()} << 32 | random();
        const auto writer = kv->Write();
        writer->Put(kFormatKey, Numbers({kFormat, kept_mode, salt, mask}));
        GYRE_TRY(writer->Commit());
    }
    std::unique_ptr<GraphStore> store(
        new GraphStore(folder, std::move(kv), mode, IdMaker(salt, mask), options.rest_after));
    const auto reader = store->kv_->Read();
    GYRE_TRY(store->names_.Load(*reader));
    if (reader->Get(kNextKey, bytes)) {
        std::string_view rest = bytes;
        uint64_t vertex = 0, edge = 0;
        if (!ReadVarint(rest, vertex) || !ReadVarint(rest, edge)) {
            return core::Fail(Code::kDataLoss, folder.string() + ": the counters are unreadable");
        }
        store->next_vertex_ = vertex;
        store->next_edge_ = edge;
    }
    if (reader->Get(keys::kLastCommit, bytes)) {
        std::string_view rest = bytes;
        uint64_t commit = 0;
        if (!ReadVarint(rest, commit)) {
            return core::Fail(Code::kDataLoss, folder.string() + ": the counters are unreadable");
        }
        store->last_commit_ = commit;
    }
    GYRE_TRY(store->DropFormerIndexes());
    GYRE_TRY(store->index_.Load(*reader));
    GYRE_TRY(store->OpenResting());
    for (const IndexedProperty property : store->index_.Unready()) {  // what a stop has cut
        const auto build = [at = store.get(), property] { at->BuildIndex(property); };
        if (!store->background_.TrySubmit(build)) break;
    }
    return store;
}

GraphStore::~GraphStore() {
    stopping_ = true;
    background_.Stop();
    if (!retired_) return;
    resting_.reset();
    kv_.reset();
    std::error_code ignored;  // the next start removes it
    std::filesystem::remove_all(folder_, ignored);
}

std::unique_ptr<Transaction> GraphStore::Read() {
    const std::shared_lock lock(replacing_);
    return std::make_unique<Transaction>(*this, weak_from_this().lock(), kv_->Read(), resting_,
                                         false);
}

std::unique_ptr<Transaction> GraphStore::Write(core::SteadyTime deadline) {
    auto kv = kv_->Write(deadline);
    if (!kv || retired_) return nullptr;
    return std::make_unique<Transaction>(*this, weak_from_this().lock(), std::move(kv),
                                         CurrentResting(), true);
}

std::unique_ptr<Transaction> GraphStore::OwnRead() {
    const std::shared_lock lock(replacing_);
    return std::make_unique<Transaction>(*this, nullptr, kv_->Read(), resting_, false);
}

std::unique_ptr<Transaction> GraphStore::OwnWrite(core::SteadyTime deadline) {
    auto kv = kv_->Write(deadline);
    if (!kv || retired_) return nullptr;
    return std::make_unique<Transaction>(*this, nullptr, std::move(kv), CurrentResting(), true);
}

std::string GraphStore::Epoch() {
    std::string epoch;
    if (!kv_->Read()->Get(kEpochKey, epoch)) return "";
    return epoch;
}

core::Status GraphStore::LeaveEpoch() {
    if (Epoch().empty()) return {};
    const auto writer = kv_->Write();
    writer->Delete(kEpochKey);
    return writer->Commit();
}

core::Status GraphStore::KeepChanges(bool keep) {
    keeps_changes_ = keep;
    if (!keep) return LeaveEpoch();
    if (!Epoch().empty()) return {};
    const auto writer = kv_->Write();
    writer->Put(kEpochKey, core::RandomUuid());
    return writer->Commit();
}

std::optional<core::milliseconds> GraphStore::Age(core::SteadyTime now) const {
    const core::SteadyTime::rep fresh = fresh_;
    if (fresh == 0) return std::nullopt;
    return std::chrono::duration_cast<core::milliseconds>(
        now - core::SteadyTime(core::SteadyTime::duration(fresh)));
}

core::Status GraphStore::Serves(bool writes, core::SteadyTime now) const {
    if (!follows_) return {};
    if (writes) {
        return core::Fail(Code::kPermissionDenied, "ReadOnlyViolationException",
                          "this is a read replica: write to its original");
    }
    const auto age = Age(now);
    if (copied_ && (max_age_.count() == 0 || (age && *age <= max_age_))) return {};
    core::Error error(Code::kUnavailable, "InternalFailureException",
                      age ? "what this replica has is " + std::to_string(age->count()) +
                                " ms old, which is more than graph.max_lag_ms allows"
                          : "this replica has not caught up with its original yet");
    error.http_status = 503;
    return core::Fail(std::move(error));
}

Transaction::Transaction(GraphStore& store, std::shared_ptr<GraphStore> keep,
                         std::unique_ptr<KvTransaction> kv, std::shared_ptr<graph::Resting> resting,
                         bool writes)
    : keep_(std::move(keep)),
      store_(store),
      kv_(std::move(kv)),
      resting_(std::move(resting)),
      writes_(writes),
      default_label_(store.names_.Find(kDefaultLabel)) {
}

Transaction::~Transaction() {
    if (writes_ && !done_) store_.names_.Settle(false);
}

core::Status Transaction::Commit() {
    if (done_) return {};
    WriteCounts();
    WriteChanges();
    GYRE_TRY(Health());
    if (numbered_) kv_->Put(kNextKey, Numbers({store_.next_vertex_, store_.next_edge_}));
    if (writes_) {
        // Before the turn to write is handed on: the names are on their way to the log.
        done_ = true;
        store_.names_.Settle(true);
    }
    GYRE_TRY(kv_->Commit());
    if (written_ > 0) store_.NoteWrites(written_);
    return {};
}

core::Status Transaction::CommitTables(
    const std::function<core::Status(const KvTransaction::PutSorted& put)>& fill) {
    done_ = true;
    store_.names_.Settle(false);
    return kv_->CommitTables(fill);
}

core::Status Transaction::Health() const {
    if (damaged_) return core::Fail(Code::kDataLoss, "a row of the graph's store is unreadable");
    return kv_->Health();
}

void Transaction::Remove(std::string_view key, bool rests) {
    if (rests)
        kv_->Put(key, kGone);
    else
        kv_->Delete(key);
}

void Transaction::PutUserId(char table, const Value& id, uint64_t number) {
    if (resting_) resting_->ids = true;
    kv_->Put(keys::UserId(table, id), Numbers({number}));
}

// Another element may rest under this id, which went before this one came.
void Transaction::RemoveUserId(char table, const Value& id) {
    if (resting_) resting_->ids = true;
    const auto rests = !resting_                  ? std::nullopt
                       : table == keys::kVertexId ? Resting()->FindVertex(id)
                                                  : Resting()->FindEdge(id);
    Remove(keys::UserId(table, id), rests.has_value());
}

void Transaction::MarkSides(const EdgeRow& row) {
    for (const uint64_t vertex : {row.out, row.in}) {
        if (VertexRests(vertex)) resting_->sides.Mark(vertex);
    }
}

void Transaction::WriteCounts() {
    for (const auto& [key, change] : std::exchange(count_changes_, {})) {
        if (change == 0) continue;
        const uint64_t count = ReadCount(key) + static_cast<uint64_t>(change);
        if (count == 0)
            kv_->Delete(key);
        else
            kv_->Put(key, Numbers({count}));
    }
}

uint64_t Transaction::ReadCount(const std::string& key) {
    uint64_t count = 0;
    std::string bytes;
    if (kv_->Get(key, bytes)) {
        std::string_view rest = bytes;
        if (!ReadVarint(rest, count)) damaged_ = true;
    }
    const auto change = count_changes_.find(key);
    return change == count_changes_.end() ? count : count + static_cast<uint64_t>(change->second);
}

NameId Transaction::Intern(std::string_view name) {
    return store_.names_.Intern(name, *kv_);
}

uint64_t Transaction::MadeNumber(char kind, const Value& id) const {
    Uuid uuid;
    const auto* text = id.If<std::string>();
    if (Mode() != GraphMode::kNeptune || text == nullptr || !ParseUuid(*text, uuid)) return 0;
    return store_.ids_.NumberOf(kind, uuid).value_or(0);
}

core::Result<uint64_t> Transaction::AddVertex(VertexRow row, uint64_t number) {
    GYRE_TRY(CheckUserId(row.id));
    if (!row.id.IsNull() && FindVertex(row.id)) {
        return core::Fail(Code::kAlreadyExists,
                          "Vertex with id already exists: " + DisplayText(row.id));
    }
    uint64_t vertex = number;
    if (number == 0)
        vertex = store_.next_vertex_++;
    else
        store_.next_vertex_ = std::max<uint64_t>(store_.next_vertex_, number + 1);
    if (Mode() == GraphMode::kTinkerGraph && row.id.IsNull()) {
        while (FindUserId(keys::kVertexId, Value(static_cast<int64_t>(vertex)))) {
            vertex = store_.next_vertex_++;
        }
    }
    numbered_ = true;
    if (!row.id.IsNull()) PutUserId(keys::kVertexId, row.id, vertex);
    for (const NameId label : IndexedLabels(row)) IndexLabel(vertex, label, true);
    AddCount(keys::Count('v', 0), 1);
    GYRE_TRY(WriteVertex(vertex, nullptr, row));
    return vertex;
}

core::Status Transaction::PutVertex(uint64_t vertex, const VertexRow& row) {
    const auto before = Vertex(vertex);
    return WriteVertex(vertex, before.get(), row);
}

core::Status Transaction::WriteVertex(uint64_t vertex, const VertexRow* before,
                                      const VertexRow& row) {
    for (const VertexValue& value : row.values) {
        GYRE_TRY(CheckValue(value.value, Mode()));
        for (const auto& [key, meta] : value.meta) GYRE_TRY(CheckValue(meta, Mode()));
    }
    KeepIndexes(ElementKind::kVertex, vertex, before, &row);
    NoteVertex(vertex, before, &row);
    if (VertexRests(vertex)) resting_->vertices.Mark(vertex);
    kv_->Put(keys::Vertex(vertex), EncodeRow(row));
    ++written_;
    Forget(vertex);
    return {};
}

core::Status Transaction::SetLabels(uint64_t vertex, const VertexRow& row) {
    const auto old = Vertex(vertex);
    if (!old) return core::Fail(Code::kNotFound, "the vertex has been removed");
    const auto before = IndexedLabels(*old), after = IndexedLabels(row);
    for (const NameId label : after) {
        if (std::ranges::find(before, label) == before.end()) IndexLabel(vertex, label, true);
    }
    for (const NameId label : before) {
        if (std::ranges::find(after, label) == after.end()) IndexLabel(vertex, label, false);
    }
    return PutVertex(vertex, row);
}

// A vertex without labels, which only openCypher makes, is a "vertex" to Gremlin.
std::vector<NameId> Transaction::IndexedLabels(const VertexRow& row) {
    if (!row.labels.empty()) return row.labels;
    return {Intern(kDefaultLabel)};
}

void Transaction::IndexLabel(uint64_t vertex, NameId label, bool there) {
    const std::string key = keys::Two(keys::kVertexLabel, label, vertex);
    if (there)
        kv_->Put(key, "");
    else
        Remove(key, VertexRests(vertex));
    AddCount(keys::Count('v', label + 1), there ? 1 : -1);
}

core::Result<EdgeRef> Transaction::AddEdge(EdgeRow row, uint64_t number) {
    GYRE_TRY(CheckUserId(row.id));
    if (!row.id.IsNull() && FindEdge(row.id)) {
        return core::Fail(Code::kAlreadyExists,
                          "Edge with id already exists: " + DisplayText(row.id));
    }
    uint64_t edge = number;
    if (number == 0)
        edge = store_.next_edge_++;
    else
        store_.next_edge_ = std::max<uint64_t>(store_.next_edge_, number + 1);
    if (Mode() == GraphMode::kTinkerGraph && row.id.IsNull()) {
        while (FindUserId(keys::kEdgeId, Value(static_cast<int64_t>(edge)))) {
            edge = store_.next_edge_++;
        }
    }
    numbered_ = true;
    if (!row.id.IsNull()) PutUserId(keys::kEdgeId, row.id, edge);
    MarkSides(row);
    kv_->Put(keys::Adjacency(row.out, Direction::kOut, row.label, row.in, edge), "");
    kv_->Put(keys::Adjacency(row.in, Direction::kIn, row.label, row.out, edge), "");
    AddCount(keys::Side(keys::kDegree, row.out, Direction::kOut, row.label), 1);
    AddCount(keys::Side(keys::kDegree, row.in, Direction::kIn, row.label), 1);
    AddCount(keys::Count('e', row.label + 1), 1);
    AddCount(keys::Count('e', 0), 1);
    GYRE_TRY(WriteEdge(edge, nullptr, row));
    return EdgeRef{edge, row.out, row.in, row.label};
}

core::Status Transaction::PutEdge(uint64_t edge, const EdgeRow& row) {
    const bool compared = store_.keeps_changes_ || store_.index_.AnyOf(ElementKind::kEdge);
    const auto before = compared ? Edge(edge) : nullptr;
    return WriteEdge(edge, before.get(), row);
}

core::Status Transaction::WriteEdge(uint64_t edge, const EdgeRow* before, const EdgeRow& row) {
    for (const auto& [key, value] : row.values) {
        GYRE_TRY(CheckValue(value, Mode()));
    }
    KeepIndexes(ElementKind::kEdge, edge, before, &row);
    NoteEdge(edge, before, &row);
    if (EdgeRests(edge)) resting_->edges.Mark(edge);
    kv_->Put(keys::Edge(edge), EncodeRow(row));
    ++written_;
    return {};
}

void Transaction::DropEdge(uint64_t edge) {
    const auto row = Edge(edge);
    if (!row) return;
    KeepIndexes<EdgeRow>(ElementKind::kEdge, edge, row.get(), nullptr);
    NoteEdge(edge, row.get(), nullptr);
    const bool rests = EdgeRests(edge);
    if (!row->id.IsNull()) RemoveUserId(keys::kEdgeId, row->id);
    MarkSides(*row);
    Remove(keys::Adjacency(row->out, Direction::kOut, row->label, row->in, edge), rests);
    Remove(keys::Adjacency(row->in, Direction::kIn, row->label, row->out, edge), rests);
    AddCount(keys::Side(keys::kDegree, row->out, Direction::kOut, row->label), -1);
    AddCount(keys::Side(keys::kDegree, row->in, Direction::kIn, row->label), -1);
    AddCount(keys::Count('e', row->label + 1), -1);
    AddCount(keys::Count('e', 0), -1);
    if (rests) resting_->edges.Mark(edge);
    Remove(keys::Edge(edge), rests);
    ++written_;
}

void Transaction::DropVertex(uint64_t vertex) {
    const auto row = Vertex(vertex);
    if (!row) return;
    for (const Direction side : {Direction::kOut, Direction::kIn}) {
        const auto scan = EdgesAt(vertex, side, std::nullopt);
        EdgeRef edge;
        while (scan->Next(edge)) DropEdge(edge.id);
    }
    const bool rests = VertexRests(vertex);
    if (!row->id.IsNull()) RemoveUserId(keys::kVertexId, row->id);
    NoteVertex(vertex, row.get(), nullptr);
    for (const NameId label : IndexedLabels(*row)) IndexLabel(vertex, label, false);
    AddCount(keys::Count('v', 0), -1);
    KeepIndexes<VertexRow>(ElementKind::kVertex, vertex, row.get(), nullptr);
    if (rests) resting_->vertices.Mark(vertex);
    Remove(keys::Vertex(vertex), rests);
    ++written_;
    Forget(vertex);
}

}  // namespace gyre::graph
