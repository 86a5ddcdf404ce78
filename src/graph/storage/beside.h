#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/storage/segment.h"

namespace gyre::graph {

/// An edge's id and values, as EncodeIdAndValues writes them.
using RestOfEdge = std::function<std::string_view(uint64_t edge)>;

/// Copies of numbers that edges have as values, beside a list's entries: who goes through the list
/// need not look for each edge's row, which lies with those of where it leaves. A key is there when
/// all edges of a group have a value of one type under it.
class BesideEncoder {
  public:
    /// Of a group in the order of its entries; empty where there is no such key. Until the next
    /// call.
    [[nodiscard]] std::string_view Encode(std::span<const RestingEdges::Entry> group,
                                          const RestOfEdge& rest_of);

  private:
    struct Column {
        NameId key = 0;
        uint8_t type = 0;
        std::vector<uint64_t> words;
    };
    [[nodiscard]] bool Take(std::string_view rest, size_t at);
    void Put(const Column& column);

    std::vector<Column> columns_;
    std::string bytes_;
};

/// The numbers of one key beside a group of edges.
struct BesideColumn {
    ColumnType type = ColumnType::kNone;
    uint8_t width = 0;
    uint64_t least = 0;  ///< a number's own, a double's bits
    const char* entries = nullptr;
};
/// Of type kNone where the group has none.
[[nodiscard]] BesideColumn FindBesideColumn(const RestingEdges::Beside& beside, NameId key);
/// The words (column.h) of `count` of them from the `from`-th on; false where one has no word.
[[nodiscard]] bool ReadBesideWords(const BesideColumn& column, uint64_t from, size_t count,
                                   uint64_t* words);

/// The value of an edge at hand; false where it is not beside it.
[[nodiscard]] bool FindBeside(const RestingEdges::Beside& beside, NameId key, Value& value);

}  // namespace gyre::graph
