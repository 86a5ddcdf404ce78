#include "graph/storage/bulk_load.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "graph/storage/keys.h"
#include "graph/storage/segment_format.h"

namespace gyre::graph {
namespace {

/// Fewer elements go through the log.
constexpr uint64_t kFew = 1000;
/// An element that is written as a change costs about as much as so many of a segment made anew.
constexpr uint64_t kCostOfChange = 64;
/// Written through the log, so many are one transaction.
constexpr uint64_t kThroughLog = 5000;
constexpr size_t kMostKnown = 2'000'000;
/// New edges are counted in 32 bits while they are sorted.
constexpr size_t kMostEdges = size_t{1} << 31;
/// At most: an edge, and where it enters, or its place in two orders while they are sorted.
constexpr size_t kBytesAnEdge =
    sizeof(NewElements::Edge) + std::max(sizeof(RestingEdges::Entry), 2 * sizeof(uint32_t));

std::string TextId(std::string_view id) {
    std::string bytes;
    AppendTextValue(bytes, id);
    return bytes;
}

}  // namespace

std::string_view BulkLoad::Arena::Keep(std::string_view bytes) {
    if (bytes.empty()) return {};
    char* at = nullptr;
    if (bytes.size() > kChunk / 4) {
        own_.push_back(std::make_unique<char[]>(bytes.size()));
        large_ += bytes.size();
        at = own_.back().get();
    } else {
        if (used_ + bytes.size() > kChunk) {
            chunks_.push_back(std::make_unique<char[]>(kChunk));
            used_ = 0;
        }
        at = chunks_.back().get() + used_;
        used_ += bytes.size();
    }
    std::memcpy(at, bytes.data(), bytes.size());
    return {at, bytes.size()};
}

template <typename IdAt>
std::optional<uint64_t> BulkLoad::IdTable::Find(std::string_view id, IdAt id_at) const {
    if (slots_.empty()) return std::nullopt;
    const uint64_t hash = segment_format::Hash(id);
    for (size_t at = hash & (slots_.size() - 1); slots_[at].place != 0;
         at = (at + 1) & (slots_.size() - 1)) {
        if (slots_[at].hash == hash && id_at(slots_[at].place - 1) == id) {
            return slots_[at].place - 1;
        }
    }
    return std::nullopt;
}

std::optional<uint64_t> BulkLoad::IdTable::Candidate(uint64_t hash) const {
    if (slots_.empty()) return std::nullopt;
    for (size_t at = hash & (slots_.size() - 1); slots_[at].place != 0;
         at = (at + 1) & (slots_.size() - 1)) {
        if (slots_[at].hash == hash) return slots_[at].place - 1;
    }
    return std::nullopt;
}

size_t BulkLoad::IdTable::FreeSlot(uint64_t hash) const {
    size_t at = hash & (slots_.size() - 1);
    while (slots_[at].place != 0) at = (at + 1) & (slots_.size() - 1);
    return at;
}

void BulkLoad::IdTable::Put(std::string_view id, uint64_t place) {
    if (++used_ * 2 > slots_.size()) {
        const auto old =
            std::exchange(slots_, std::vector<Slot>(std::max<size_t>(slots_.size() * 2, 1024)));
        for (const Slot& slot : old) {
            if (slot.place != 0) slots_[FreeSlot(slot.hash)] = slot;
        }
    }
    const uint64_t hash = segment_format::Hash(id);
    slots_[FreeSlot(hash)] = {hash, place + 1};
}

BulkLoad::BulkLoad(GraphStore& store, uint64_t memory) : store_(store), memory_(memory) {
    Begin();
}

BulkLoad::~BulkLoad() = default;

void BulkLoad::Begin() {
    graph_ = store_.Write();
    if (!graph_) return;
    first_vertex_ = store_.next_vertex_;
    first_edge_ = store_.next_edge_;
    old_ = graph_->CountVertices(std::nullopt) + graph_->CountEdges(std::nullopt);
    arena_ = {};
    new_.vertices.clear();
    new_.edges.clear();
    vertex_ids_ = {};
    edge_ids_ = {};
    known_.clear();  // others may have dropped some in between
}

std::optional<uint64_t> BulkLoad::FindVertex(std::string_view id) {
    const auto added =
        vertex_ids_.Find(TextId(id), [this](uint64_t i) { return new_.vertices[i].Id(); });
    if (added) return first_vertex_ + *added;
    return FindOldVertex(id);
}

std::optional<uint64_t> BulkLoad::FindOldVertex(std::string_view id) {
    if (old_ == 0) return std::nullopt;
    std::string text(id);
    const auto known = known_.find(text);
    if (known != known_.end()) return known->second;
    const auto found = graph_->FindVertex(Value(text));
    if (found && known_.size() < kMostKnown) known_.emplace(std::move(text), *found);
    return found;
}

void BulkLoad::FindVertices(std::span<const std::string_view> ids, std::span<uint64_t> found) {
    // Each look-up waits for memory three times: for a slot, an element and its row. Here all of a
    // stretch ask for the first before one looks at it, and so on.
    constexpr size_t kStretch = 64;
    std::array<std::string_view, kStretch> keys;
    std::array<uint64_t, kStretch> hashes{}, places{};
    constexpr uint64_t kNowhere = UINT64_MAX;
    for (size_t begin = 0; begin < ids.size(); begin += kStretch) {
        const size_t count = std::min(kStretch, ids.size() - begin);
        sought_.clear();
        std::array<size_t, kStretch> ends{};
        for (size_t i = 0; i < count; ++i) {
            AppendTextValue(sought_, ids[begin + i]);
            ends[i] = sought_.size();
        }
        for (size_t i = 0; i < count; ++i) {
            const size_t at = i == 0 ? 0 : ends[i - 1];
            keys[i] = std::string_view(sought_).substr(at, ends[i] - at);
            hashes[i] = segment_format::Hash(keys[i]);
            vertex_ids_.Fetch(hashes[i]);
        }
        for (size_t i = 0; i < count; ++i) {
            places[i] = vertex_ids_.Candidate(hashes[i]).value_or(kNowhere);
            if (places[i] != kNowhere) __builtin_prefetch(&new_.vertices[places[i]]);
        }
        for (size_t i = 0; i < count; ++i) {
            if (places[i] != kNowhere) __builtin_prefetch(new_.vertices[places[i]].row.data());
        }
        for (size_t i = 0; i < count; ++i) {
            uint64_t& number = found[begin + i];
            number = 0;
            const std::string_view id = ids[begin + i];
            if (id.empty()) continue;
            if (places[i] == kNowhere)
                number = FindOldVertex(id).value_or(0);
            else if (new_.vertices[places[i]].Id() == keys[i])
                number = first_vertex_ + places[i];
            else
                number = FindVertex(id).value_or(0);  // two ids of one hash
        }
    }
}

std::optional<uint64_t> BulkLoad::FindEdge(std::string_view id) {
    const auto added =
        edge_ids_.Find(TextId(id), [this](uint64_t i) { return new_.edges[i].Id(); });
    if (added) return first_edge_ + *added;
    if (old_ == 0) return std::nullopt;
    const auto found = graph_->FindEdge(Value(id));
    return found ? std::optional(found->id) : std::nullopt;
}

VertexRow BulkLoad::Vertex(uint64_t vertex) const {
    VertexRow row;
    if (!IsNewVertex(vertex)) {
        if (const auto found = graph_->Vertex(vertex)) row = *found;
    } else if (!DecodeRow(new_.vertices[vertex - first_vertex_].row, row)) {
        row = {};
    }
    return row;
}

EdgeRow BulkLoad::Edge(uint64_t edge) const {
    EdgeRow row;
    if (edge < first_edge_) {
        if (const auto found = graph_->Edge(edge)) row = *found;
        return row;
    }
    const NewElements::Edge& added = new_.edges[edge - first_edge_];
    if (!added.rest.empty() && !DecodeIdAndValues(added.rest, row)) row = {};
    row.out = added.out;
    row.in = added.in;
    row.label = added.label;
    return row;
}

uint32_t BulkLoad::LabelSet(const VertexRow& row) {
    auto labels = graph_->IndexedLabels(row);
    const auto [at, is_new] =
        label_set_numbers_.try_emplace(labels, static_cast<uint32_t>(new_.label_sets.size()));
    if (is_new) new_.label_sets.push_back(std::move(labels));
    return at->second;
}

void BulkLoad::KeepVertex(NewElements::Vertex& vertex, const VertexRow& row) {
    vertex.id_size = static_cast<uint32_t>(GivenIdBytes(row.id).size());
    vertex.row = arena_.Keep(EncodeRow(row));
    vertex.labels = LabelSet(row);
}

void BulkLoad::KeepEdge(NewElements::Edge& edge, const EdgeRow& row) {
    edge.id_size = static_cast<uint32_t>(GivenIdBytes(row.id).size());
    edge.rest = arena_.Keep(EncodeIdAndValues(row));
    edge.out = row.out;
    edge.in = row.in;
    edge.label = row.label;
}

core::Status BulkLoad::AddVertex(const VertexRow& row) {
    KeepVertex(new_.vertices.emplace_back(), row);
    const std::string_view id = new_.vertices.back().Id();
    if (!id.empty()) vertex_ids_.Put(id, new_.vertices.size() - 1);
    return {};
}

core::Status BulkLoad::AddEdge(const EdgeRow& row) {
    KeepEdge(new_.edges.emplace_back(), row);
    const std::string_view id = new_.edges.back().Id();
    if (!id.empty()) edge_ids_.Put(id, new_.edges.size() - 1);
    return {};
}

core::Status BulkLoad::AddEdge(uint64_t out, uint64_t in, NameId label) {
    new_.edges.push_back({.out = out, .in = in, .rest = {}, .label = label});
    return {};
}

core::Status BulkLoad::SetVertex(uint64_t vertex, const VertexRow& row) {
    if (!IsNewVertex(vertex)) return graph_->SetLabels(vertex, row);
    KeepVertex(new_.vertices[vertex - first_vertex_], row);
    return {};
}

core::Status BulkLoad::SetEdge(uint64_t edge, const EdgeRow& row) {
    if (edge < first_edge_) return graph_->PutEdge(edge, row);
    KeepEdge(new_.edges[edge - first_edge_], row);
    return {};
}

bool BulkLoad::Full() const {
    const uint64_t changes = graph_->written_;
    if (changes >= kThroughLog || new_.edges.size() >= kMostEdges) return true;
    if (store_.KeepsChanges()) return new_.vertices.size() + new_.edges.size() >= kThroughLog;
    return arena_.Bytes() + vertex_ids_.Bytes() + edge_ids_.Bytes() +
               new_.vertices.capacity() * sizeof(NewElements::Vertex) +
               new_.edges.size() * kBytesAnEdge >
           memory_;
}

core::Status BulkLoad::Flush() {
    GYRE_TRY(Finish());
    Begin();
    if (!graph_) return core::Fail(core::Code::kUnavailable, "the graph has been replaced");
    return {};
}

core::Status BulkLoad::Finish() {
    if (!graph_) return core::Fail(core::Code::kUnavailable, "the graph has been replaced");
    if (note_) note_(graph_->Tables());
    const uint64_t added = new_.vertices.size() + new_.edges.size();
    const bool few = added < kFew || added * kCostOfChange < old_ || store_.KeepsChanges();
    GYRE_TRY(few ? WriteOut() : WriteSegment());
    graph_.reset();
    return {};
}

core::Status BulkLoad::WriteOut() {
    for (const NewElements::Vertex& vertex : new_.vertices) {
        VertexRow row;
        if (!DecodeRow(vertex.row, row)) return core::Fail(core::Code::kInternal, "a row is cut");
        GYRE_TRY(graph_->AddVertex(std::move(row)));
    }
    for (uint64_t i = 0; i < new_.edges.size(); ++i)
        GYRE_TRY(graph_->AddEdge(Edge(first_edge_ + i)));
    return graph_->Commit();
}

core::Status BulkLoad::WriteSegment() {
    NoteCounts();
    store_.next_vertex_ += new_.vertices.size();
    store_.next_edge_ += new_.edges.size();
    graph_->numbered_ = true;
    return store_.RestWith(*graph_, first_vertex_, first_edge_, new_);
}

void BulkLoad::NoteCounts() {
    std::vector<int64_t> sets(new_.label_sets.size(), 0);
    for (const NewElements::Vertex& vertex : new_.vertices) ++sets[vertex.labels];
    for (size_t i = 0; i < sets.size(); ++i) {
        for (const NameId label : new_.label_sets[i]) {
            graph_->AddCount(keys::Count('v', label + 1), sets[i]);
        }
    }
    std::map<NameId, int64_t> labels;
    for (const NewElements::Edge& edge : new_.edges) ++labels[edge.label];
    for (const auto& [label, count] : labels) graph_->AddCount(keys::Count('e', label + 1), count);
    graph_->AddCount(keys::Count('v', 0), static_cast<int64_t>(new_.vertices.size()));
    graph_->AddCount(keys::Count('e', 0), static_cast<int64_t>(new_.edges.size()));
}

}  // namespace gyre::graph
