#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "graph/storage/column.h"

namespace gyre::graph {

/// Makes columns of vertices' rows, while those are written. Which keys of a label get one shows at
/// the end; what they take in the file is kept in memory until then. For one thread.
class ColumnWriter {
  public:
    ColumnWriter();
    ~ColumnWriter();
    ColumnWriter(const ColumnWriter&) = delete;
    ColumnWriter& operator=(const ColumnWriter&) = delete;

    /// The row of the vertex that the next calls of Add are about. False for a damaged one.
    [[nodiscard]] bool Take(std::string_view row);
    /// It is the next in the list of that label, whose bytes are that many with it.
    void Add(NameId label, uint64_t vertex, size_t list_size);
    /// As ReadColumns takes them.
    void Finish(std::string& heads, std::string& data);

  private:
    /// A vertex's value under one key.
    struct Cell {
        NameId key = 0;
        ColumnType type = ColumnType::kNone;  ///< none: only its row can tell
        uint64_t word = 0;
        std::string_view text;
    };
    /// The texts of a column, as long as they seem to be few.
    struct Texts {
        struct Hash {
            using is_transparent = void;
            size_t operator()(std::string_view text) const {
                return std::hash<std::string_view>()(text);
            }
        };
        std::unordered_map<std::string, uint16_t, Hash, std::equal_to<>> numbers;
        std::vector<uint16_t> of_vertices;  ///< or kAbsent, kInRow
        size_t bytes = 0;
    };
    class Building;
    struct OfLabel {
        uint64_t vertices = 0, last = 0, before = 0;
        size_t list_size = 0, list_before = 0;
        std::string blocks;  ///< heads of those that are over
        std::vector<std::unique_ptr<Building>> columns;
        std::set<NameId> others;  ///< keys that get none
    };
    void EndBlock(OfLabel& label) const;

    std::vector<std::pair<NameId, std::string_view>> values_;  ///< of the row that was taken
    std::vector<Cell> cells_;                                  ///< and what columns may have of it
    std::map<NameId, OfLabel> labels_;
};

}  // namespace gyre::graph
