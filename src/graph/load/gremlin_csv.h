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
/// "name:Type[](cardinality)".
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
};

/// A file's header. Vertices have ~id; edges have ~from and ~to.
struct CsvHeader {
    std::vector<Column> columns;
    bool edges = false;
};

/// Errors: kInvalidArgument naming the column.
[[nodiscard]] core::Result<CsvHeader> ReadHeader(const CsvReader::Record& record);
/// A field as a value of its column's type. Errors: kInvalidArgument.
[[nodiscard]] core::Result<Value> ReadField(const Column& column, std::string_view text);
/// The parts of a field at ';', where "\;" is a semicolon of the text.
[[nodiscard]] std::vector<std::string> SplitField(std::string_view text);

}  // namespace gyre::graph::load
