#include "graph/sparql/test_rdf.h"

using namespace gyre;
using namespace gyre::graph;
using sparql::Check;
using sparql::TestRdf;

namespace {

constexpr const char* kPeople = R"(INSERT DATA {
    :ann a :Person ; :name "Ann" ; :age 34 ; :knows :bob , :cid .
    :bob a :Person ; :name "Bob"@en ; :age 29 ; :knows :cid .
    :cid a :Person ; :name "Cid" ; :knows :ann .
    :dog a :Animal ; :name "Rex" ; :age 4.5 ; :of :ann })";

}  // namespace

TEST_CASE("Basic graph patterns are joined, and a variable that stands twice is one term") {
    TestRdf rdf;
    REQUIRE(rdf.Update(kPeople) == "");
    Check(rdf, {{"SELECT ?x { ?x a :Person ; :knows :cid } ORDER BY ?x", ":ann; :bob"},
                {"SELECT ?x ?n { ?x :knows ?y . ?y :knows ?x . ?x :name ?n } ORDER BY ?x",
                 ":ann \"Ann\"; :cid \"Cid\""},
                {"SELECT ?x { ?x :knows ?x }", ""},
                {"SELECT ?p { :dog ?p :ann }", ":of"},
                {"SELECT ?x { ?x :age 34 }", ":ann"},
                {"SELECT ?x { ?x :age 34.0 }", ""},
                {"SELECT ?x { ?x :age ?a FILTER(?a > 4.4 && ?a < 30) } ORDER BY ?a", ":dog; :bob"},
                {"SELECT ?x { ?x :nothing ?y }", ""},
                {"ASK { :ann :knows [ :knows :ann ] }", "true"},
                {"ASK { ?x :name \"Bob\" }", "false"},
                {"ASK {}", "true"}});
}

TEST_CASE("Parts that are optional, in one of several branches, or taken away") {
    TestRdf rdf;
    REQUIRE(rdf.Update(kPeople) == "");
    Check(rdf,
          {{"SELECT ?x ?a { ?x a :Person OPTIONAL { ?x :age ?a } } ORDER BY ?x",
            ":ann 34; :bob 29; :cid "},
           {"SELECT ?x ?a { ?x a :Person OPTIONAL { ?x :age ?a FILTER(?a > 30) } } ORDER BY ?x",
            ":ann 34; :bob ; :cid "},
           {"SELECT ?x { { ?x :age 29 } UNION { ?x :of :ann } } ORDER BY ?x", ":bob; :dog"},
           {"SELECT ?x { ?x a :Person MINUS { ?x :age ?a } }", ":cid"},
           {"SELECT ?x { ?x a :Person MINUS { ?y :of ?z } } ORDER BY ?x", ":ann; :bob; :cid"},
           {"SELECT ?x { ?x a :Person FILTER NOT EXISTS { ?x :age ?a } }", ":cid"},
           {"SELECT ?x { ?x :age ?a FILTER EXISTS { ?y :of ?x FILTER(?a = 34) } }", ":ann"},
           {"SELECT ?x ?b { ?x :age ?a BIND(?a * 2 AS ?b) FILTER(?b > 60) }", ":ann 68"},
           {"SELECT ?x { VALUES ?x { :bob :cid :nobody } ?x a :Person } ORDER BY ?x", ":bob; :cid"},
           {"SELECT ?x ?y { VALUES (?x ?y) { (:a UNDEF) (UNDEF :b) } }", ":a ;  :b"}});
}

TEST_CASE("Groups, aggregates and subselects") {
    TestRdf rdf;
    REQUIRE(rdf.Update(kPeople) == "");
    Check(
        rdf,
        {{"SELECT ?t (COUNT(*) AS ?n) { ?x a ?t } GROUP BY ?t ORDER BY ?t", ":Animal 1; :Person 3"},
         {"SELECT (SUM(?a) AS ?s) (AVG(?a) AS ?v) { ?x :age ?a }", "67.5 22.5"},
         {"SELECT (MIN(?a) AS ?l) (MAX(?a) AS ?m) { ?x :age ?a }", "4.5 34"},
         {"SELECT (COUNT(DISTINCT ?y) AS ?n) { ?x :knows ?y }", "3"},
         {"SELECT (GROUP_CONCAT(?n ; SEPARATOR=\"+\") AS ?all) "
          "{ SELECT ?n { ?x a :Person ; :name ?n } ORDER BY ?n }",
          "\"Ann+Cid+Bob\""},
         {"SELECT ?x (COUNT(?y) AS ?n) { ?x :knows ?y } GROUP BY ?x HAVING(COUNT(?y) > 1)",
          ":ann 2"},
         {"SELECT (COUNT(*) AS ?n) { ?x :nothing ?y }", "0"},
         {"SELECT ?x { { SELECT ?x { ?x :age ?a } ORDER BY DESC(?a) LIMIT 1 } ?x a :Person }",
          ":ann"},
         {"SELECT DISTINCT ?t { ?x a ?t } ORDER BY ?t OFFSET 1 LIMIT 1", ":Person"}});
}

TEST_CASE("Property paths, with paths of no length") {
    TestRdf rdf;
    REQUIRE(rdf.Update("INSERT DATA { :a :p :b . :b :p :c . :c :p :a . :c :q :d }") == "");
    Check(rdf, {{"SELECT ?x { :a :p/:p ?x }", ":c"},
                {"SELECT ?x { :a :p+ ?x } ORDER BY ?x", ":a; :b; :c"},
                {"SELECT ?x { :a (:p|:q)* ?x } ORDER BY ?x", ":a; :b; :c; :d"},
                {"SELECT ?x { ?x :p+/:q :d } ORDER BY ?x", ":a; :b; :c"},
                {"SELECT ?x { :b ^:p ?x }", ":a"},
                {"SELECT ?x { :c !:p ?x }", ":d"},
                {"SELECT ?x { :a !^:q ?x }", ":c"},
                {"SELECT ?x { :nowhere :p* ?x }", ":nowhere"},
                {"SELECT ?x { :c :q? ?x } ORDER BY ?x", ":c; :d"},
                {"ASK { :a :p* :c }", "true"},
                {"SELECT (COUNT(*) AS ?n) { ?x :p* ?y }", "10"}});
}

TEST_CASE("Long paths are walked alike node by node and from a table of their step") {
    TestRdf rdf;
    // A ring with a leaf at each node, and in two named graphs a chain each.
    std::string data = "INSERT DATA { ", one = "GRAPH :one { ", two = "GRAPH :two { ";
    const auto node = [](const char* kind, int i) { return kind + std::to_string(i); };
    for (int i = 0; i < 300; ++i) {
        data +=
            node(":n", i) + " :p " + node(":n", (i + 1) % 300) + " ; :q " + node(":m", i) + " . ";
        if (i < 200) one += node(":n", i) + " :r " + node(":n", i + 1) + " . ";
        if (i < 150) two += node(":n", i) + " :r " + node(":n", i + 2) + " . ";
    }
    REQUIRE(rdf.Update(data + one + "} " + two + "} }") == "");
    const auto count = [](const std::string& pattern) {
        return "SELECT (COUNT(*) AS ?n) { " + pattern + " }";
    };
    for (const auto& [pattern, rows] : std::initializer_list<std::pair<const char*, const char*>>{
             {":n0 :p+ ?x", "300"},
             {"?x :p+ :n7", "300"},
             {"?x :p* :n7", "300"},
             {"?x :p+ ?y", "90000"},
             {":n0 (:p|^:p)* ?x", "300"},
             {":n0 (:p|:q)* ?x", "600"},
             {"?x (:p|:q)+ :m9", "300"},
             {":n0 (!(:q|:r))+ ?x", "300"},
             {":n0 (:p/:p)+ ?x", "150"},
             {":n0 (!:p)+ :m0", "1"},
             {":n0 :p+ :n299", "1"},
             {":m0 :p+ ?x", "0"},
             {"GRAPH :one { :n0 :r+ ?x }", "200"},
             {"GRAPH :two { :n0 :r+ ?x }", "75"},
             {"GRAPH ?g { :n0 :r+ ?x }", "275"},
             {"GRAPH ?g { ?x :r+ :n100 }", "150"}}) {
        CAPTURE(std::string(pattern));
        CHECK(rdf.Ask(count(pattern)) == rows);
    }
}

TEST_CASE("The default graph is the union of all, or what was written without one") {
    const char* data =
        "INSERT DATA { :s :p 1 . GRAPH :g { :s :p 1 . :s :p 2 } GRAPH :h { :s :p 2 } }";
    TestRdf rdf;
    REQUIRE(rdf.Update(data) == "");
    Check(rdf, {{"SELECT ?o { :s :p ?o } ORDER BY ?o", "1; 2"},
                {"SELECT ?g { GRAPH ?g { :s :p 2 } } ORDER BY ?g", ":g; :h"},
                {"SELECT ?o { GRAPH :h { ?s ?p ?o } }", "2"},
                {"SELECT ?o FROM :h { ?s ?p ?o }", "2"},
                {"SELECT ?g FROM NAMED :h { GRAPH ?g { ?s ?p ?o } }", ":h"},
                {"SELECT ?g { GRAPH ?g { :s :p* 1 } } ORDER BY ?g",
                 "http://aws.amazon.com/neptune/vocab/v01/DefaultNamedGraph; :g"}});
    REQUIRE(rdf.Update("DELETE DATA { :s :p 2 }") == "");
    CHECK(rdf.Ask("SELECT ?g ?o { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g") ==
          "http://aws.amazon.com/neptune/vocab/v01/DefaultNamedGraph 1; "
          ":g 1");

    TestRdf apart(rdf::DefaultGraph::kExclusive);
    REQUIRE(apart.Update(data) == "");
    Check(apart, {{"SELECT ?o { :s :p ?o }", "1"},
                  {"SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g", ":g; :h"}});
    REQUIRE(apart.Update("DELETE WHERE { ?s ?p ?o }") == "");
    CHECK(apart.Ask("SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }") == "3");
}

TEST_CASE("Functions: texts, numbers, times and terms") {
    TestRdf rdf;
    const std::pair<const char*, const char*> cases[] = {
        {"1 + 2 * 3", "7"},
        {"7 / 2", "3.5"},
        {"1.0e0 + 1", "2.0E0"},
        {"0.1 + 0.2 = 0.3", "\"true\"^xsd:boolean"},
        {"1 / 0", ""},
        {"1.0e0 / 0", "\"INF\"^xsd:double"},
        {"STRLEN(\"h\u00e4\u00df\")", "3"},
        {"SUBSTR(\"foobar\", 4)", "\"bar\""},
        {"SUBSTR(\"foobar\"@en, 2, 3)", "\"oob\"@en"},
        {"UCASE(\"h\u00e4\")", "\"H\u00c4\""},
        {"STRBEFORE(\"abc\"@en, \"b\")", "\"a\"@en"},
        {"STRAFTER(\"abc\", \"x\")", "\"\""},
        {"CONCAT(\"a\"@en, \"b\"@en)", "\"ab\"@en"},
        {"CONCAT(\"a\"@en, \"b\")", "\"ab\""},
        {"ENCODE_FOR_URI(\"a b/\u00e4\")", "\"a%20b%2F%C3%A4\""},
        {"REPLACE(\"abcd\", \"b(.)\", \"[$1]\")", "\"a[c]d\""},
        {"REGEX(\"ABC\", \"^ab\", \"i\")", "\"true\"^xsd:boolean"},
        {"LANGMATCHES(\"en-GB\", \"EN\")", "\"true\"^xsd:boolean"},
        {"ROUND(2.5)", "3.0"},
        {"CEIL(-0.5)", "0.0"},
        {"ABS(-3)", "3"},
        {"xsd:integer(\"12\")", "12"},
        {"xsd:integer(\"x\")", ""},
        {"xsd:string(1.50)", "\"1.5\""},
        {"xsd:boolean(\"1\")", "\"true\"^xsd:boolean"},
        {"YEAR(\"2011-01-10T14:45:13.815-05:00\"^^xsd:dateTime)", "2011"},
        {"SECONDS(\"2011-01-10T14:45:13.815-05:00\"^^xsd:dateTime)", "13.815"},
        {"TZ(\"2011-01-10T14:45:13.815-05:00\"^^xsd:dateTime)", "\"-05:00\""},
        {"TIMEZONE(\"2011-01-10T14:45:13.815-05:00\"^^xsd:dateTime)",
         "\"-PT5H\"^xsd:dayTimeDuration"},
        {"\"2011-01-10T14:00:00Z\"^^xsd:dateTime = \"2011-01-10T15:00:00+01:00\"^^xsd:dateTime",
         "\"true\"^xsd:boolean"},
        {"MD5(\"abc\")", "\"900150983cd24fb0d6963f7d28e17f72\""},
        {"DATATYPE(\"x\"@en)", "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"},
        {"STRDT(\"5\", xsd:integer) = 5", "\"true\"^xsd:boolean"},
        {"IF(1 < 2, \"y\", \"n\")", "\"y\""},
        {"COALESCE(1/0, ?none, \"z\")", "\"z\""},
        {"2 IN (1, 1/0, 2)", "\"true\"^xsd:boolean"},
        {"2 IN (1, 1/0)", ""},
        {"1/0 || true", "\"true\"^xsd:boolean"},
        {"sameTerm(1, 1.0)", "\"false\"^xsd:boolean"},
        {"1 = 1.0", "\"true\"^xsd:boolean"},
        {"isNumeric(\"1\")", "\"false\"^xsd:boolean"},
    };
    for (const auto& [expression, value] : cases) {
        CAPTURE(std::string(expression));
        CHECK(rdf.Ask("SELECT (" + std::string(expression) + " AS ?v) {}") == value);
    }
}

TEST_CASE("Templates: CONSTRUCT and DESCRIBE") {
    TestRdf rdf;
    REQUIRE(rdf.Update(kPeople) == "");
    REQUIRE(rdf.Update("INSERT DATA { :house :door [ :colour \"red\" ] }") == "");
    CHECK(rdf.Ask("CONSTRUCT { ?y :knownBy ?x } { ?x :knows ?y FILTER(?y = :cid) }") ==
          ":cid :knownBy :ann .; :cid :knownBy :bob .");
    CHECK(rdf.Ask("CONSTRUCT { ?n :of ?x } { ?x :name ?n }") == "");
    CHECK(rdf.Ask("CONSTRUCT WHERE { :dog :of ?x }") == ":dog :of :ann .");
    const std::string house = rdf.Ask("DESCRIBE :house");
    CHECK(house.find(":house :door _:") != std::string::npos);
    CHECK(house.find(":colour \"red\"") != std::string::npos);
}

TEST_CASE("A query over its limits ends with the API's own error") {
    TestRdf rdf;
    std::string data = "INSERT DATA {";
    for (int i = 0; i < 100; ++i) data += " :s :p " + std::to_string(i) + " .";
    REQUIRE(rdf.Update(data + "}") == "");
    rdf.limits.max_held = 1000;
    const auto query = sparql::ParseQuery("SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?a ?d");
    REQUIRE(query);
    auto writer = sparql::MakeSolutionWriter(sparql::SolutionFormat::kJson);
    auto done = sparql::Answer(rdf.Store(), *query, rdf.Within(), *writer);
    REQUIRE_FALSE(done);
    CHECK(done.error().wire_name == "MemoryLimitExceededException");
    rdf.limits = {};
    rdf.limits.deadline = core::SystemClock().Now();
    done = sparql::Answer(rdf.Store(), *query, rdf.Within(), *writer);
    REQUIRE_FALSE(done);
    CHECK(done.error().wire_name == "TimeLimitExceededException");
}

TEST_CASE("A join looks for single matches, and reads the whole side when those are many") {
    TestRdf rdf;
    std::string data = "INSERT DATA {";
    for (int i = 0; i < 2000; ++i) {
        const std::string n = std::to_string(i);
        data += " :s" + n + " :p :o" + n + " . :s" + n + " :q " + n + " .";
        if (i % 2 == 0) data += " :s" + n + " :r " + n + " .";
    }
    REQUIRE(rdf.Update(data + "}") == "");
    Check(rdf, {{"SELECT (COUNT(*) AS ?n) { ?s :p ?o . ?s :q ?q }", "2000"},
                {"SELECT (COUNT(?r) AS ?n) { ?s :p ?o OPTIONAL { ?s :r ?r } }", "1000"},
                {"SELECT (COUNT(*) AS ?n) { ?s :p ?o MINUS { ?s :r ?r } }", "1000"},
                {"SELECT (COUNT(*) AS ?n) { ?s :p ?o . { ?s :q ?q } UNION { ?s :r ?q } }", "3000"},
                {"SELECT (COUNT(*) AS ?n) { ?s :p ?o FILTER NOT EXISTS { ?s :r ?r } }", "1000"}});
}

TEST_CASE("SPARQL tells how a query is carried out") {
    TestRdf rdf;
    REQUIRE(rdf.Update("INSERT DATA { :a :p :b, :c . :b :q 1 . :c :q 2 . :a :r 3 }") == "");
    const auto explain = [&](const std::string& text, bool runs) {
        const auto query = sparql::ParseQuery("PREFIX : <http://e/> " + text);
        REQUIRE(query);
        const auto metrics = sparql::Explain(rdf.Store(), *query, rdf.Within(), runs);
        REQUIRE(metrics);
        std::string steps;
        for (const Metrics& step : metrics->steps) {
            steps += (steps.empty() ? "" : " | ") + step.name + " " +
                     std::to_string(step.counts[0].second);
        }
        return steps;
    };
    const std::string joined = "SELECT DISTINCT ?x WHERE { :a :p ?x . ?x :q ?n FILTER(?n > 1) }";
    CHECK(explain(joined, false) ==
          "Scan(<http://e/a> <http://e/p> ?x; about 2 rows) 0 | "
          "Join(?x <http://e/q> ?n; about 2 rows) 0 | Filter(1 conditions) 0 | Project(?x) 0 | "
          "Distinct(?x) 0");
    CHECK(explain(joined, true) ==
          "Scan(<http://e/a> <http://e/p> ?x; about 2 rows) 2 | "
          "Join(?x <http://e/q> ?n; about 2 rows) 2 | Filter(1 conditions) 1 | Project(?x) 1 | "
          "Distinct(?x) 1");
    const std::string optional = explain(
        "SELECT ?s (COUNT(*) AS ?c) WHERE { ?s :p/:q* ?o OPTIONAL { ?s :r ?r } } GROUP BY "
        "?s ORDER BY ?c LIMIT 3",
        true);
    CAPTURE(optional);
    CHECK(optional.find("LeftJoin(?s <http://e/r> ?r;") != std::string::npos);
    CHECK(optional.find("<http://e/q>*") != std::string::npos);
    CHECK(optional.find("Group(by ?s) 1") != std::string::npos);
    CHECK(optional.find("Order(the first 3) 1") != std::string::npos);
    CHECK(optional.ends_with("Slice(3 from 0) 1"));
}

TEST_CASE("Neptune's hints are no patterns, and its time is heeded") {
    TestRdf rdf;
    REQUIRE(rdf.Update("PREFIX hint: <http://aws.amazon.com/neptune/vocab/v01/QueryHints#> "
                       "INSERT { :a :b :c } WHERE { hint:Query hint:queryTimeout \"900\" }") == "");
    Check(
        rdf,
        {{"PREFIX hint: <http://aws.amazon.com/neptune/vocab/v01/QueryHints#> "
          "SELECT ?x { hint:Query hint:joinOrder \"Ordered\" ; hint:queryTimeout 1000 . ?x :b :c . "
          "hint:Prior hint:rangeSafe true . { SELECT ?x { hint:SubQuery hint:evaluationStrategy "
          "\"BottomUp\" . ?x :b ?y } } }",
          ":a"}});
    const std::string hints = "PREFIX h: <http://aws.amazon.com/neptune/vocab/v01/QueryHints#> ";
    const auto query = sparql::ParseQuery(hints + "ASK { h:Query h:queryTimeout 10 . ?s ?p ?o }");
    REQUIRE(query);
    CHECK(*query->timeout_ms == 10);
    for (const char* wrong :
         {"ASK { h:Query h:queryTimeout 10 , 20 }", "ASK { h:Query h:queryTimeout ?x }",
          "ASK { h:Query h:queryTimeout \"soon\" }"}) {
        CHECK_FALSE(sparql::ParseQuery(hints + wrong));
    }
}
