#pragma once

#include <xxhash.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "graph/rdf/quads.h"
#include "graph/storage/keys.h"

/// The keys of the tables of RDF (docs/formats/graph_rdf.md).
namespace gyre::graph::rdf::detail {

inline constexpr std::string_view kNextTermKey = "mterm";

/// An order of a quad's parts in keys.
struct QuadOrder {
    char table;
    std::array<uint8_t, 4> parts;  ///< place in the key -> part: 0 subject … 3 graph
};
inline constexpr std::array<QuadOrder, 4> kQuadOrders = {{{keys::kSpog, {0, 1, 2, 3}},
                                                          {keys::kPosg, {1, 2, 0, 3}},
                                                          {keys::kOspg, {2, 0, 1, 3}},
                                                          {keys::kGspo, {3, 0, 1, 2}}}};

inline std::array<TermId, 4> PartsOf(const Quad& quad) {
    return {quad.subject, quad.predicate, quad.object, quad.graph};
}

inline std::string QuadKey(const QuadOrder& order, const std::array<TermId, 4>& parts) {
    std::string key(1, order.table);
    for (const uint8_t part : order.parts) AppendOrdered(key, parts[part]);
    return key;
}

using TermHash = std::array<uint8_t, 16>;  ///< sorts as the keys do

inline TermHash HashOfTerm(std::string_view bytes) {
    const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, hash);
    TermHash result{};
    for (size_t i = 0; i < result.size(); ++i) result[i] = canonical.digest[i];
    return result;
}

inline std::string TermHashKey(const TermHash& hash) {
    std::string key(1, keys::kTermId);
    key.append(reinterpret_cast<const char*>(hash.data()), hash.size());
    return key;
}

inline std::string QuadCountKey(char kind, TermId id) {
    std::string key{keys::kQuadCount, kind};
    AppendOrdered(key, id);
    return key;
}

inline std::string NumberBytes(uint64_t number) {
    std::string bytes;
    AppendVarint(bytes, number);
    return bytes;
}

inline Tag TagOfTerm(const Term& term) {
    return term.IsIri() ? Tag::kIri : Tag::kLiteral;
}

}  // namespace gyre::graph::rdf::detail
