#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "graph/storage/segment.h"

/// What those who write a segment and those who read one agree on (docs/formats/graph_segment.md).
namespace gyre::graph::segment_format {

using Magic = std::array<char, 8>;
inline constexpr Magic kMagic = {'G', 'Y', 'R', 'E', 'S', 'E', 'G', '4'};
/// Of a segment which does not tell what keys have no column; of one without columns of vertices,
/// and of one in whose lists nothing stands beside the entries either. They are read too.
inline constexpr Magic kMagic3 = {'G', 'Y', 'R', 'E', 'S', 'E', 'G', '3'};
inline constexpr Magic kMagic2 = {'G', 'Y', 'R', 'E', 'S', 'E', 'G', '2'};
inline constexpr Magic kMagic1 = {'G', 'Y', 'R', 'E', 'S', 'E', 'G', '1'};

struct SectionEntry {
    uint64_t begin = 0, size = 0;
    uint64_t sum = 0;  ///< XXH3, 64 bits
};
/// The file's last bytes, as they lie on the disk: what stands before them was written first.
struct Tail {
    uint64_t vertices_below = 0, edges_below = 0, vertices = 0, edges = 0;
    std::array<SectionEntry, Segment::kSections> sections;
    uint64_t sum = 0;  ///< XXH3 of all before it
    Magic magic = kMagic;
};
static_assert(sizeof(Tail) == 48 + 24 * Segment::kSections);

/// Likewise of the formats before.
struct TailBefore {
    Magic magic = kMagic2;
    uint64_t vertices_below = 0, edges_below = 0, vertices = 0, edges = 0;
    std::array<SectionEntry, Segment::kColumnHeads> sections;
    uint64_t sum = 0;
};
static_assert(sizeof(TailBefore) == 48 + 24 * Segment::kColumnHeads);

[[nodiscard]] uint64_t Hash(std::string_view bytes);
/// The slot of `slots` at which a search begins.
[[nodiscard]] inline uint64_t SlotOf(uint64_t hash, uint64_t slots) {
    return hash % slots;
}

}  // namespace gyre::graph::segment_format
