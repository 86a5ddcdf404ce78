#include "graph/cypher/test_query.h"

using namespace gyre;
using namespace gyre::graph;
using cypher::Ask;
using cypher::Procedures;

namespace {

/// rates.of(currency, year) :: (rate, source), and log.line(text) that gives nothing.
void Declare(Procedures& procedures) {
    auto rates = cypher::ParseSignature(
        "rates.of(currency :: STRING?, year :: NUMBER?) :: (rate :: FLOAT?, source :: STRING?)");
    REQUIRE(rates);
    const auto row = [&](Value currency, int64_t year, double rate, const char* source) {
        rates->rows.push_back({std::move(currency), Value(year), Value(rate), Value(source)});
    };
    row(Value("SEK"), 2020, 0.095, "bank");
    row(Value("SEK"), 2021, 0.099, "bank");
    row(Value("SEK"), 2021, 0.098, "news");
    row(Value(), 2021, 1.0, "none");
    REQUIRE(procedures.Declare(std::move(*rates)));
    auto log = cypher::ParseSignature("log.line(text :: STRING) :: ()");
    REQUIRE(log);
    REQUIRE(procedures.Declare(std::move(*log)));
}

}  // namespace

TEST_CASE("openCypher calls tables that were declared") {
    TestGraph graph;
    Procedures procedures;
    Declare(procedures);
    const auto ask = [&](const std::string& query, const Map& parameters = {}) {
        return Ask(graph, query, parameters, procedures);
    };
    CHECK(ask("CALL rates.of('SEK', 2021)") == "0.099,bank 0.098,news");
    CHECK(ask("CALL rates.of('SEK', 2020.0) YIELD source, rate AS r RETURN r, source") ==
          "0.095,bank");
    CHECK(ask("CALL rates.of(null, 2021) YIELD *") == "1.0,none");
    CHECK(ask("UNWIND [2020, 2021] AS y CALL rates.of('SEK', y) YIELD rate WHERE rate < 0.099 "
              "RETURN y, rate") == "2020,0.095 2021,0.098");
    CHECK(ask("UNWIND [1, 2] AS x CALL log.line('x') RETURN x") == "1 2");
    CHECK(ask("CALL log.line('x')") == "");
    Map parameters;
    parameters.Put(Value("currency"), Value("SEK"));
    CHECK(ask("CALL rates.of", parameters).ends_with("(ParameterMissing: MissingParameter)"));
    parameters.Put(Value("year"), Value(int64_t{2020}));
    CHECK(ask("CALL rates.of", parameters) == "0.095,bank");

    const std::pair<const char*, const char*> wrong[] = {
        {"CALL rates.of('SEK')", "InvalidNumberOfArguments"},
        {"CALL rates.of(1, 2)", "InvalidArgumentType"},
        {"CALL rates.of YIELD rate RETURN rate", "InvalidArgumentPassingMode"},
        {"CALL rates.of('SEK', 2020) YIELD * RETURN 1", "UnexpectedSyntax"},
        {"CALL rates.of('SEK', 2020) YIELD price RETURN price", "UndefinedVariable"},
        {"CALL rates.of('SEK', 2020) RETURN rate", "UndefinedVariable"},
        {"CALL rates.of('SEK', 2020) YIELD rate, source AS rate RETURN 1", "VariableAlreadyBound"},
        {"MATCH (n) CALL rates.of('SEK', count(n)) YIELD rate RETURN rate", "InvalidAggregation"},
        {"MATCH (n) CALL rates.of('SEK', 1) YIELD rate", "InvalidClauseComposition"},
        {"CALL rates.on('SEK', 2020)", "ProcedureNotFound"},
    };
    for (const auto& [query, name] : wrong) {
        CAPTURE(std::string(query));
        CHECK_MESSAGE(ask(query).ends_with(std::string(": ") + name + ")"), ask(query));
    }
}

TEST_CASE("openCypher's own procedures tell what is in the graph") {
    TestGraph graph;
    CHECK(Ask(graph, "CALL db.labels() YIELD label RETURN label ORDER BY label") ==
          "person software");
    CHECK(Ask(graph,
              "CALL db.relationshipTypes() YIELD relationshipType AS t RETURN t ORDER BY "
              "t") == "created knows");
    Procedures procedures;
    CHECK_FALSE(procedures.Declare(*cypher::ParseSignature("db.labels() :: (label :: STRING)")));
}

TEST_CASE("A procedure's signature says what was expected") {
    const auto error = [](const char* text) {
        const auto read = cypher::ParseSignature(text);
        return read ? cypher::SignatureText(*read) : read.error().message;
    };
    CHECK(error("a.b( x::INTEGER, y :: ANY? )::()") == "a.b(x :: INTEGER?, y :: ANY?) :: ()");
    CHECK(error("a.b(x :: INT) :: ()").find("STRING, INTEGER, FLOAT") != std::string::npos);
    CHECK(error("a.b(x)").find("'::' and a type was expected, found ')'") != std::string::npos);
    CHECK(error("a.b()").find("'::' was expected") != std::string::npos);
    CHECK(error("(x)").find("a name was expected") != std::string::npos);
}

TEST_CASE("Neptune's query hints") {
    const auto query = cypher::Parse(
        "USING QUERY:TIMEOUTMILLISECONDS 250 USING QUERY:PLANCACHE \"enabled\" RETURN 1", {});
    REQUIRE(query);
    CHECK(query->timeout_ms == 250);
    TestGraph graph;
    CHECK(cypher::Fails(graph, "USING QUERY:NOSUCH 'x' RETURN 1", "UnexpectedSyntax"));
}
