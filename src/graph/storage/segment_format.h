#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "graph/storage/segment.h"

/// What those who write a segment and those who read one agree on (docs/formats/graph_segment.md).
namespace gyre::graph::segment_format {

inline constexpr std::array<char, 8> kMagic = {'G', 'Y', 'R', 'E', 'S', 'E', 'G', '2'};
/// Of a segment in whose lists nothing stands beside the entries; it is read too.
inline constexpr std::array<char, 8> kMagicBefore = {'G', 'Y', 'R', 'E', 'S', 'E', 'G', '1'};

struct SectionEntry {
    uint64_t begin = 0, size = 0;
    uint64_t sum = 0;  ///< XXH3, 64 bits
};
/// The file's last bytes, as they lie on the disk: what stands before them was written first.
struct Tail {
    std::array<char, 8> magic = kMagic;
    uint64_t vertices_below = 0, edges_below = 0, vertices = 0, edges = 0;
    std::array<SectionEntry, Segment::kSections> sections;
    uint64_t sum = 0;  ///< XXH3 of all before it
};
static_assert(sizeof(Tail) == 48 + 24 * Segment::kSections);

[[nodiscard]] uint64_t Hash(std::string_view bytes);
/// The slot of `slots` at which a search begins.
[[nodiscard]] inline uint64_t SlotOf(uint64_t hash, uint64_t slots) {
    return hash % slots;
}

}  // namespace gyre::graph::segment_format
