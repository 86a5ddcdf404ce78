#include "graph/storage/graph_store.h"

#include <algorithm>
#include <random>
#include <utility>

#include "graph/storage/keys.h"

namespace gyre::graph {
namespace {

using core::Code;

constexpr uint64_t kFormat = 1;
constexpr std::string_view kFormatKey = "mformat";
constexpr std::string_view kNextKey = "mnext";

std::string Numbers(std::initializer_list<uint64_t> numbers) {
    std::string bytes;
    for (const uint64_t number : numbers) AppendVarint(bytes, number);
    return bytes;
}

}  // namespace

core::Result<std::unique_ptr<GraphStore>> GraphStore::Open(const std::filesystem::path& folder,
                                                           GraphMode mode,
                                                           const KvOptions& options) {
    GYRE_ASSIGN(auto kv, KvStore::Open(folder, options));
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
    std::unique_ptr<GraphStore> store(new GraphStore(std::move(kv), mode, IdMaker(salt, mask)));
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
    GYRE_TRY(store->index_.Load(*reader));
    for (const NameId key : store->index_.Unready()) {  // a build that a stop has cut
        if (!store->indexer_.TrySubmit([at = store.get(), key] { at->BuildIndex(key); })) break;
    }
    return store;
}

GraphStore::~GraphStore() {
    stopping_ = true;
    indexer_.Stop();
}

std::unique_ptr<Transaction> GraphStore::Read() {
    return std::make_unique<Transaction>(*this, kv_->Read(), false);
}

std::unique_ptr<Transaction> GraphStore::Write(core::SteadyTime deadline) {
    auto kv = kv_->Write(deadline);
    if (!kv) return nullptr;
    return std::make_unique<Transaction>(*this, std::move(kv), true);
}

core::Status GraphStore::Clear(core::SteadyTime deadline) {
    const auto writer = kv_->Write(deadline);
    if (!writer) return core::Fail(Code::kConflict, "another transaction has been writing");
    for (const char table :
         {keys::kVertex, keys::kEdge, keys::kVertexId, keys::kEdgeId, keys::kAdjacency,
          keys::kDegree, keys::kVertexLabel, keys::kCount, keys::kProperty}) {
        writer->DeleteTable(table);
    }
    ++drops_;
    return writer->Commit();
}

Transaction::Transaction(GraphStore& store, std::unique_ptr<KvTransaction> kv, bool writes)
    : store_(store), kv_(std::move(kv)), writes_(writes) {
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
    return kv_->Commit();
}

core::Status Transaction::Health() const {
    if (damaged_) return core::Fail(Code::kDataLoss, "a row of the graph's store is unreadable");
    return kv_->Health();
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

core::Result<uint64_t> Transaction::AddVertex(VertexRow row) {
    GYRE_TRY(CheckUserId(row.id));
    if (!row.id.IsNull() && FindVertex(row.id)) {
        return core::Fail(Code::kAlreadyExists,
                          "Vertex with id already exists: " + DisplayText(row.id));
    }
    uint64_t vertex = store_.next_vertex_++;
    if (Mode() == GraphMode::kTinkerGraph && row.id.IsNull()) {
        while (FindUserId(keys::kVertexId, Value(static_cast<int64_t>(vertex)))) {
            vertex = store_.next_vertex_++;
        }
    }
    numbered_ = true;
    if (!row.id.IsNull()) {
        Value id = row.id;
        if (IsWholeId(id)) id = Value(WholeId(id));
        kv_->Put(keys::UserId(keys::kVertexId, id), Numbers({vertex}));
    }
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
        if (IsStorable(value.value)) continue;
        return core::Fail(Code::kInvalidArgument,
                          "Property value [" + DisplayText(value.value) + "] is of type " +
                              std::string(TypeName(value.value)) + ", which is not supported");
    }
    KeepIndexes(vertex, before, &row);
    NoteVertex(vertex, before, &row);
    kv_->Put(keys::Vertex(vertex), EncodeRow(row));
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
        kv_->Delete(key);
    AddCount(keys::Count('v', label + 1), there ? 1 : -1);
}

core::Result<EdgeRef> Transaction::AddEdge(EdgeRow row) {
    GYRE_TRY(CheckUserId(row.id));
    if (!row.id.IsNull() && FindEdge(row.id)) {
        return core::Fail(Code::kAlreadyExists,
                          "Edge with id already exists: " + DisplayText(row.id));
    }
    uint64_t edge = store_.next_edge_++;
    if (Mode() == GraphMode::kTinkerGraph && row.id.IsNull()) {
        while (FindUserId(keys::kEdgeId, Value(static_cast<int64_t>(edge)))) {
            edge = store_.next_edge_++;
        }
    }
    numbered_ = true;
    if (!row.id.IsNull()) {
        Value id = row.id;
        if (IsWholeId(id)) id = Value(WholeId(id));
        kv_->Put(keys::UserId(keys::kEdgeId, id), Numbers({edge}));
    }
    kv_->Put(keys::Adjacency(row.out, Direction::kOut, row.label, row.in, edge), "");
    kv_->Put(keys::Adjacency(row.in, Direction::kIn, row.label, row.out, edge), "");
    AddCount(keys::Side(keys::kDegree, row.out, Direction::kOut, row.label), 1);
    AddCount(keys::Side(keys::kDegree, row.in, Direction::kIn, row.label), 1);
    AddCount(keys::Count('e', row.label + 1), 1);
    AddCount(keys::Count('e', 0), 1);
    GYRE_TRY(PutEdge(edge, row));
    return EdgeRef{edge, row.out, row.in, row.label};
}

core::Status Transaction::PutEdge(uint64_t edge, const EdgeRow& row) {
    for (const auto& [key, value] : row.values) {
        if (IsStorable(value)) continue;
        return core::Fail(Code::kInvalidArgument,
                          "Property value [" + DisplayText(value) + "] is of type " +
                              std::string(TypeName(value)) + ", which is not supported");
    }
    if (store_.keeps_changes_) {
        const auto before = Edge(edge);
        NoteEdge(edge, before.get(), &row);
    }
    kv_->Put(keys::Edge(edge), EncodeRow(row));
    return {};
}

void Transaction::DropEdge(uint64_t edge) {
    const auto row = Edge(edge);
    if (!row) return;
    NoteEdge(edge, row.get(), nullptr);
    if (!row->id.IsNull()) {
        const Value id = IsWholeId(row->id) ? Value(WholeId(row->id)) : row->id;
        kv_->Delete(keys::UserId(keys::kEdgeId, id));
    }
    kv_->Delete(keys::Adjacency(row->out, Direction::kOut, row->label, row->in, edge));
    kv_->Delete(keys::Adjacency(row->in, Direction::kIn, row->label, row->out, edge));
    AddCount(keys::Side(keys::kDegree, row->out, Direction::kOut, row->label), -1);
    AddCount(keys::Side(keys::kDegree, row->in, Direction::kIn, row->label), -1);
    AddCount(keys::Count('e', row->label + 1), -1);
    AddCount(keys::Count('e', 0), -1);
    kv_->Delete(keys::Edge(edge));
}

void Transaction::DropVertex(uint64_t vertex) {
    const auto row = Vertex(vertex);
    if (!row) return;
    ++store_.drops_;
    for (const Direction side : {Direction::kOut, Direction::kIn}) {
        const auto scan = EdgesAt(vertex, side, std::nullopt);
        EdgeRef edge;
        while (scan->Next(edge)) DropEdge(edge.id);
    }
    if (!row->id.IsNull()) {
        const Value id = IsWholeId(row->id) ? Value(WholeId(row->id)) : row->id;
        kv_->Delete(keys::UserId(keys::kVertexId, id));
    }
    NoteVertex(vertex, row.get(), nullptr);
    for (const NameId label : IndexedLabels(*row)) IndexLabel(vertex, label, false);
    AddCount(keys::Count('v', 0), -1);
    KeepIndexes(vertex, row.get(), nullptr);
    kv_->Delete(keys::Vertex(vertex));
    Forget(vertex);
}

}  // namespace gyre::graph
