#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "graph/load/csv_reader.h"
#include "graph/value.h"

namespace gyre::graph::load {

/// A column of Neptune's Gremlin CSV: "~id", "~label", "~from", "~to", or
/// "name:Type[](cardinality)"; or of openCypher's (cypher_csv.h).
struct Column {
    enum class Role : uint8_t { kId, kLabel, kFrom, kTo, kProperty } role = Role::kProperty;
    enum class Type : uint8_t {
        kBool,
        kByte,
        kShort,
        kInt,
        kLong,
        kFloat,
        kDouble,
        kString,
        kDate
    };
    std::string name;
    Type type = Type::kString;
    bool array = false;
    std::optional<Cardinality> cardinality;
    std::string space;        ///< of openCypher's ids: stands before them, with a colon
    std::string as_property;  ///< of an id: the key under which it is kept too
};

/// A file's header. Vertices have ~id; edges have ~from and ~to.
struct CsvHeader {
    std::vector<Column> columns;
    bool edges = false;
    bool cypher = false;  ///< in openCypher's CSV
};

/// Errors: kInvalidArgument naming the column.
[[nodiscard]] core::Result<CsvHeader> ReadHeader(const CsvReader::Record& record);
/// "name:Type[](cardinality)", a colon of the name escaped. `cypher`: with openCypher's types, of
/// which some are kept as they are written.
[[nodiscard]] core::Result<Column> ReadPropertyColumn(std::string_view text, bool cypher);
/// Without the blanks around it.
[[nodiscard]] std::string_view TrimmedHeader(std::string_view text);
/// A field as a value of its column's type. Errors: kInvalidArgument.
[[nodiscard]] core::Result<Value> ReadField(const Column& column, std::string_view text);
/// The parts of a field at ';', where "\;" is a semicolon of the text.
[[nodiscard]] std::vector<std::string> SplitField(std::string_view text);

}  // namespace gyre::graph::load
