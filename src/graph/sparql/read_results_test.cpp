#include "graph/sparql/read_results.h"

#include <doctest/doctest.h>

using namespace gyre::graph;
using sparql::ReadJsonResults;
using sparql::ReadXmlResults;
using sparql::ResultTable;

namespace {

void CheckTable(const ResultTable& table) {
    REQUIRE(table.variables == std::vector<std::string>{"x", "y"});
    REQUIRE(table.rows.size() == 4);
    CHECK(*table.rows[0][0] == rdf::Iri("http://e/a"));
    CHECK(*table.rows[0][1] == rdf::Literal("4", rdf::kXsdInteger));
    CHECK(*table.rows[1][0] == rdf::Blank("b0"));
    CHECK(*table.rows[1][1] == rdf::LangLiteral("caf\xC3\xA9", "fr"));
    CHECK_FALSE(table.rows[2][0]);
    CHECK(*table.rows[2][1] == rdf::Literal(" a < b "));
    CHECK_FALSE(table.rows[3][1]);
}

}  // namespace

TEST_CASE("Another server's solutions are read in both formats") {
    const auto json =
        ReadJsonResults(R"({"head":{"link":[],"vars":["x","y"]},"results":{"bindings":[
      {"x":{"type":"uri","value":"http://e/a"},
       "y":{"type":"typed-literal","value":"4","datatype":"http://www.w3.org/2001/XMLSchema#integer"}},
      {"x":{"type":"bnode","value":"b0"},"y":{"type":"literal","xml:lang":"fr","value":"café"}},
      {"y":{"type":"literal","value":" a < b "},"z":{"type":"uri","value":"http://e/z"}}, {}]}})");
    REQUIRE(json);
    CheckTable(*json);
    const auto xml = ReadXmlResults(R"(<?xml version="1.0"?>
      <sparql xmlns="http://www.w3.org/2005/sparql-results#">
        <head><variable name="x"/><variable name="y"/></head>
        <results>
          <result><binding name="x"><uri>http://e/a</uri></binding>
            <binding name="y"><literal datatype="http://www.w3.org/2001/XMLSchema#integer">4</literal>
            </binding></result>
          <result><binding name="x"><bnode>b0</bnode></binding>
            <binding name="y"><literal xml:lang="fr">café</literal></binding></result>
          <result><binding name="y"><literal> a &lt; b </literal></binding></result>
          <result></result>
        </results></sparql>)");
    REQUIRE(xml);
    CheckTable(*xml);
}

TEST_CASE("Results that are none are refused, and terms that could not be written again") {
    for (
        const char* text :
        {"", "[]", "{}", R"({"head":{},"boolean":true})", R"({"results":{"bindings":[1]}})",
         R"({"head":{"vars":[1]},"results":{"bindings":[]}})",
         R"({"head":{"vars":["x"]},"results":{"bindings":[{"x":{"type":"uri","value":"a b"}}]}})",
         R"({"head":{"vars":["x"]},"results":{"bindings":[{"x":{"type":"triple","value":{}}}]}})",
         R"({"head":{"vars":["x"]},"results":{"bindings":[{"x":{"type":"literal","value":"a","xml:lang":"e n"}}]}})",
         R"({"head":{"vars":["x"]},"results":{"bindings":[{"x":{"type":"literal","value":"a","xml:lang":"0en"}}]}})"}) {
        CAPTURE(text);
        CHECK_FALSE(ReadJsonResults(text));
    }
    for (const char* text :
         {"", "<sparql/>", "<sparql><boolean>true</boolean></sparql>", "\xFF",
          "<sparql><head><variable name='x'/></head><results><result>"
          "<binding name='x'><uri>a>b</uri></binding></result></results></sparql>"}) {
        CAPTURE(text);
        CHECK_FALSE(ReadXmlResults(text));
    }
}
