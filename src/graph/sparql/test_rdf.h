#pragma once

#include <initializer_list>
#include <string>

#include "graph/sparql/answer.h"
#include "graph/sparql/parse.h"
#include "graph/test_graph.h"

namespace gyre::graph::sparql {

/// A store's RDF, as a client of SPARQL sees it.
class TestRdf {
  public:
    explicit TestRdf(DefaultGraph kind = DefaultGraph::kUnion)
        : graph_(GraphMode::kNeptune, false), kind_(kind) {}

    /// The error's message, or "".
    std::string Update(const std::string& text) {
        const auto request = ParseUpdate(std::string(kPrefixes) + text);
        if (!request) return request.error().message;
        const auto done = Carry(graph_.Store(), *request, Within());
        return done ? "" : done.error().message;
    }
    /// A SELECT's table as TSV without its head, rows joined by "; "; an ASK's answer.
    std::string Ask(const std::string& text) {
        const auto query = ParseQuery(std::string(kPrefixes) + text);
        if (!query) return "error: " + query.error().message;
        const bool graph =
            query->form == Query::Form::kConstruct || query->form == Query::Form::kDescribe;
        std::string table;
        if (graph) {
            const auto writer = rdf::MakeTripleWriter(rdf::GraphFormat::kNTriples);
            if (const auto done = Answer(graph_.Store(), *query, Within(), *writer); !done) {
                return "error: " + done.error().message;
            }
            table = *writer->Finish();
        } else {
            const auto writer = MakeSolutionWriter(SolutionFormat::kTsv);
            if (const auto done = Answer(graph_.Store(), *query, Within(), *writer); !done) {
                return "error: " + done.error().message;
            }
            table = writer->Take();
            if (query->form == Query::Form::kSelect) table.erase(0, table.find('\n') + 1);
        }
        return Short(table);
    }
    [[nodiscard]] GraphStore& Store() { return graph_.Store(); }

    Limits Within() {
        Limits within{core::SystemClock(), {}, {}};
        within.limits = limits;
        within.default_graph = kind_;
        within.dataset = dataset;
        within.outside = outside;
        return within;
    }
    exec::Limits limits;
    DatasetClause dataset;
    Outside* outside = nullptr;

  private:
    static constexpr std::string_view kPrefixes =
        "PREFIX : <http://e/> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>\n";
    /// With the prefixes, in one line.
    static std::string Short(std::string text) {
        const auto replace = [&](std::string_view from, std::string_view to) {
            for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
                text.replace(at, from.size(), to);
            }
        };
        replace("<http://e/", ":<");
        replace("^^<http://www.w3.org/2001/XMLSchema#", "^xsd:<");
        std::string shown;
        for (const char c : text) {
            if (c == '<' || c == '>') continue;
            if (c == '\n') {
                shown += "; ";
            } else {
                shown += c == '\t' ? ' ' : c;
            }
        }
        if (shown.ends_with("; ")) shown.resize(shown.size() - 2);
        return shown;
    }

    TestGraph graph_;
    const DefaultGraph kind_;
};

struct Case {
    const char* query;
    const char* rows;
};

inline void Check(TestRdf& rdf, std::initializer_list<Case> cases) {
    for (const Case& one : cases) {
        CAPTURE(std::string(one.query));
        CHECK(rdf.Ask(one.query) == one.rows);
    }
}

}  // namespace gyre::graph::sparql
