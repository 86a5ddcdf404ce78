#include "graph/exec/triangle_lists.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

#include "graph/exec/together.h"

namespace gyre::graph::exec {
namespace {

constexpr uint64_t kNumbersBelow = uint64_t{1} << 23;  // 32 MiB of places
constexpr size_t kMostVertices = size_t{1} << 22;      // 16 MiB each list with one number of each
constexpr size_t kMostEdges = size_t{1} << 23;         // 64 MiB, twice four bytes
constexpr uint32_t kNowhere = std::numeric_limits<uint32_t>::max();

/// Steps that are worth another thread.
constexpr uint64_t kManySteps = 1'000'000;
/// Vertices that a thread takes at a time.
constexpr uint32_t kStretch = 16;

/// How two vertices are joined, seen from the lower: an edge to the higher, one from it, or both.
constexpr uint32_t kToHigher = 1, kToLower = 2;
constexpr uint32_t kJoins = 3, kJoinBits = 2;  ///< of an entry, below the higher vertex

bool IsUniform(const Triangle& triangle) {
    return std::ranges::all_of(
               triangle.sides,
               [&](const TriangleSide& side) { return side.type == triangle.sides[0].type; }) &&
           triangle.labels[0] == triangle.labels[1] && triangle.labels[0] == triangle.labels[2];
}

/// How many matches three vertices are, by how they are joined: the lowest with the middle one, the
/// lowest with the highest, the middle one with the highest.
std::array<uint8_t, 64> MatchesByJoins(const Triangle& triangle) {
    std::array<uint8_t, 64> matches{};
    for (uint32_t joins = 0; joins < matches.size(); ++joins) {
        const uint32_t of[3][3] = {
            {0, joins >> 4, joins >> 2 & kJoins}, {0, 0, joins & kJoins}, {0, 0, 0}};
        const auto edge = [&](size_t from, size_t to) {
            return from < to ? of[from][to] & kToHigher : (of[to][from] & kToLower) >> 1;
        };
        std::array<size_t, 3> corner = {0, 1, 2};  // which of the three is each corner
        do {
            uint32_t ways = 1;
            for (size_t i = 0; i < 3; ++i) {
                const size_t from = corner[i], to = corner[(i + 1) % 3];
                const Direction side = triangle.sides[i].direction;
                ways *= (side != Direction::kIn ? edge(from, to) : 0) +
                        (side != Direction::kOut ? edge(to, from) : 0);
            }
            matches[joins] = static_cast<uint8_t>(matches[joins] + ways);
        } while (std::ranges::next_permutation(corner).found);
    }
    return matches;
}

class TriangleLists {
  public:
    TriangleLists(Context& context, const Triangle& triangle)
        : context_(context), triangle_(triangle), matches_(MatchesByJoins(triangle)) {}

    /// False where they are not for this.
    bool Read() { return ReadEdges() && Orient() && Join(); }

    uint64_t Count() {
        std::atomic<uint64_t> found{0};
        std::atomic<uint32_t> next{0};
        std::atomic<bool> stop{false};
        const auto work = [&](bool own) {
            std::vector<uint8_t> marks(count_, 0);
            uint64_t mine = 0;
            while (!stop.load(std::memory_order_relaxed)) {
                const uint32_t begin = next.fetch_add(kStretch);
                if (begin >= count_) break;
                for (uint32_t low = begin; low < std::min(begin + kStretch, count_); ++low) {
                    if (own && !context_.GoOn()) stop = true;
                    mine += CountAt(low, marks);
                }
            }
            found += mine;
        };
        if (steps_ < kManySteps)
            work(true);
        else
            Together(work);
        return found;
    }

  private:
    using Entry = uint32_t;
    [[nodiscard]] std::span<Entry> ListOf(uint32_t vertex) {
        return {entries_.data() + begins_[vertex], sizes_[vertex]};
    }

    /// All edges between vertices that have the labels, by where they leave.
    bool ReadEdges() {
        Transaction& graph = context_.graph;
        const auto& labels = triangle_.labels[0];
        std::vector<uint64_t> numbers;
        auto scan = labels.empty() ? graph.Vertices() : graph.VerticesOf(labels[0]);
        uint64_t vertex = 0;
        while (context_.GoOn() && scan.Next(vertex)) {
            if (labels.size() > 1 && !graph.VertexHas(vertex, labels)) continue;
            if (vertex >= kNumbersBelow || numbers.size() == kMostVertices) return false;
            numbers.push_back(vertex);
        }
        count_ = static_cast<uint32_t>(numbers.size());
        std::vector<uint32_t> places(numbers.empty() ? 0 : numbers.back() + 1, kNowhere);
        for (uint32_t i = 0; i < count_; ++i) places[numbers[i]] = i;
        degrees_.assign(count_, 0);
        leaves_.assign(size_t{count_} + 1, 0);
        std::vector<uint64_t> ends;
        for (uint32_t i = 0; i < count_ && context_.GoOn(); ++i) {
            ends.clear();
            graph.Neighbours(numbers[i], Direction::kOut, triangle_.sides[0].type, ends);
            for (const uint64_t end : ends) {
                const uint32_t to = end < places.size() ? places[end] : kNowhere;
                if (to == kNowhere) continue;
                if (to == i || edges_.size() == kMostEdges) return false;
                edges_.push_back(to);
                ++degrees_[i];
                ++degrees_[to];
            }
            leaves_[i + 1] = static_cast<uint32_t>(edges_.size());
        }
        return true;
    }

    /// Lists from each vertex to those that stand higher, which have more edges.
    bool Orient() {
        std::vector<uint32_t> order(count_), ranks(count_);
        std::iota(order.begin(), order.end(), 0);
        std::ranges::stable_sort(order, {}, [&](uint32_t i) { return degrees_[i]; });
        for (uint32_t rank = 0; rank < count_; ++rank) ranks[order[rank]] = rank;
        begins_.assign(size_t{count_} + 1, 0);
        const auto each = [&](auto use) {
            for (uint32_t from = 0; from < count_; ++from) {
                for (uint32_t at = leaves_[from]; at < leaves_[from + 1]; ++at) {
                    const uint32_t a = ranks[from], b = ranks[edges_[at]];
                    use(std::min(a, b), std::max(a, b), a < b ? kToHigher : kToLower);
                }
            }
        };
        each([&](uint32_t low, uint32_t, uint32_t) { ++begins_[low + 1]; });
        std::partial_sum(begins_.begin(), begins_.end(), begins_.begin());
        sizes_.assign(count_, 0);
        entries_.resize(edges_.size());
        each([&](uint32_t low, uint32_t high, uint32_t join) {
            entries_[begins_[low] + sizes_[low]++] = high << kJoinBits | join;
        });
        edges_ = {};
        return !context_.Failed();
    }

    /// One entry for two vertices that are joined both ways; false where there are two edges alike.
    bool Join() {
        std::vector<uint8_t> joins(count_, 0);
        for (uint32_t low = 0; low < count_; ++low) {
            const auto list = ListOf(low);
            for (const Entry entry : list) {
                uint8_t& join = joins[entry >> kJoinBits];
                if ((join & entry) != 0) return false;
                join |= static_cast<uint8_t>(entry & kJoins);
            }
            uint32_t size = 0;
            for (const Entry entry : list) {
                const uint32_t high = entry >> kJoinBits;
                if (joins[high] == 0) continue;
                list[size++] = high << kJoinBits | joins[high];
                joins[high] = 0;
            }
            sizes_[low] = size;
        }
        for (uint32_t low = 0; low < count_; ++low) {
            for (const Entry entry : ListOf(low)) steps_ += sizes_[entry >> kJoinBits];
        }
        return true;
    }

    /// Those whose lowest vertex it is. `marks`: nothing but zeros.
    uint64_t CountAt(uint32_t low, std::vector<uint8_t>& marks) {
        const auto list = ListOf(low);
        for (const Entry entry : list) {
            marks[entry >> kJoinBits] = static_cast<uint8_t>((entry & kJoins) << kJoinBits);
        }
        uint64_t found = 0;
        for (const Entry middle : list) {
            const uint8_t* const matches = matches_.data() + ((middle & kJoins) << 2 * kJoinBits);
            for (const Entry high : ListOf(middle >> kJoinBits)) {
                found += matches[marks[high >> kJoinBits] | (high & kJoins)];
            }
        }
        for (const Entry entry : list) marks[entry >> kJoinBits] = 0;
        return found;
    }

    Context& context_;
    const Triangle& triangle_;
    const std::array<uint8_t, 64> matches_;
    uint32_t count_ = 0;             ///< of vertices
    std::vector<uint32_t> degrees_;  ///< by place among the vertices
    std::vector<uint32_t> leaves_, edges_;
    std::vector<uint32_t> begins_, sizes_;  ///< of lists; a vertex's number is its rank
    std::vector<Entry> entries_;
    uint64_t steps_ = 0;
};

}  // namespace

std::optional<uint64_t> CountByLists(Context& context, const Triangle& triangle) {
    if (!IsUniform(triangle)) return std::nullopt;
    TriangleLists lists(context, triangle);
    if (!lists.Read()) return std::nullopt;
    return lists.Count();
}

}  // namespace gyre::graph::exec
