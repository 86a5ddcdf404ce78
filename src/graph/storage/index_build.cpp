// GraphStore and Transaction: indexes of properties.
#include <algorithm>

#include "core/log.h"
#include "graph/storage/graph_store.h"
#include "graph/storage/keys.h"
#include "graph/storage/segment_build.h"

namespace gyre::graph {
namespace {

constexpr size_t kChunk = 2000;  // elements that are indexed in one transaction
/// Edges of an index are read so many at a time, in the order in which their rows lie.
constexpr size_t kAtOnce = 256;
/// An entry takes ten bytes and more, and to read its edge takes several times as long as to go on
/// to the next edge of a scan: of so many bytes for each edge of that, the scan is sooner.
constexpr uint64_t kBytesForOne = 1;
constexpr uint64_t kSmallRange = uint64_t{64} << 10;

std::string PropertyKey(char table, IndexedProperty property) {
    return keys::Property(table, static_cast<char>(property.of), property.key);
}

/// `use(key)` for each entry that the row has in the indexes that `wanted` asks for.
template <typename Row, typename Wanted, typename Use>
void ForEntries(ElementKind of, uint64_t number, const Row& row, Wanted wanted, Use use) {
    for (const auto& value : row.values) {
        const IndexedProperty property{of, KeyOf(value)};
        if (!wanted(property)) continue;
        const auto bytes = IndexBytes(ValueOf(value));
        if (!bytes) continue;
        std::string key = PropertyKey(keys::kProperty, property) + *bytes;
        AppendOrdered(key, number);
        use(key);
    }
}

/// Those whose numbers stand in an index.
class IndexedEdges final : public EdgeScan {
  public:
    /// `skip`: of a key, before the value.
    IndexedEdges(Transaction& graph, std::unique_ptr<KvCursor> entries, size_t skip, uint64_t below)
        : graph_(graph), entries_(std::move(entries)), skip_(skip), below_(below) {
        // What a writer changes moves in the index, and would be met again.
        if (graph.Writes()) Read(SIZE_MAX);
    }
    bool Next(EdgeRef& edge) override {
        while (true) {
            for (; at_ < numbers_.size(); ++at_) {
                const auto row = graph_.Edge(numbers_[at_]);
                if (!row) continue;  // a writer has dropped it meanwhile
                edge = {numbers_[at_++], row->out, row->in, row->label};
                return true;
            }
            if (!entries_) return false;
            Read(kAtOnce);
        }
    }

  private:
    void Read(size_t most) {
        numbers_.clear();
        at_ = 0;
        while (numbers_.size() < most && entries_) {
            if (!entries_->Next()) {
                entries_.reset();
                break;
            }
            std::string_view key = entries_->Key().substr(skip_);
            uint64_t number = 0;
            if (PassIndexBytes(key) && ReadOrdered(key, number) && number < below_) {
                numbers_.push_back(number);
            }
        }
        std::ranges::sort(numbers_);
    }

    Transaction& graph_;
    std::unique_ptr<KvCursor> entries_;  ///< null at its end
    const size_t skip_;
    const uint64_t below_;
    std::vector<uint64_t> numbers_;
    size_t at_ = 0;
};

}  // namespace

template <typename Row>
void Transaction::KeepIndexes(ElementKind of, uint64_t number, const Row* before,
                              const Row* after) {
    const auto kept = [&](IndexedProperty property) { return store_.index_.Kept(property); };
    if (before != nullptr) {
        ForEntries(of, number, *before, kept, [&](const std::string& key) { kv_->Delete(key); });
    }
    if (after != nullptr) {
        ForEntries(of, number, *after, kept, [&](const std::string& key) { kv_->Put(key, ""); });
    }
}
template void Transaction::KeepIndexes(ElementKind, uint64_t, const VertexRow*, const VertexRow*);
template void Transaction::KeepIndexes(ElementKind, uint64_t, const EdgeRow*, const EdgeRow*);

core::Status Transaction::IndexNew(const NewElements& more, uint64_t first_vertex,
                                   uint64_t first_edge) {
    bool whole = true;
    if (store_.index_.AnyOf(ElementKind::kVertex)) {
        for (uint64_t i = 0; i < more.vertices.size(); ++i) {
            VertexRow row;
            whole = DecodeRow(more.vertices[i].row, row) && whole;
            KeepIndexes<VertexRow>(ElementKind::kVertex, first_vertex + i, nullptr, &row);
        }
    }
    if (store_.index_.AnyOf(ElementKind::kEdge)) {
        for (uint64_t i = 0; i < more.edges.size(); ++i) {
            if (more.edges[i].rest.empty()) continue;
            EdgeRow row;
            whole = DecodeIdAndValues(more.edges[i].rest, row) && whole;
            KeepIndexes<EdgeRow>(ElementKind::kEdge, first_edge + i, nullptr, &row);
        }
    }
    if (!whole) return core::Fail(core::Code::kInternal, "a row is cut");
    return {};
}

bool Transaction::IsIndexed(IndexedProperty property) {
    std::string state;
    // As this snapshot has it: an older one may lack entries.
    return kv_->Get(PropertyKey(keys::kIndex, property), state) && state == keys::kIndexReady;
}

std::optional<VertexScan> Transaction::VerticesBy(NameId key, const Value& value) {
    const IndexedProperty property{ElementKind::kVertex, key};
    const auto bytes = IndexBytes(value);
    if (!bytes || !IsIndexed(property)) return std::nullopt;
    const std::string prefix = PropertyKey(keys::kProperty, property) + *bytes;
    return VertexScan(kv_->Scan(prefix), prefix.size(), VerticesBelow());
}

std::unique_ptr<EdgeScan> Transaction::EdgesBy(NameId key, const ValueRange& values,
                                               uint64_t among) {
    const IndexedProperty property{ElementKind::kEdge, key};
    if (!IsIndexed(property)) return nullptr;
    const std::string prefix = PropertyKey(keys::kProperty, property);
    const std::string from = prefix + values.low, below = prefix + values.high;
    if (kv_->SizeOfRange(from, below) > std::max(kSmallRange, among * kBytesForOne)) return nullptr;
    return std::make_unique<IndexedEdges>(*this, kv_->ScanRange(from, below), prefix.size(),
                                          EdgesBelow());
}

core::Status GraphStore::DropFormerIndexes() {
    const auto writer = kv_->Write();
    bool any = false;
    for (const char table : keys::kFormerIndexTables) {
        any = any || writer->Scan(std::string_view(&table, 1))->Next();
        writer->DeleteTable(table);
    }
    GYRE_TRY(writer->Health());
    return any ? writer->Commit() : core::Status();
}

void GraphStore::WantIndex(IndexedProperty property) {
    if (!index_.Keep(property)) return;
    // From here on every writer that begins keeps it up; the first chunk waits for those before it.
    if (!background_.TrySubmit([this, property] { BuildIndex(property); })) {
        core::LogWarning("an index of the graph waits for the next start");
    }
}

void GraphStore::BuildIndex(IndexedProperty property) {
    {
        const auto kv = kv_->Write();
        kv->Put(PropertyKey(keys::kIndex, property), keys::kIndexBuilding);
        if (!kv->Commit()) return;
    }
    for (uint64_t from = 1; !stopping_;) {
        const auto graph = OwnWrite();
        if (!graph) return;
        const uint64_t below = graph->IndexChunk(property, from, kChunk);
        const bool over = from >= below;
        if (over) graph->kv_->Put(PropertyKey(keys::kIndex, property), keys::kIndexReady);
        if (const auto status = graph->Commit(); !status) {
            core::LogError("an index of the graph could not be built",
                           {{"key", names_.Text(property.key)}, {"why", status.error().message}});
            return;
        }
        if (!over) continue;
        index_.SetReady(property);
        core::LogInfo("a property of the graph is indexed",
                      {{"key", names_.Text(property.key)},
                       {"of", property.of == ElementKind::kVertex ? "vertices" : "edges"}});
        return;
    }
}

uint64_t Transaction::IndexChunk(IndexedProperty property, uint64_t& from, size_t most) {
    const bool vertices = property.of == ElementKind::kVertex;
    const uint64_t below = vertices ? VerticesBelow() : EdgesBelow();
    const uint64_t end = std::min(below, from + most);
    const auto index = [&](const auto& row) {
        if (!row) return;
        ForEntries(
            property.of, from, *row, [&](IndexedProperty one) { return one == property; },
            [&](const std::string& key) { kv_->Put(key, ""); });
    };
    for (; from < end; ++from) {
        if (vertices)
            index(Vertex(from));
        else
            index(Edge(from));
    }
    return below;
}

}  // namespace gyre::graph
