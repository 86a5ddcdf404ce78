#include <algorithm>
#include <charconv>
#include <tuple>

#include "graph/storage/beside.h"
#include "graph/storage/graph_store.h"
#include "graph/storage/keys.h"

namespace gyre::graph {
namespace {

using core::Code;

bool NumberIn(std::string_view bytes, uint64_t& number) {
    return ReadVarint(bytes, number);
}

}  // namespace

core::Status Transaction::CheckUserId(const Value& id) const {
    if (id.IsNull() || id.Is<std::string>()) return {};
    if (Mode() == GraphMode::kNeptune) {
        return core::Fail(Code::kInvalidArgument, "Invalid id type: ids are strings here, and " +
                                                      DisplayText(id) + " is of type " +
                                                      std::string(TypeName(id)));
    }
    if (IsWholeId(id) || id.Is<Uuid>() || id.IsNumber()) return {};
    return core::Fail(Code::kInvalidArgument,
                      "an id cannot be of type " + std::string(TypeName(id)));
}

std::optional<uint64_t> Transaction::FindUserId(char table, const Value& id) {
    std::string bytes;
    if ((!resting_ || resting_->ids) && kv_->Get(keys::UserId(table, id), bytes)) {
        if (bytes == kGone) return std::nullopt;
        uint64_t number = 0;
        if (NumberIn(bytes, number)) return number;
        damaged_ = true;
        return std::nullopt;
    }
    if (!resting_) return std::nullopt;
    return table == keys::kVertexId ? Resting()->FindVertex(id) : Resting()->FindEdge(id);
}

std::optional<uint64_t> Transaction::FindVertex(const Value& id) {
    if (const auto* vertex = id.If<VertexRef>()) return vertex->id;
    if (const auto* sent = id.If<Ptr<ElementReference>>()) return FindVertex((*sent)->id);
    if (const auto found = FindUserId(keys::kVertexId, id)) return found;
    std::optional<uint64_t> number;
    if (Mode() == GraphMode::kNeptune) {
        Uuid uuid;
        const auto* text = id.If<std::string>();
        if (text != nullptr && ParseUuid(*text, uuid)) number = store_.ids_.NumberOf('v', uuid);
    } else if (IsWholeId(id) && WholeId(id) > 0) {
        number = static_cast<uint64_t>(WholeId(id));
    } else if (const auto* text = id.If<std::string>()) {
        int64_t whole = 0;
        const auto end = text->data() + text->size();
        const auto [at, error] = std::from_chars(text->data(), end, whole);
        if (error == std::errc() && at == end) return FindVertex(Value(whole));
    }
    if (!number) return std::nullopt;
    const auto row = Vertex(*number);
    return row && row->id.IsNull() ? number : std::nullopt;
}

std::optional<EdgeRef> Transaction::FindEdge(const Value& id) {
    if (const auto* edge = id.If<EdgeRef>()) return *edge;
    if (const auto* sent = id.If<Ptr<ElementReference>>()) return FindEdge((*sent)->id);
    auto number = FindUserId(keys::kEdgeId, id);
    const bool given = number.has_value();
    if (!given && Mode() == GraphMode::kNeptune) {
        Uuid uuid;
        const auto* text = id.If<std::string>();
        if (text != nullptr && ParseUuid(*text, uuid)) number = store_.ids_.NumberOf('e', uuid);
    } else if (!given && IsWholeId(id) && WholeId(id) > 0) {
        number = static_cast<uint64_t>(WholeId(id));
    } else if (const auto* text = id.If<std::string>(); !given && text != nullptr) {
        int64_t whole = 0;
        const auto end = text->data() + text->size();
        const auto [at, error] = std::from_chars(text->data(), end, whole);
        if (error == std::errc() && at == end) return FindEdge(Value(whole));
    }
    if (!number) return std::nullopt;
    const auto row = Edge(*number);
    if (!row || (!given && !row->id.IsNull())) return std::nullopt;
    return EdgeRef{*number, row->out, row->in, row->label};
}

std::string_view Transaction::VertexBytes(uint64_t vertex, std::string& buffer) {
    const bool rests = VertexRests(vertex);
    if ((!rests || resting_->vertices.Marked(vertex)) && kv_->Get(keys::Vertex(vertex), buffer)) {
        return buffer == kGone ? std::string_view() : buffer;
    }
    return rests ? Resting()->Vertex(vertex) : std::string_view();
}

std::shared_ptr<const VertexRow> Transaction::Vertex(uint64_t vertex) {
    auto& cached = vertex_cache_[vertex % kCached];
    if (cached.first == vertex && cached.second) return cached.second;
    std::string buffer;
    const std::string_view bytes = VertexBytes(vertex, buffer);
    if (bytes.empty()) return nullptr;
    auto row = std::make_shared<VertexRow>();
    if (!DecodeRow(bytes, *row)) {
        damaged_ = true;
        return nullptr;
    }
    cached = {vertex, row};
    return row;
}

bool Transaction::VertexValues(uint64_t vertex, NameId key, Values& into) {
    if (vertex == near_.vertex) {
        Value value;
        const Near found = NearValue(key, value);
        if (found == Near::kFound) into.push_back(std::move(value));
        if (found != Near::kUnknown) return true;
    }
    std::string buffer;
    const std::string_view bytes = VertexBytes(vertex, buffer);
    if (bytes.empty()) return false;
    if (!DecodeValuesOf(bytes, key, into)) damaged_ = true;
    return true;
}

bool Transaction::OnlyValue(uint64_t vertex, NameId key, Value& value) {
    if (vertex == near_.vertex) {
        const Near found = NearValue(key, value);
        if (found != Near::kUnknown) return found == Near::kFound;
    }
    std::string buffer;
    const std::string_view bytes = VertexBytes(vertex, buffer);
    size_t found = 0;
    if (!bytes.empty() && !DecodeValueOf(bytes, key, value, found)) damaged_ = true;
    return found == 1;
}

bool Transaction::VertexHas(uint64_t vertex, std::span<const NameId> labels) {
    const bool rests = VertexRests(vertex) && !resting_->vertices.Marked(vertex);
    if (rests && (!default_label_ || std::ranges::find(labels, *default_label_) == labels.end())) {
        return std::ranges::all_of(
            labels, [&](NameId label) { return resting_->labels.Has(label, vertex); });
    }
    const auto row = Vertex(vertex);
    return row && std::ranges::all_of(labels, [&](NameId label) {
               return std::ranges::find(row->labels, label) != row->labels.end();
           });
}

Value Transaction::VertexId(uint64_t vertex) {
    std::string buffer;
    std::string_view bytes = VertexBytes(vertex, buffer);
    VertexRow row;
    if (bytes.empty()) return Value();
    if (!ReadValue(bytes, row.id)) damaged_ = true;
    return VertexId(vertex, row);
}

std::shared_ptr<const EdgeRow> Transaction::Edge(uint64_t edge) {
    const bool rests = EdgeRests(edge);
    auto row = std::make_shared<EdgeRow>();
    std::string bytes;
    if ((!rests || resting_->edges.Marked(edge)) && kv_->Get(keys::Edge(edge), bytes)) {
        if (bytes == kGone) return nullptr;
        if (DecodeRow(bytes, *row)) return row;
        damaged_ = true;
        return nullptr;
    }
    return rests && Resting()->Edge(edge, *row) ? row : nullptr;
}

bool Transaction::EdgeValue(uint64_t edge, NameId key, Value& value) {
    if (EdgeRests(edge) && !resting_->edges.Marked(edge)) {
        if (edge == at_hand_ && FindBeside(beside_, key, value)) return true;
        const std::string_view rest = Resting()->EdgeRest(edge);
        bool found = false;
        if (!rest.empty() && !DecodeEdgeValue(rest, key, value, found)) damaged_ = true;
        return found;
    }
    const auto row = Edge(edge);
    if (!row) return false;
    const auto found = std::ranges::find(row->values, key, &std::pair<NameId, Value>::first);
    if (found == row->values.end()) return false;
    value = found->second;
    return true;
}

void Transaction::ReadValues(const Value& element, NameId key, Values& into) {
    if (const auto* vertex = element.If<VertexRef>()) {
        std::ignore = VertexValues(vertex->id, key, into);
    } else if (const auto* edge = element.If<EdgeRef>()) {
        Value value;
        if (EdgeValue(edge->id, key, value)) into.push_back(std::move(value));
    }
}

std::string_view Transaction::EdgeRest(uint64_t edge, std::string& buffer) {
    if (EdgeRests(edge) && !resting_->edges.Marked(edge)) return Resting()->EdgeRest(edge);
    const auto row = Edge(edge);
    buffer = row ? EncodeIdAndValues(*row) : std::string();
    return buffer;
}

Value Transaction::VertexId(uint64_t vertex, const VertexRow& row) const {
    if (!row.id.IsNull()) return row.id;
    if (Mode() == GraphMode::kTinkerGraph) return Value(static_cast<int64_t>(vertex));
    return Value(UuidText(store_.ids_.Make('v', vertex)));
}

Value Transaction::EdgeId(uint64_t edge, const EdgeRow& row) const {
    if (!row.id.IsNull()) return row.id;
    if (Mode() == GraphMode::kTinkerGraph) return Value(static_cast<int64_t>(edge));
    return Value(UuidText(store_.ids_.Make('e', edge)));
}

std::string Transaction::LabelText(const VertexRow& row) const {
    std::string text;
    for (const NameId label : row.labels) {
        if (!text.empty()) text += "::";
        text += NameText(label);
    }
    if (text.empty()) text = kDefaultLabel;
    return text;
}

int64_t Transaction::ValueId(uint64_t vertex, const VertexValue& value) const {
    if (value.id != 0) return value.id == kZeroValueId ? 0 : value.id;
    std::string bytes;
    AppendVarint(bytes, vertex);
    AppendVarint(bytes, value.key);
    AppendValue(bytes, value.value);
    uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a
    for (const char c : bytes) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3ULL;
    return static_cast<int64_t>(hash >> 12);  // 52 bits: JavaScript reads them whole
}

// A scan does not meet what is made while it goes on, or "add an edge for each edge" had no end. A
// reader's snapshot has nothing new.
uint64_t Transaction::VerticesBelow() const {
    return writes_ ? store_.next_vertex_.load() : UINT64_MAX;
}

uint64_t Transaction::EdgesBelow() const {
    return writes_ ? store_.next_edge_.load() : UINT64_MAX;
}

VertexScan Transaction::Vertices() {
    return {kv_->Scan(std::string_view(&keys::kVertex, 1)), 1, VerticesBelow(),
            resting_ ? RestingVertices(*Resting()) : RestingVertices()};
}

VertexScan Transaction::VerticesOf(NameId label) {
    const std::string prefix = keys::One(keys::kVertexLabel, label);
    return {kv_->Scan(prefix), prefix.size(), VerticesBelow(),
            resting_ ? RestingVertices(Resting()->VerticesOf(label)) : RestingVertices()};
}

std::unique_ptr<EdgeScan> Transaction::Edges() {
    return ScanRows(kv_->Scan(std::string_view(&keys::kEdge, 1)), EdgesBelow(), Resting());
}

std::unique_ptr<EdgeScan> Transaction::EdgesAt(uint64_t vertex, Direction side,
                                               std::optional<NameId> label) {
    const bool rests = VertexRests(vertex);
    RestingEdges resting = rests ? Resting()->EdgesAt(vertex, side, label) : RestingEdges();
    if (rests && !resting_->sides.Marked(vertex)) {
        return ScanSide({vertex, side}, nullptr, 0, UINT64_MAX, resting);
    }
    std::string prefix = keys::Side(keys::kAdjacency, vertex, side);
    const size_t skip = prefix.size();
    if (label) AppendOrdered(prefix, *label);
    return ScanSide({vertex, side}, kv_->Scan(prefix), skip, EdgesBelow(), resting);
}

void Transaction::Neighbours(uint64_t vertex, Direction side, std::optional<NameId> label,
                             std::vector<uint64_t>& into) {
    if (VertexRests(vertex) && !resting_->sides.Marked(vertex)) {
        Resting()->EdgesAt(vertex, side, label).Neighbours(into);
        return;
    }
    const auto scan = EdgesAt(vertex, side, label);
    EdgeRef edge;
    while (scan->Next(edge)) into.push_back(side == Direction::kOut ? edge.in : edge.out);
}

// What the table of changes counts is how many more than those that rest; fewer is a number so far
// down from 2^64, and sums come out right.
uint64_t Transaction::Degree(uint64_t vertex, Direction side, std::optional<NameId> label) {
    const bool rests = VertexRests(vertex);
    uint64_t sum = rests ? Resting()->Degree(vertex, side, label) : 0;
    if (rests && !resting_->sides.Marked(vertex)) return sum;
    if (label) return sum + ReadCount(keys::Side(keys::kDegree, vertex, side, *label));
    WriteCounts();
    const auto cursor = kv_->Scan(keys::Side(keys::kDegree, vertex, side));
    while (cursor->Next()) {
        uint64_t count = 0;
        if (!NumberIn(cursor->Value(), count)) damaged_ = true;
        sum += count;
    }
    return sum;
}

uint64_t Transaction::CountVertices(std::optional<NameId> label) {
    return ReadCount(keys::Count('v', label ? uint64_t{*label} + 1 : 0));
}

uint64_t Transaction::CountEdges(std::optional<NameId> label) {
    return ReadCount(keys::Count('e', label ? uint64_t{*label} + 1 : 0));
}

}  // namespace gyre::graph
