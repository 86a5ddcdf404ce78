#pragma once

#include <initializer_list>
#include <string>

#include "graph/cypher/parse.h"
#include "graph/cypher/run.h"
#include "graph/test_graph.h"

namespace gyre::graph::cypher {

/// The rows of a query, their columns joined by commas, in order.
inline std::string Ask(TestGraph& graph, const std::string& query, const Map& parameters = {},
                       const Procedures& procedures = {}) {
    const auto rows = Parse(query, parameters, procedures);
    if (!rows) return "error: " + rows.error().message;
    std::string text;
    const auto ran = Run(graph.Store(), *rows, {core::SystemClock(), {}, {}},
                         [&](exec::Context& context, const Values& row) {
                             if (!text.empty()) text += " ";
                             for (size_t i = 0; i < row.size(); ++i) {
                                 text += (i > 0 ? "," : "") + Shown(context, row[i]);
                             }
                         });
    return ran ? text : "error: " + ran.error().message;
}

struct Case {
    const char* query;
    const char* rows;
};

inline void Check(TestGraph& graph, std::initializer_list<Case> cases) {
    for (const Case& one : cases) {
        CAPTURE(std::string(one.query));
        CHECK(Ask(graph, one.query) == one.rows);
    }
}

/// Whether the query fails with that name of openCypher's: "UndefinedVariable".
inline bool Fails(TestGraph& graph, const std::string& query, const std::string& name) {
    return Ask(graph, query).ends_with(": " + name + ")");
}

}  // namespace gyre::graph::cypher
