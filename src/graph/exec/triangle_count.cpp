#include "graph/exec/triangle_count.h"

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <unordered_map>

#include "graph/exec/detail/triangle.h"
#include "graph/exec/triangle_lists.h"

namespace gyre::graph::exec {
namespace {

/// Corners by slot; false where there are more than three, or one of another shape.
class TriangleReader {
  public:
    TriangleReader(Context& context, const Values& row) : context_(context), row_(row) {}

    bool Read(const std::vector<plan::PathPattern>& patterns) {
        for (const plan::PathPattern& path : patterns) {
            if (path.slot || path.which != plan::PathPattern::Which::kEvery) return false;
            for (const auto& node : path.nodes) {
                if (!Corner(node)) return false;
            }
            for (size_t i = 0; i < path.hops.size(); ++i) {
                if (!Add(path.hops[i], At(path.nodes[i].slot), At(path.nodes[i + 1].slot))) {
                    return false;
                }
            }
        }
        return sides_ == 3 && slots_.size() == 3;
    }
    [[nodiscard]] Triangle Take() { return std::move(triangle_); }

  private:
    [[nodiscard]] size_t At(size_t slot) const {
        return static_cast<size_t>(std::ranges::find(slots_, slot) - slots_.begin());
    }
    bool Corner(const plan::NodePattern& node) {
        if (node.id || !node.properties.Empty() || !row_[node.slot].IsNull()) return false;
        const size_t corner = At(node.slot);
        if (corner == slots_.size()) slots_.push_back(node.slot);
        if (slots_.size() > 3) return false;
        for (const std::string& label : node.labels) {
            const auto name = context_.graph.FindName(label);
            triangle_.unknown = triangle_.unknown || !name;
            if (name) triangle_.labels[corner].push_back(*name);
        }
        return true;
    }
    bool Add(const plan::HopPattern& hop, size_t from, size_t to) {
        if (hop.many || hop.bound || !hop.properties.Empty() || hop.types.size() != 1 ||
            from == to) {
            return false;
        }
        const auto type = context_.graph.FindName(hop.types[0]);
        triangle_.unknown = triangle_.unknown || !type;
        const TriangleSide side{hop.side, type.value_or(0)};
        const bool onward = to == (from + 1) % 3;
        const size_t place = onward ? from : to;
        if ((there_ >> place & 1) != 0) return false;
        there_ |= 1U << place;
        ++sides_;
        triangle_.sides[place] = onward ? side : side.Turned();
        return true;
    }

    Context& context_;
    const Values& row_;
    std::vector<size_t> slots_;
    Triangle triangle_;
    size_t sides_ = 0;
    unsigned there_ = 0;
};

class TriangleCounter {
  public:
    TriangleCounter(Context& context, const Triangle& triangle)
        : context_(context), triangle_(triangle) {}

    std::optional<uint64_t> Count() {
        // Ways over the middle corner are gone through one by one: the corner with fewest is it.
        const size_t middle = BestMiddle();
        const size_t first = (middle + 2) % 3, last = (middle + 1) % 3;
        const TriangleSide to_middle = triangle_.sides[first], onward = triangle_.sides[middle];
        const TriangleSide closing = triangle_.sides[last].Turned();  // from the first to the last
        uint64_t found = 0, vertex = 0;
        auto scan = Corners(first);
        while (context_.GoOn() && scan.Next(vertex)) {
            if (!Fits(first, vertex)) continue;
            if (!Neighbours(vertex, closing, ends_)) return std::nullopt;
            std::erase_if(ends_, [&](uint64_t end) { return !Fits(last, end); });
            if (ends_.empty()) continue;
            if (!Neighbours(vertex, to_middle, middles_)) return std::nullopt;
            Mark(+1);
            for (const uint64_t between : middles_) {
                if (!context_.GoOn()) break;
                if (!Fits(middle, between)) continue;
                if (const auto kept = Kept(between, onward)) {
                    for (const uint32_t end : *kept) found += MarkOf(end);
                } else if (Neighbours(between, onward, others_)) {
                    for (const uint64_t end : others_) found += MarkOf(end);
                } else {
                    return std::nullopt;
                }
            }
            Mark(-1);
        }
        return found;
    }

  private:
    VertexScan Corners(size_t corner) {
        const auto& labels = triangle_.labels[corner];
        return labels.empty() ? context_.graph.Vertices() : context_.graph.VerticesOf(labels[0]);
    }
    bool Fits(size_t corner, uint64_t vertex) {
        const auto& labels = triangle_.labels[corner];
        return labels.empty() || context_.graph.VertexHas(vertex, labels);
    }
    uint64_t DegreeOf(uint64_t vertex, const TriangleSide& side) {
        uint64_t degree = 0;
        if (side.direction != Direction::kIn) {
            degree += context_.graph.Degree(vertex, Direction::kOut, side.type);
        }
        if (side.direction != Direction::kOut) {
            degree += context_.graph.Degree(vertex, Direction::kIn, side.type);
        }
        return degree;
    }
    size_t BestMiddle() {
        size_t best = 0;
        uint64_t fewest = std::numeric_limits<uint64_t>::max();
        for (size_t corner = 0; corner < 3; ++corner) {
            uint64_t ways = 0, vertex = 0;
            auto scan = Corners(corner);
            while (context_.GoOn() && scan.Next(vertex)) {
                const uint64_t before =
                    DegreeOf(vertex, triangle_.sides[(corner + 2) % 3].Turned());
                if (before != 0) ways += before * DegreeOf(vertex, triangle_.sides[corner]);
            }
            if (ways < fewest) best = corner;
            fewest = std::min(fewest, ways);
        }
        return best;
    }
    /// False where the vertex is its own neighbour.
    bool Neighbours(uint64_t vertex, const TriangleSide& side, std::vector<uint64_t>& into) {
        into.clear();
        for (const Direction direction : {Direction::kOut, Direction::kIn}) {
            if (side.direction != Direction::kBoth && side.direction != direction) continue;
            context_.graph.Neighbours(vertex, direction, side.type, into);
        }
        return std::ranges::find(into, vertex) == into.end();
    }
    /// A middle's neighbours, read once: it is one of many triangles. None where it is its own, or
    /// where they would be too many to keep.
    std::optional<std::span<const uint32_t>> Kept(uint64_t vertex, const TriangleSide& side) {
        if (vertex >= kMostMarks) return std::nullopt;
        if (vertex >= kept_at_.size()) {
            kept_at_.resize(std::max(vertex + 1, kept_at_.size() * 2), kNotKept);
        }
        uint32_t& at = kept_at_[vertex];
        if (at == kNotKept) {
            if (!Neighbours(vertex, side, others_) || kept_.size() + others_.size() >= kMostKept ||
                std::ranges::any_of(others_, [](uint64_t end) { return end >= kNotKept; })) {
                return std::nullopt;
            }
            at = static_cast<uint32_t>(kept_.size());
            kept_.push_back(static_cast<uint32_t>(others_.size()));
            kept_.insert(kept_.end(), others_.begin(), others_.end());
        }
        return std::span<const uint32_t>(kept_).subspan(at + 1, kept_[at]);
    }
    /// Marks count edges, since there may be several between two vertices. They stand in an array
    /// by number while that is small beside what a query may hold.
    void Mark(int32_t by) {
        for (const uint64_t end : ends_) {
            if (end < kMostMarks) {
                if (end >= marks_.size()) marks_.resize(std::max(end + 1, marks_.size() * 2));
                marks_[end] += static_cast<uint32_t>(by);
            } else {
                far_marks_[end] += static_cast<uint32_t>(by);
            }
        }
    }
    [[nodiscard]] uint32_t MarkOf(uint64_t vertex) const {
        if (vertex < marks_.size()) return marks_[vertex];
        if (vertex < kMostMarks || far_marks_.empty()) return 0;
        const auto found = far_marks_.find(vertex);
        return found == far_marks_.end() ? 0 : found->second;
    }

    static constexpr uint64_t kMostMarks = uint64_t{1} << 25;  // 128 MiB of them
    Context& context_;
    const Triangle& triangle_;
    std::vector<uint32_t> marks_;
    std::unordered_map<uint64_t, uint32_t> far_marks_;
    std::vector<uint64_t> ends_, middles_, others_;
    static constexpr uint32_t kNotKept = std::numeric_limits<uint32_t>::max();
    static constexpr size_t kMostKept = size_t{1} << 25;  // 128 MiB of them
    std::vector<uint32_t> kept_at_;                       ///< by vertex, its place in kept_
    std::vector<uint32_t> kept_;  ///< for each its count, then its neighbours
};

}  // namespace

std::optional<uint64_t> CountTriangles(Context& context,
                                       const std::vector<plan::PathPattern>& patterns,
                                       const Values& row) {
    TriangleReader reader(context, row);
    if (!reader.Read(patterns)) return std::nullopt;
    const Triangle triangle = reader.Take();
    if (triangle.unknown) return 0;
    if (const auto counted = CountByLists(context, triangle)) return counted;
    return TriangleCounter(context, triangle).Count();
}

}  // namespace gyre::graph::exec
