#include "graph/door/sparql_description.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "graph/door/accept.h"
#include "graph/rdf/writer.h"

namespace gyre::graph::door {
namespace {

constexpr std::string_view kSd = "http://www.w3.org/ns/sparql-service-description#";
constexpr std::string_view kFormats = "http://www.w3.org/ns/formats/";
constexpr std::array<std::string_view, 5> kDescriptionTypes = {
    "text/turtle", "application/rdf+xml", "application/n-triples", "application/n-quads",
    "application/trig"};
constexpr std::array<rdf::GraphFormat, 5> kDescriptionFormats = {
    rdf::GraphFormat::kTurtle, rdf::GraphFormat::kRdfXml, rdf::GraphFormat::kNTriples,
    rdf::GraphFormat::kNQuads, rdf::GraphFormat::kTrig};

rdf::Term Named(std::string_view vocabulary, std::string_view name) {
    return rdf::Iri(std::string(vocabulary) + std::string(name));
}

}  // namespace

std::optional<core::Result<net::Response>> DescribeService(const net::RequestHead& head,
                                                           rdf::DefaultGraph kind) {
    const std::string_view accept = head.headers.Get("Accept");
    const bool wanted = std::ranges::any_of(kDescriptionTypes, [&](std::string_view type) {
        return accept.find(type) != std::string_view::npos;
    });
    if (head.method != "GET" || !head.query.empty() || !wanted) return std::nullopt;
    const auto type = Negotiate(accept, kDescriptionTypes);
    if (!type) return std::nullopt;
    const auto writer = rdf::MakeTripleWriter(kDescriptionFormats[*type]);
    const rdf::Term service = rdf::Blank("service"), dataset = rdf::Blank("dataset"),
                    graph = rdf::Blank("graph"), is_a = rdf::Iri(rdf::kRdfType);
    const auto say = [&](const rdf::Term& subject, std::string_view link, const rdf::Term& object) {
        writer->Write(subject, Named(kSd, link), object);
    };
    writer->Write(service, is_a, Named(kSd, "Service"));
    say(service, "endpoint",
        rdf::Iri((head.secure ? "https://" : "http://") + std::string(head.headers.Get("Host")) +
                 head.path));
    for (const char* language : {"SPARQL11Query", "SPARQL11Update"}) {
        say(service, "supportedLanguage", Named(kSd, language));
    }
    for (const char* format :
         {"SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV",
          "N-Triples", "N-Quads", "Turtle", "TriG", "RDF_XML"}) {
        say(service, "resultFormat", Named(kFormats, format));
    }
    for (const char* format : {"N-Triples", "N-Quads", "Turtle", "TriG", "RDF_XML"}) {
        say(service, "inputFormat", Named(kFormats, format));
    }
    say(service, "feature", Named(kSd, "BasicFederatedQuery"));
    if (kind == rdf::DefaultGraph::kUnion) {
        say(service, "feature", Named(kSd, "UnionDefaultGraph"));
    }
    say(service, "defaultDataset", dataset);
    writer->Write(dataset, is_a, Named(kSd, "Dataset"));
    say(dataset, "defaultGraph", graph);
    writer->Write(graph, is_a, Named(kSd, "Graph"));
    net::Response response;
    auto text = writer->Finish();
    if (!text) return core::Fail(text.error());
    response.body = std::move(*text);
    response.headers.Add("Content-Type", std::string(kDescriptionTypes[*type]));
    return response;
}

}  // namespace gyre::graph::door
