// Transaction: how many walks of two edges there are, without walking them.
#include "graph/storage/graph_store.h"
#include "graph/storage/keys.h"

namespace gyre::graph {
namespace {

/// Vertices between two looks at whether to go on.
constexpr uint64_t kStretch = 1024;

}  // namespace

uint64_t Transaction::DegreeOf(uint64_t vertex, const EdgeChoice& choice) {
    uint64_t sum = 0;
    for (const Direction side : {Direction::kOut, Direction::kIn}) {
        if (side == Direction::kOut ? !choice.leaving : !choice.entering) continue;
        if (choice.all_labels) sum += Degree(vertex, side, std::nullopt);
        for (const NameId label : choice.labels) sum += Degree(vertex, side, label);
    }
    return sum;
}

std::optional<uint64_t> Transaction::CountWalks(const EdgeChoice& first, const EdgeChoice& second,
                                                const std::function<bool()>& go_on) {
    uint64_t walks = 0, looked = 0;
    const auto add = [&](uint64_t vertex) {
        if (++looked % kStretch == 0 && !go_on()) return false;
        const uint64_t before = DegreeOf(vertex, first);
        if (before != 0) walks += before * DegreeOf(vertex, second);
        return true;
    };
    const uint64_t resting = resting_ ? resting_->segment->VerticesBelow() : 0;
    for (uint64_t vertex = 1; vertex < resting; ++vertex) {
        if (!add(vertex)) return std::nullopt;
    }
    // Of the others, those that have edges have counts of them, which stand together.
    WriteCounts();
    uint64_t last = 0;
    const auto cursor = kv_->Scan(std::string_view(&keys::kDegree, 1));
    while (cursor->Next()) {
        std::string_view key = cursor->Key().substr(1);
        uint64_t vertex = 0;
        if (!ReadOrdered(key, vertex)) {
            damaged_ = true;
            break;
        }
        if (vertex < resting || vertex == last) continue;
        last = vertex;
        if (!add(vertex)) return std::nullopt;
    }
    return walks;
}

}  // namespace gyre::graph
