#pragma once

#include <cstdint>
#include <optional>

#include "graph/value.h"

namespace gyre::graph {

/// Ids of elements that the user gave none: a UUID that is made from the element's number and the
/// store's own salt and leads back to it, so that no table keeps them. Immutable.
class IdMaker {
  public:
    IdMaker(uint64_t salt, uint64_t mask) : salt_(salt), mask_(mask & kNumberBits) {}

    /// `kind` tells the ids of vertices and edges apart. Numbers below 2^62.
    [[nodiscard]] Uuid Make(char kind, uint64_t number) const;
    /// Nullopt for a UUID that is not one of this store and kind.
    [[nodiscard]] std::optional<uint64_t> NumberOf(char kind, const Uuid& uuid) const;

  private:
    static constexpr uint64_t kNumberBits = (uint64_t{1} << 62) - 1;
    [[nodiscard]] uint64_t High(char kind, uint64_t number) const;

    const uint64_t salt_;
    const uint64_t mask_;
};

}  // namespace gyre::graph
