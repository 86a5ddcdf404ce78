// LOAD and SERVICE, over another store and over documents that are only pretended.
#include "graph/sparql/outside.h"

#include <map>

#include "graph/sparql/test_rdf.h"

using namespace gyre;
using namespace gyre::graph;
using sparql::Check;
using sparql::Outside;
using sparql::TestRdf;

namespace {

/// Endpoints that are other stores, and documents by their names.
class Pretended final : public Outside {
  public:
    core::Result<Document> Read(const std::string& iri) override {
        const auto found = documents.find(iri);
        if (found == documents.end())
            return core::Fail(core::Code::kNotFound, iri + " is not there");
        return Document{found->second, syntax, iri};
    }
    core::Result<Results> Ask(const std::string& endpoint, const std::string& query) override {
        asked.push_back(query);
        const auto found = endpoints.find(endpoint);
        if (found == endpoints.end()) {
            return core::Fail(failure, endpoint + " does not answer");
        }
        const auto parsed = sparql::ParseQuery(query);
        if (!parsed) return core::Fail(parsed.error());
        const auto writer = sparql::MakeSolutionWriter(xml ? sparql::SolutionFormat::kXml
                                                           : sparql::SolutionFormat::kJson);
        GYRE_TRY(sparql::Answer(found->second.Store(), *parsed, found->second.Within(), *writer));
        return Results{writer->Take(), xml};
    }

    std::map<std::string, std::string> documents;
    rdf::RdfSyntax syntax = rdf::RdfSyntax::kTurtle;
    std::map<std::string, TestRdf> endpoints;
    std::vector<std::string> asked;
    bool xml = false;
    core::Code failure = core::Code::kUnavailable;
};

constexpr const char* kHere =
    "INSERT DATA { :ann :name \"Ann\" . :bob :name \"Bob\" . _:x :name \"X\" }";
constexpr const char* kThere =
    "INSERT DATA { :ann :age 34 ; :knows [ :age 1 ] . :bob :age 29 . :cid :age 40 , 41 }";

void Fill(TestRdf& here, Pretended& outside) {
    here.outside = &outside;
    REQUIRE(here.Update(kHere) == "");
    REQUIRE(outside.endpoints["http://there/"].Update(kThere) == "");
}

}  // namespace

TEST_CASE("SERVICE is joined with what is found here, which is sent along") {
    TestRdf here;
    Pretended outside;
    Fill(here, outside);
    for (const bool xml : {false, true}) {
        outside.xml = xml;
        Check(
            here,
            {{"SELECT ?n ?a { ?x :name ?n SERVICE <http://there/> { ?x :age ?a } } ORDER BY ?a",
              "\"Bob\" 29; \"Ann\" 34"},
             {"SELECT ?x ?a { SERVICE <http://there/> { ?x :age ?a FILTER(?a > 34) } } ORDER BY ?a",
              ":cid 40; :cid 41"},
             {"SELECT ?n ?a { ?x :name ?n OPTIONAL { SERVICE <http://there/> { ?x :age ?a } } } "
              "ORDER BY ?n",
              "\"Ann\" 34; \"Bob\" 29; \"X\" "},
             {"SELECT ?n ?a { ?x :name ?n OPTIONAL { SERVICE <http://there/> { ?x :age ?a } "
              "FILTER(?a > 30) } } ORDER BY ?n",
              "\"Ann\" 34; \"Bob\" ; \"X\" "},
             {"SELECT ?n { ?x :name ?n MINUS { SERVICE <http://there/> { ?x :age ?a } } }",
              "\"X\""},
             {"SELECT ?n { ?x :name ?n FILTER EXISTS { SERVICE <http://there/> { ?x :age 29 } } }",
              "\"Bob\""},
             {"SELECT (COUNT(*) AS ?n) { SERVICE <http://there/> { :cid :age 40 } }", "1"},
             {"ASK { SERVICE <http://there/> { :cid :age 39 } }", "false"},
             {"ASK { SERVICE <http://there/> { :cid :age 40 } }", "true"},
             {"SELECT ?m { SERVICE <http://there/> { SELECT (MAX(?a) AS ?m) { ?y :age ?a } } }",
              "41"},
             {"SELECT ?x { { ?x :name \"Ann\" } UNION { SERVICE <http://there/> { ?x :age 40 } } } "
              "ORDER BY ?x",
              ":ann; :cid"},
             {"SELECT ?b { VALUES (?x ?b) { (:ann 1) (UNDEF 2) } SERVICE <http://there/> { ?x :age "
              "29 } }",
              "2"}});
    }
    outside.asked.clear();
    Check(here, {{"SELECT ?a { ?x :name \"Ann\" SERVICE <http://there/> { ?x :age ?a } }", "34"}});
    REQUIRE(outside.asked.size() == 1);
    CHECK(outside.asked[0].find("VALUES ( ?x ) { ( <http://e/ann> ) }") != std::string::npos);
    CHECK(outside.asked[0].find("cid") == std::string::npos);
}

TEST_CASE("Many rows are asked for at once, each endpoint by itself") {
    TestRdf here;
    Pretended outside;
    Fill(here, outside);
    REQUIRE(outside.endpoints["http://other/"].Update("INSERT DATA { :ann :age 99 }") == "");
    std::string many = "INSERT DATA {";
    for (int i = 0; i < 1200; ++i) many += " :n" + std::to_string(i) + " :is :ann .";
    REQUIRE(here.Update(many + " <http://there/> :at :ann . <http://other/> :at :ann , :bob }") ==
            "");
    outside.asked.clear();
    Check(here, {{"SELECT (SUM(?a) AS ?s) { ?n :is ?x SERVICE <http://there/> { ?x :age ?a } }",
                  "40800"}});
    CHECK(outside.asked.size() == 3);
    Check(here, {{"SELECT ?e ?x ?a { ?e :at ?x SERVICE ?e { ?x :age ?a } } ORDER BY ?a",
                  "http://there/ :ann 34; http://other/ :ann 99"}});
    CHECK(here.Ask("SELECT * { SERVICE ?e { ?x :age ?a } }").find("has no IRI") !=
          std::string::npos);
}

TEST_CASE("An endpoint that fails fails the query, unless it is SILENT") {
    TestRdf here;
    Pretended outside;
    Fill(here, outside);
    CHECK(here.Ask("SELECT * { SERVICE <http://gone/> { ?x :age ?a } }") ==
          "error: http://gone/ does not answer");
    Check(here,
          {{"SELECT ?n ?a { ?x :name ?n SERVICE SILENT <http://gone/> { ?x :age ?a } } ORDER BY ?n",
            "\"Ann\" ; \"Bob\" ; \"X\" "},
           {"SELECT ?a { SERVICE SILENT <http://gone/> { ?x :age ?a } }", ""},
           {"SELECT (COUNT(*) AS ?n) { SERVICE SILENT <http://gone/> { ?x :age ?a } }", "1"}});
    // The query's own end is not the endpoint's.
    outside.failure = core::Code::kCancelled;
    CHECK(here.Ask("ASK { SERVICE SILENT <http://gone/> { ?x :age ?a } }").starts_with("error"));
    here.outside = nullptr;
    CHECK(here.Ask("ASK { SERVICE <http://there/> { ?x :age ?a } }").starts_with("error"));
    CHECK(here.Ask("ASK { SERVICE SILENT <http://there/> { ?x :age ?a } }") == "true");
}

TEST_CASE("An update's pattern asks other servers, too, and their blank nodes become new ones") {
    TestRdf here;
    Pretended outside;
    Fill(here, outside);
    REQUIRE(here.Update("INSERT { ?x :knows ?y . ?y :age ?a } WHERE { SERVICE <http://there/> "
                        "{ ?x :knows ?y . ?y :age ?a } }") == "");
    Check(here, {{"SELECT ?a { :ann :knows [ :age ?a ] }", "1"}});
}

TEST_CASE("LOAD puts a document into a graph") {
    TestRdf here;
    Pretended outside;
    here.outside = &outside;
    outside.documents["http://e/doc"] = "<#a> <p> 1 , _:b . _:b <p> 2 .";
    outside.documents["http://e/broken"] = "<#a> <p> 3 .\n<#a> <p> .";
    REQUIRE(here.Update("LOAD :doc") == "");
    REQUIRE(here.Update("LOAD <http://e/doc> INTO GRAPH :g ; LOAD SILENT :none INTO GRAPH :h") ==
            "");
    Check(here, {{"SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s :p ?o } } GROUP BY ?g ORDER BY ?n",
                  "http://aws.amazon.com/neptune/vocab/v01/DefaultNamedGraph 3; :g 3"},
                 {"SELECT ?o { GRAPH :g { <http://e/doc#a> :p [ :p ?o ] } }", "2"}});
    CHECK(here.Update("LOAD :broken INTO GRAPH :g").find("line 2") != std::string::npos);
    CHECK(here.Update("INSERT DATA { :x :y :z } ; LOAD :none").find("is not there") !=
          std::string::npos);
    // A SILENT one that breaks off leaves nothing, and what comes after it is done.
    REQUIRE(here.Update("LOAD SILENT :broken INTO GRAPH :g ; INSERT DATA { :x :after :z }") == "");
    Check(here, {{"SELECT ?o { GRAPH :g { ?s :p ?o FILTER(?o = 3) } }", ""},
                 {"ASK { :x :y :z }", "false"},
                 {"ASK { :x :after :z }", "true"}});
    outside.syntax = rdf::RdfSyntax::kTrig;
    outside.documents["http://e/quads"] = "<s> <p> 7 . <other> { <s> <p> 8 }";
    REQUIRE(here.Update("LOAD :quads") == "");
    REQUIRE(here.Update("LOAD :quads INTO GRAPH :all") == "");
    Check(here, {{"SELECT ?g ?o { GRAPH ?g { :s :p ?o } } ORDER BY ?g ?o",
                  "http://aws.amazon.com/neptune/vocab/v01/DefaultNamedGraph 7; :all 7; :all 8; "
                  ":other 8"}});
    here.limits.max_held = 2;
    CHECK(here.Update("LOAD :doc INTO GRAPH :big").find("gathers more") != std::string::npos);
}

TEST_CASE("Explain tells what updates do, and with measures leaves nothing behind") {
    TestRdf here;
    REQUIRE(here.Update(kHere) == "");
    const auto request = sparql::ParseUpdate(
        "PREFIX : <http://e/> DELETE { ?x :name ?n } INSERT { ?x :label ?n } WHERE { ?x :name ?n } "
        ";"
        "INSERT DATA { :a :b :c } ; CLEAR GRAPH :g ; MOVE DEFAULT TO GRAPH :h ; LOAD SILENT :gone");
    REQUIRE(request);
    for (const bool runs : {false, true}) {
        const auto told = sparql::Explain(here.Store(), *request, here.Within(), runs);
        REQUIRE(told);
        std::vector<std::string> names;
        for (const auto& step : told->steps)
            names.push_back(step.name.substr(0, step.name.find('(')));
        CHECK(names == std::vector<std::string>{"Scan", "Delete", "Insert", "Insert", "Clear",
                                                "Move", "Load"});
        if (runs) {
            CHECK(told->steps[0].counts[0].second == 3);
            CHECK(told->steps[1].counts[0].second == 3);
            CHECK(told->steps[2].counts[0].second == 3);
        }
    }
    Check(here,
          {{"SELECT (COUNT(*) AS ?n) { ?x :name ?y }", "3"}, {"ASK { ?x :label ?y }", "false"}});
}
