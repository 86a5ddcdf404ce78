#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "graph/storage/kv_store.h"
#include "graph/storage/segment.h"

namespace gyre::graph {

/// The value, in the table of changes, of a key that is no more: it hides what rests.
inline constexpr std::string_view kGone{"\0", 1};

/// Two ascending streams as one: what rests, and the changes that lie over it. A change hides what
/// rests at its place, and one that says "gone" gives nothing.
template <typename T>
struct Overlaid {
    std::optional<T> change, rest;  ///< the next of each
    bool gone = false;              ///< what `change` says
    bool begun = false;

    /// `read_change` and `read_rest` set the members; `before` orders places.
    template <typename ReadChange, typename ReadRest, typename Before>
    [[nodiscard]] bool Next(T& next, ReadChange read_change, ReadRest read_rest, Before before) {
        if (!begun) {
            begun = true;
            read_change();
            read_rest();
        }
        while (change || rest) {
            if (rest && (!change || before(*rest, *change))) {
                next = *rest;
                read_rest();
                return true;
            }
            if (rest && !before(*change, *rest)) read_rest();
            const bool nothing = gone;
            next = *change;
            read_change();
            if (!nothing) return true;
        }
        return false;
    }
};

/// Vertices that rest, ascending: all of them, or a label's.
class RestingVertices {
  public:
    RestingVertices() = default;
    explicit RestingVertices(const Segment& all) : all_(&all) {}
    explicit RestingVertices(DeltaList of_label) : list_(of_label) {}
    [[nodiscard]] bool Next(uint64_t& vertex) {
        if (all_ == nullptr) return list_.Next(vertex);
        while (++at_ < all_->VerticesBelow()) {
            if (all_->Vertex(at_).empty()) continue;
            vertex = at_;
            return true;
        }
        return false;
    }

  private:
    const Segment* all_ = nullptr;
    uint64_t at_ = 0;
    DeltaList list_;
};

/// Vertices, in the order of their numbers: those of the table of changes, over those that rest.
class VertexScan {
  public:
    /// `skip`: of a key, before the number. No vertex from `below` on.
    VertexScan(std::unique_ptr<KvCursor> changes, size_t skip, uint64_t below,
               RestingVertices resting = {})
        : changes_(std::move(changes)), skip_(skip), below_(below), resting_(resting) {}
    [[nodiscard]] bool Next(uint64_t& vertex);

  private:
    void ReadChange();

    std::unique_ptr<KvCursor> changes_;  ///< null at its end
    size_t skip_;
    uint64_t below_;
    RestingVertices resting_;
    Overlaid<uint64_t> next_;
};

/// Edges of the store, of a label, or at a vertex.
class EdgeScan {
  public:
    virtual ~EdgeScan() = default;
    [[nodiscard]] virtual bool Next(EdgeRef& edge) = 0;
};

/// All edges by number, from their rows in the table of changes and in `resting`, which may be
/// null.
[[nodiscard]] std::unique_ptr<EdgeScan> ScanRows(std::unique_ptr<KvCursor> changes, uint64_t below,
                                                 const Segment* resting);

struct Side {
    uint64_t vertex = 0;
    Direction direction{};
};
/// Those on one side of a vertex, by label, neighbour and number; `changes` null: nothing has
/// changed. `skip`: of a key, before the label.
[[nodiscard]] std::unique_ptr<EdgeScan> ScanSide(Side side, std::unique_ptr<KvCursor> changes,
                                                 size_t skip, uint64_t below, RestingEdges resting);

}  // namespace gyre::graph
