#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "graph/storage/segment_build.h"

namespace gyre::graph {

/// Many new elements at once: they are gathered in memory and come to rest together, without a way
/// through the log. Where they are few beside what rests, or changes are kept as a stream, they are
/// written as by any transaction. It has the turn to write from its beginning to its end. What
/// Flush or Finish has acknowledged stays; what it has not is nowhere. For one thread.
class BulkLoad {
  public:
    /// Waits for its turn to write. `memory`: about how many bytes it may gather.
    BulkLoad(GraphStore& store, uint64_t memory);
    /// False where another store has taken this one's place: then nothing else may be called.
    [[nodiscard]] bool Begun() const { return graph_ != nullptr; }
    /// Called before each flush, to write what is to be durable together with it.
    void OnFlush(std::function<void(KvTransaction& tables)> note) { note_ = std::move(note); }
    ~BulkLoad();
    BulkLoad(const BulkLoad&) = delete;
    BulkLoad& operator=(const BulkLoad&) = delete;

    [[nodiscard]] NameId Intern(std::string_view name) { return graph_->Intern(name); }
    /// By the id that the user gave.
    [[nodiscard]] std::optional<uint64_t> FindVertex(std::string_view id);
    [[nodiscard]] std::optional<uint64_t> FindEdge(std::string_view id);
    /// FindVertex of many at once, 0 for none and for an empty id: what memory has to bring for
    /// them comes together.
    void FindVertices(std::span<const std::string_view> ids, std::span<uint64_t> found);
    /// Of one that was found.
    [[nodiscard]] VertexRow Vertex(uint64_t vertex) const;
    [[nodiscard]] EdgeRow Edge(uint64_t edge) const;
    /// Of an id that FindVertex does not find. Errors: as of Transaction.
    [[nodiscard]] core::Status AddVertex(const VertexRow& row);
    [[nodiscard]] core::Status AddEdge(const EdgeRow& row);
    /// One without an id and values.
    [[nodiscard]] core::Status AddEdge(uint64_t out, uint64_t in, NameId label);
    /// Of one that was found: values and labels.
    [[nodiscard]] core::Status SetVertex(uint64_t vertex, const VertexRow& row);
    [[nodiscard]] core::Status SetEdge(uint64_t edge, const EdgeRow& row);
    /// Whether it is time to Flush.
    [[nodiscard]] bool Full() const;
    /// All so far is durable when it returns; then it waits for another turn, to take more.
    [[nodiscard]] core::Status Flush();
    /// As Flush, and the last call.
    [[nodiscard]] core::Status Finish();

  private:
    /// Bytes that stay where they are.
    class Arena {
      public:
        [[nodiscard]] std::string_view Keep(std::string_view bytes);
        [[nodiscard]] uint64_t Bytes() const { return chunks_.size() * kChunk + large_; }

      private:
        static constexpr size_t kChunk = size_t{1} << 20;
        std::vector<std::unique_ptr<char[]>> chunks_;
        std::vector<std::unique_ptr<char[]>> own_;  ///< of what is large
        uint64_t large_ = 0;
        size_t used_ = kChunk;  ///< of the last chunk
    };
    /// Places in a list by id. The ids stay with the list.
    class IdTable {
      public:
        /// `id_at(i)` is the id at place i.
        template <typename IdAt>
        [[nodiscard]] std::optional<uint64_t> Find(std::string_view id, IdAt id_at) const;
        /// Brings what Candidate reads into the caches.
        void Fetch(uint64_t hash) const {
            if (!slots_.empty()) __builtin_prefetch(&slots_[hash & (slots_.size() - 1)]);
        }
        /// The first place of an id of that hash.
        [[nodiscard]] std::optional<uint64_t> Candidate(uint64_t hash) const;
        void Put(std::string_view id, uint64_t place);
        [[nodiscard]] uint64_t Bytes() const { return slots_.size() * sizeof(Slot); }

      private:
        struct Slot {
            uint64_t hash = 0, place = 0;  ///< the place and one; 0: free
        };
        [[nodiscard]] size_t FreeSlot(uint64_t hash) const;
        std::vector<Slot> slots_;
        size_t used_ = 0;
    };
    void Begin();
    [[nodiscard]] std::optional<uint64_t> FindOldVertex(std::string_view id);
    [[nodiscard]] bool IsNewVertex(uint64_t vertex) const { return vertex >= first_vertex_; }
    [[nodiscard]] uint32_t LabelSet(const VertexRow& row);
    void KeepVertex(NewElements::Vertex& vertex, const VertexRow& row);
    void KeepEdge(NewElements::Edge& edge, const EdgeRow& row);
    [[nodiscard]] core::Status WriteOut();
    [[nodiscard]] core::Status WriteSegment();
    void NoteCounts();

    GraphStore& store_;
    const uint64_t memory_;
    std::function<void(KvTransaction&)> note_;
    std::unique_ptr<Transaction> graph_;
    uint64_t first_vertex_ = 0, first_edge_ = 0;
    uint64_t old_ = 0;  ///< elements of the store
    Arena arena_;
    NewElements new_;  ///< whose texts are the arena's
    IdTable vertex_ids_, edge_ids_;
    std::map<std::vector<NameId>, uint32_t> label_set_numbers_;  ///< in new_.label_sets
    std::unordered_map<std::string, uint64_t> known_;            ///< of the store, found before
    std::string sought_;  ///< scratch: ids as rows begin with
};

}  // namespace gyre::graph
