#include "graph/load/cypher_csv.h"

#include <algorithm>
#include <optional>

namespace gyre::graph::load {
namespace {

using core::Code;
using Role = Column::Role;

tl::unexpected<core::Error> WrongHeader(std::string message) {
    return core::Fail(Code::kInvalidArgument, std::move(message));
}

struct SystemColumn {
    std::string_view name;
    Role role;
    bool of_nodes, of_edges, has_space;
};
// System headers are told by case ("System column headers in openCypher data loading files").
constexpr SystemColumn kSystemColumns[] = {
    {"ID", Role::kId, true, true, true},          {"LABEL", Role::kLabel, true, false, false},
    {"START_ID", Role::kFrom, false, true, true}, {"END_ID", Role::kTo, false, true, true},
    {"TYPE", Role::kLabel, false, true, false},
};

/// A column such as "name:ID(space)"; nullopt for one of a property.
std::optional<Column> SystemColumnOf(std::string_view text, const SystemColumn*& kind) {
    const size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::string_view what = text.substr(colon + 1);
    const size_t open = what.find('(');
    std::string_view space;
    if (open != std::string_view::npos && what.ends_with(')')) {
        space = what.substr(open + 1, what.size() - open - 2);
        what = what.substr(0, open);
    }
    const auto found = std::ranges::find(kSystemColumns, what, &SystemColumn::name);
    if (found == std::end(kSystemColumns)) return std::nullopt;
    const bool named = colon > 0;
    if ((named && found->role != Role::kId) ||
        (open != std::string_view::npos && !found->has_space))
        return std::nullopt;
    kind = found;
    Column column;
    column.role = found->role;
    column.name = ":" + std::string(what);
    column.space = std::string(space);
    column.as_property = std::string(text.substr(0, colon));
    column.cardinality = Cardinality::kSingle;
    return column;
}

core::Status CheckCypherColumn(const Column& column, const SystemColumn* kind, bool edges,
                               bool user_edge_ids) {
    if (kind == nullptr) {
        if (!edges || !column.array) return {};
        return WrongHeader("the property '" + column.name +
                           "' of a relationship has one value, and no array");
    }
    if (edges ? !kind->of_edges : !kind->of_nodes) {
        return WrongHeader("the column " + column.name + " is none of a file of " +
                           (edges ? "relationships" : "nodes"));
    }
    if (!edges || column.role != Role::kId) return {};
    if (!user_edge_ids) {
        return WrongHeader("relationships have no column :ID where userProvidedEdgeIds is false");
    }
    if (column.as_property.empty() && column.space.empty()) return {};
    return WrongHeader("the :ID of relationships has no name and no space");
}

}  // namespace

core::Result<CsvHeader> ReadCypherHeader(const CsvReader::Record& record, bool user_edge_ids) {
    CsvHeader header;
    header.cypher = true;
    std::vector<const SystemColumn*> kinds;
    for (const auto& field : record) {
        const std::string_view text = TrimmedHeader(field.text);
        const SystemColumn* kind = nullptr;
        auto system = SystemColumnOf(text, kind);
        if (system) {
            header.columns.push_back(std::move(*system));
        } else {
            GYRE_ASSIGN(Column column, ReadPropertyColumn(text, true));
            if (column.cardinality || column.name.empty()) {
                return WrongHeader("the column '" + std::string(text) +
                                   "' is no system column and not name:type or name:type[]");
            }
            column.cardinality = column.array ? Cardinality::kSet : Cardinality::kSingle;
            header.columns.push_back(std::move(column));
        }
        kinds.push_back(kind);
    }
    const auto has = [&](Role role) {
        return std::ranges::any_of(header.columns,
                                   [&](const Column& column) { return column.role == role; });
    };
    header.edges = has(Role::kFrom) || has(Role::kTo);
    for (size_t i = 0; i < header.columns.size(); ++i) {
        GYRE_TRY(CheckCypherColumn(header.columns[i], kinds[i], header.edges, user_edge_ids));
        for (size_t j = 0; j < i; ++j) {
            const Column &one = header.columns[i], &other = header.columns[j];
            if (one.role == other.role && (one.role != Role::kProperty || one.name == other.name)) {
                return WrongHeader("the column '" + one.name + "' is there twice");
            }
        }
    }
    if (header.edges && (!has(Role::kFrom) || !has(Role::kTo) || !has(Role::kLabel))) {
        return WrongHeader("a file of relationships has the columns :START_ID, :END_ID and :TYPE");
    }
    if (header.edges && user_edge_ids && !has(Role::kId)) {
        return WrongHeader(
            "a file of relationships has the column :ID, unless userProvidedEdgeIds is false");
    }
    if (!header.edges && !has(Role::kId)) {
        return WrongHeader("a file of nodes has the column :ID");
    }
    return header;
}

}  // namespace gyre::graph::load
