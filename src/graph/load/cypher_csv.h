#pragma once

#include "core/result.h"
#include "graph/load/gremlin_csv.h"

namespace gyre::graph::load {

/// The header of a file in openCypher's CSV ("Load format for openCypher data", Neptune
/// documentation): nodes have ":ID" or "name:ID", whose values are a property too, and ":LABEL";
/// relationships ":START_ID", ":END_ID", ":TYPE" and, where `user_edge_ids`, ":ID". Ids may have a
/// space, ":ID(space)": then the element's id is "space:id". Properties are "name:type", those of
/// nodes also "name:type[]". Errors: kInvalidArgument naming the column.
[[nodiscard]] core::Result<CsvHeader> ReadCypherHeader(const CsvReader::Record& record,
                                                       bool user_edge_ids);

}  // namespace gyre::graph::load
