#include <doctest/doctest.h>

#include <string>

#include "graph/sparql/parse.h"

using namespace gyre::graph;

namespace {

std::string QueryError(const std::string& text) {
    const auto query = sparql::ParseQuery(text);
    return query ? "" : query.error().message;
}
std::string UpdateError(const std::string& text) {
    const auto update = sparql::ParseUpdate(text);
    return update ? "" : update.error().message;
}

}  // namespace

TEST_CASE("A syntax error says where it is and what was expected") {
    CHECK(QueryError("SELECT * {\n  ?s ?p }") ==
          "syntax error at line 2, column 9: expected a term or a variable, found '}'");
    CHECK(QueryError("SELECT ?x { ?x a :T }") ==
          "syntax error at line 1, column 18: the prefix ':' is not declared");
    CHECK(QueryError("FIND ?x {}") ==
          "syntax error at line 1, column 1: expected SELECT, CONSTRUCT, DESCRIBE or ASK, found "
          "'FIND'");
    CHECK(QueryError("SELECT ?x { ?x ?y \"z }") ==
          "syntax error at line 1, column 19: this string has no end: expected \"");
    CHECK(QueryError("ASK { ?x ?y ?z ").ends_with("found the end of the query"));
}

TEST_CASE("What the grammar allows and the language forbids") {
    const char* wrong[] = {
        "SELECT ?x { _:a ?p ?x OPTIONAL { _:a ?q ?y } }",
        "SELECT * { ?s ?p ?o BIND(1 AS ?o) }",
        "SELECT (1 AS ?s) { ?s ?p ?o }",
        "SELECT ?s ?o { ?s ?p ?o } GROUP BY ?s",
        "SELECT * { ?s ?p ?o } GROUP BY ?s",
        "SELECT (COUNT(SUM(?o)) AS ?n) { ?s ?p ?o }",
        "SELECT ?s { ?s ?p ?o FILTER(COUNT(?o) > 1) }",
        "SELECT (1 AS ?x) (2 AS ?x) {}",
        "SELECT ?x { VALUES (?x ?y) { (1) } }",
        "ASK { ?s ?p ?o FILTER(STRLEN() > 1) }",
        "ASK { ?s ?p 'a\nb' }",
        "ASK { \"s\" } ",
        "ASK { ?a ?b ?c ?d ?e ?f }",
    };
    for (const char* text : wrong) {
        CAPTURE(std::string(text));
        CHECK(QueryError(text) != "");
    }
    const char* wrong_updates[] = {
        "INSERT DATA { ?s <p> <o> }",
        "DELETE DATA { _:a <p> <o> }",
        "DELETE { ?s ?p [] } WHERE { ?s ?p ?o }",
        "DELETE WHERE { _:a ?p ?o }",
        "INSERT { ?s ?p ?o }",
        "CREATE <g>",
        "INSERT DATA { <s> <p> <o> } INSERT DATA { <s> <p> <o> }",
    };
    for (const char* text : wrong_updates) {
        CAPTURE(std::string(text));
        CHECK(UpdateError(text) != "");
    }
}

TEST_CASE("All of the grammar is read") {
    const char* right[] = {
        "SELECT * WHERE { ?s ?p ?o . OPTIONAL { ?s <q> ?x . } . FILTER regex(?x, 'a') } LIMIT 5",
        "PREFIX a: <http://a/> SELECT ?x { ?x a:b%20c a:d\\,e, a:f.g ; a:h [ a:i (1 2.5 3e1) ] . }",
        "SELECT REDUCED ?x { ?x <p>/(^<q>|!(<r>|^<s>))* ?y } ORDER BY DESC(?x) ?y",
        "SELECT (GROUP_CONCAT(DISTINCT ?x; SEPARATOR=',') AS ?all) { GRAPH ?g { ?s ?p ?x } }",
        "DESCRIBE <a> ?b FROM <g> FROM NAMED <h> WHERE { ?b ?c ?d }",
        "CONSTRUCT { ?s <p> [] } WHERE { ?s ?p -5 , +6.0 , '''a\"b''' , \"x\"@en-GB }",
        "ASK { ?s ?p ?o FILTER(?o NOT IN (1, <x>) && !EXISTS { ?s ?p 1 }) }",
        "SELECT ?x { ?x ?p true MINUS { ?x ?p false } } VALUES ?x { UNDEF <a> }",
        "ASK { ?s ?p '\\u00e9\\n' . ?s <\\u00e9> ?o } # comment",
    };
    for (const char* text : right) {
        CAPTURE(std::string(text));
        CHECK(QueryError(text) == "");
    }
    const char* right_updates[] = {
        "",
        "PREFIX : <http://e/> INSERT DATA { :s :p _:b . GRAPH :g { :s :p 1 ; :q 2 } } ;",
        "WITH <g> DELETE { ?s ?p ?o } INSERT { GRAPH <h> { ?s ?p ?o } } USING <i> WHERE { ?s ?p ?o "
        "}",
        "LOAD SILENT <a> INTO GRAPH <b>; CLEAR NAMED; DROP SILENT GRAPH <c>; CREATE GRAPH <d>",
        "COPY DEFAULT TO <e>; MOVE SILENT GRAPH <f> TO DEFAULT; ADD <g> TO GRAPH <h>",
    };
    for (const char* text : right_updates) {
        CAPTURE(std::string(text));
        CHECK(UpdateError(text) == "");
    }
    std::string deep = "ASK { ?s ?p ?o FILTER(";
    for (int i = 0; i < 100'000; ++i) deep += '(';
    CHECK(QueryError(deep).find("nested too deeply") != std::string::npos);
    std::string wide = "ASK { ?s ?p ?o FILTER(1";
    for (int i = 0; i < 100'000; ++i) wide += " || 1";
    CHECK(QueryError(wide + ") }").find("operators in a row") != std::string::npos);
    std::string optional = "ASK {";
    for (int i = 0; i < 100'000; ++i) optional += " OPTIONAL {}";
    CHECK(QueryError(optional + " }").find("operators in a row") != std::string::npos);
}
