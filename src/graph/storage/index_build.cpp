// GraphStore and Transaction: indexes of properties.
#include "core/log.h"
#include "graph/storage/graph_store.h"
#include "graph/storage/keys.h"

namespace gyre::graph {
namespace {

constexpr size_t kChunk = 2000;  // vertices that are indexed in one transaction

}  // namespace

void Transaction::KeepIndexes(uint64_t vertex, const VertexRow* before, const VertexRow* after) {
    const auto each = [&](const VertexRow* row, auto use) {
        if (row == nullptr) return;
        for (const VertexValue& value : row->values) {
            if (!store_.index_.Kept(value.key)) continue;
            auto key = IndexPrefix(value.key, value.value);
            if (!key) continue;
            AppendOrdered(*key, vertex);
            use(*key);
        }
    };
    each(before, [&](const std::string& key) { kv_->Delete(key); });
    each(after, [&](const std::string& key) { kv_->Put(key, ""); });
}

std::optional<VertexScan> Transaction::VerticesBy(NameId key, const Value& value) {
    std::string state;
    // As this snapshot has it: an older one may lack entries.
    if (!kv_->Get(keys::One(keys::kIndex, key), state) || state != keys::kIndexReady) {
        return std::nullopt;
    }
    const auto prefix = IndexPrefix(key, value);
    if (!prefix) return std::nullopt;
    return VertexScan(kv_->Scan(*prefix), prefix->size(), VerticesBelow());
}

void GraphStore::WantIndex(NameId key) {
    if (!index_.Keep(key)) return;
    // From here on every writer that begins keeps it up; the first chunk waits for those before it.
    if (!background_.TrySubmit([this, key] { BuildIndex(key); })) {
        core::LogWarning("an index of the graph waits for the next start");
    }
}

void GraphStore::BuildIndex(NameId key) {
    uint64_t from = 1;
    {
        const auto kv = kv_->Write();
        kv->Put(keys::One(keys::kIndex, key), keys::kIndexBuilding);
        if (!kv->Commit()) return;
    }
    while (!stopping_) {
        const auto graph = OwnWrite();
        if (!graph) return;
        KvTransaction* kv = graph->kv_.get();
        const uint64_t below = next_vertex_;
        size_t done = 0;
        std::string buffer;
        for (; from < below && done < kChunk; ++from, ++done) {
            VertexRow row;
            const std::string_view bytes = graph->VertexBytes(from, buffer);
            if (bytes.empty() || !DecodeRow(bytes, row)) continue;
            for (const VertexValue& value : row.values) {
                if (value.key != key) continue;
                auto entry = IndexPrefix(key, value.value);
                if (!entry) continue;
                AppendOrdered(*entry, from);
                kv->Put(*entry, "");
            }
        }
        const bool over = from >= below;
        if (over) kv->Put(keys::One(keys::kIndex, key), keys::kIndexReady);
        if (const auto status = graph->Commit(); !status) {
            core::LogError("an index of the graph could not be built",
                           {{"key", names_.Text(key)}, {"why", status.error().message}});
            return;
        }
        if (!over) continue;
        index_.SetReady(key);
        core::LogInfo("a property of the graph is indexed", {{"key", names_.Text(key)}});
        return;
    }
}

}  // namespace gyre::graph
