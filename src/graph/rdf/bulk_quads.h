#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "graph/rdf/detail/quad_keys.h"
#include "graph/rdf/quads.h"
#include "graph/storage/graph_store.h"

namespace gyre::graph::rdf {

/// Many quads at once: they are gathered in memory, sorted, and written as whole tables without a
/// way through the log. It has the turn to write from its beginning to its end. What Flush or
/// Finish has acknowledged stays; what it has not is nowhere. Not for a store that keeps its
/// changes. For one thread.
class BulkQuads {
  public:
    using PutNote = std::function<void(std::string key, std::string value)>;

    /// Waits for its turn to write.
    explicit BulkQuads(GraphStore& store);
    ~BulkQuads();
    BulkQuads(const BulkQuads&) = delete;
    BulkQuads& operator=(const BulkQuads&) = delete;
    /// False where another store has taken this one's place: then nothing else may be called.
    [[nodiscard]] bool Begun() const { return graph_ != nullptr; }

    [[nodiscard]] TermId Intern(const Term& term);
    [[nodiscard]] TermId NewBlank();
    void Add(const Quad& quad);
    /// How many have been added since the last Flush.
    [[nodiscard]] uint64_t Added() const { return quads_.size(); }
    /// About how much memory it holds, and needs to sort.
    [[nodiscard]] uint64_t Bytes() const;

    struct Flushing {
        /// Called with the place of each quad that was there before, in the order of Add.
        std::function<void(uint64_t place)> duplicate;
        /// Called to write what is to be durable together with the quads; keys of kLoaded.
        std::function<void(const PutNote&)> note;
    };
    /// All so far is durable when it returns; then it waits for another turn. Ids are asked for
    /// anew after it.
    [[nodiscard]] core::Status Flush(const Flushing& flushing);
    /// As Flush, and the last call.
    [[nodiscard]] core::Status Finish(const Flushing& flushing);

  private:
    /// Ids by the hashes of terms.
    class Dictionary {
      public:
        struct Slot {
            detail::TermHash hash{};
            TermId id = kNoTerm;  ///< none: free
        };
        /// That of a term, or a free one for it.
        [[nodiscard]] Slot& At(const detail::TermHash& hash);
        [[nodiscard]] uint64_t Bytes() const { return slots_.size() * sizeof(Slot); }

      private:
        [[nodiscard]] size_t Place(const detail::TermHash& hash) const;
        std::vector<Slot> slots_;
        size_t used_ = 0;
    };
    struct NewTerm {
        detail::TermHash hash{};
        uint64_t number = 0;
        uint64_t begin = 0, size = 0;  ///< of its bytes in text_
    };
    struct Placed {
        std::array<TermId, 4> parts{};
        uint64_t place = 0;
    };

    void Begin();
    [[nodiscard]] uint64_t NextNumber();
    [[nodiscard]] uint64_t StoredCount(const std::string& key);
    void DropDuplicates(const Flushing& flushing);
    void CountQuads();
    [[nodiscard]] core::Status PutAll(const KvTransaction::PutSorted& put);
    [[nodiscard]] core::Status PutQuads(const KvTransaction::PutSorted& put, char table);
    [[nodiscard]] core::Status PutSmall(const KvTransaction::PutSorted& put, char table);

    GraphStore& store_;
    std::unique_ptr<Transaction> graph_;
    bool had_terms_ = false, had_quads_ = false;
    uint64_t next_ = 1;  ///< term number
    Dictionary known_;
    std::string text_;  ///< of the new terms
    std::vector<NewTerm> terms_;
    std::vector<Placed> quads_;
    std::vector<std::pair<std::string, std::string>> small_;  ///< counts, notes and the like
    std::string bytes_;                                       ///< scratch
};

}  // namespace gyre::graph::rdf
