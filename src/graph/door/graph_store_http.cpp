#include "graph/door/graph_store_http.h"

#include <array>
#include <optional>

#include "core/digest.h"
#include "graph/door/accept.h"
#include "graph/door/form_parts.h"
#include "graph/rdf/document_terms.h"
#include "graph/rdf/iri.h"
#include "graph/rdf/reader.h"
#include "graph/rdf/writer.h"
#include "graph/sparql/run.h"

namespace gyre::graph::door {
namespace {

using core::Code;

constexpr std::string_view kStorePath = "/sparql/gsp/";
constexpr std::array<std::string_view, 5> kWholeGraphTypes = {
    "text/turtle", "application/n-triples", "application/n-quads", "application/rdf+xml",
    "application/trig"};
constexpr std::array<rdf::GraphFormat, 5> kWholeGraphFormats = {
    rdf::GraphFormat::kTurtle, rdf::GraphFormat::kNTriples, rdf::GraphFormat::kNQuads,
    rdf::GraphFormat::kRdfXml, rdf::GraphFormat::kTrig};

tl::unexpected<core::Error> RefusedGraph(std::string message) {
    return core::Fail(Code::kInvalidArgument, "BadRequestException", std::move(message));
}

std::string SchemeAndHost(const net::RequestHead& head) {
    return std::string(head.secure ? "https://" : "http://") +
           std::string(head.headers.Get("Host"));
}

/// Whether a request is to the store itself: what is posted there becomes a new graph.
bool IsForStore(const net::RequestHead& head) {
    return head.query.empty() &&
           (head.path == kStorePath || head.path == kStorePath.substr(0, kStorePath.size() - 1));
}

/// The graph that a request is about; none: the default graph. What is below the store is a graph
/// of the name that it was asked by ("direct graph identification").
core::Result<std::optional<std::string>> GraphOf(const net::RequestHead& head) {
    if (head.path.size() > kStorePath.size()) return SchemeAndHost(head) + head.path;
    const auto members = net::ParseQuery(head.query);
    if (!members) return RefusedGraph("broken escape");
    std::optional<std::string> graph;
    bool defaults = false;
    for (const auto& [key, value] : *members) {
        if (key == "graph") graph = value;
        if (key == "default") defaults = true;
    }
    if (graph.has_value() == defaults)
        return RefusedGraph("either ?default or ?graph=IRI is needed");
    if (graph && !rdf::IsAbsoluteIri(*graph)) return RefusedGraph("graph is an absolute IRI");
    return graph;
}

core::Result<rdf::RdfSyntax> SyntaxOf(std::string_view type) {
    const auto is = [&](std::string_view name) {
        return net::EqualsIgnoreCase(type.substr(0, name.size()), name);
    };
    if (type.empty() || is("text/turtle") || is("application/x-turtle")) {
        return rdf::RdfSyntax::kTurtle;
    }
    if (is("application/n-triples") || is("text/plain")) return rdf::RdfSyntax::kNTriples;
    if (is("application/rdf+xml")) return rdf::RdfSyntax::kRdfXml;
    if (is("application/n-quads") || is("text/x-nquads")) return rdf::RdfSyntax::kNQuads;
    if (is("application/trig")) return rdf::RdfSyntax::kTrig;
    core::Error error(Code::kInvalidArgument, "BadRequestException",
                      "the body is text/turtle, application/n-triples, application/rdf+xml, "
                      "application/n-quads, application/trig, or multipart/form-data of these");
    error.http_status = 415;
    return core::Fail(std::move(error));
}

/// What a body brings; views into it.
struct Brought {
    std::string_view text;
    rdf::RdfSyntax syntax = rdf::RdfSyntax::kTurtle;
};

core::Result<std::vector<Brought>> BroughtBy(const net::RequestHead& head,
                                             const std::string& body) {
    const std::string_view type = head.headers.Get("Content-Type");
    constexpr std::string_view kForm = "multipart/form-data";
    std::vector<Brought> brought;
    if (!net::EqualsIgnoreCase(type.substr(0, kForm.size()), kForm)) {
        GYRE_ASSIGN(const rdf::RdfSyntax syntax, SyntaxOf(type));
        brought.push_back({body, syntax});
        return brought;
    }
    const auto parts = FormParts(type, body);
    if (!parts) return RefusedGraph("the body is no multipart/form-data of the given boundary");
    for (const FormPart& part : *parts) {
        GYRE_ASSIGN(const rdf::RdfSyntax syntax, SyntaxOf(part.type));
        brought.push_back({part.body, syntax});
    }
    return brought;
}

tl::unexpected<core::Error> NoSuchGraph(const std::optional<std::string>& graph) {
    return core::Fail(Code::kNotFound, "ResourceNotFoundException",
                      graph ? "there is no graph <" + *graph + ">" : "the default graph is empty");
}

net::Response BareAnswer(int status) {
    net::Response response;
    response.status = status;
    return response;
}

/// One request at work.
class WholeGraph {
  public:
    WholeGraph(GraphStore& store, const GremlinService& service, std::optional<std::string> graph,
               rdf::DefaultGraph kind)
        : store_(store),
          clock_(*service.clock),
          deadline_(service.clock->Now() + service.timeout),
          graph_(std::move(graph)),
          kind_(kind) {}

    core::Result<net::Response> Read(const net::RequestHead& head) {
        const auto type = Negotiate(head.headers.Get("Accept"), kWholeGraphTypes);
        if (!type) {
            core::Error error(Code::kInvalidArgument, "BadRequestException",
                              "none of the types in Accept is served");
            error.http_status = 406;
            return core::Fail(std::move(error));
        }
        const auto snapshot = store_.Read();
        rdf::Quads quads(*snapshot);
        const auto writer = rdf::MakeTripleWriter(kWholeGraphFormats[*type]);
        rdf::Quad wanted;
        const bool all = !graph_ && kind_ == rdf::DefaultGraph::kUnion;
        if (!all) {
            const auto id = quads.Find(rdf::Iri(graph_.value_or(std::string(rdf::kDefaultGraph))));
            if (!id && graph_) return NoSuchGraph(graph_);
            wanted.graph = id.value_or(rdf::MakeId(rdf::Tag::kOwnIri, 0));  // which none has
        }
        sparql::TripleScan scan(quads.Scan(wanted), nullptr, all);
        rdf::Quad quad;
        bool any = false;
        while (scan.Next(quad)) {
            GYRE_TRY(InTime());
            any = true;
            writer->Write(quads.Read(quad.subject), quads.Read(quad.predicate),
                          quads.Read(quad.object));
        }
        GYRE_TRY(snapshot->Health());
        if (!any && graph_) return NoSuchGraph(graph_);
        net::Response response;
        GYRE_ASSIGN(response.body, writer->Finish());
        const bool is_text = kWholeGraphTypes[*type].starts_with("text/");
        response.headers.Add("Content-Type", std::string(kWholeGraphTypes[*type]) +
                                                 (is_text ? "; charset=utf-8" : ""));
        return response;
    }

    /// PUT (`replace`), POST, and DELETE, which brings nothing.
    core::Result<net::Response> Write(const std::optional<std::vector<Brought>>& brought,
                                      bool replace) {
        const auto graph = store_.Write(deadline_);
        if (!graph) {
            return core::Fail(Code::kConflict, "ConcurrentModificationException",
                              "another transaction has been writing for all of this time");
        }
        rdf::Quads quads(*graph);
        const rdf::TermId id =
            quads.Intern(rdf::Iri(graph_.value_or(std::string(rdf::kDefaultGraph))));
        const bool there = quads.CountGraph(id) > 0;
        if (!brought && !there && graph_) return NoSuchGraph(graph_);
        if (replace) GYRE_TRY(Clear(quads, id));
        if (brought) {
            for (const Brought& one : *brought) {
                GYRE_TRY(Insert(quads, id, one.text, one.syntax));
            }
        }
        quads.Flush();
        GYRE_TRY(graph->Health());
        GYRE_TRY(graph->Commit());
        return BareAnswer(brought && !there ? 201 : 204);
    }

  private:
    core::Status InTime() {
        if ((++steps_ & 0xFF) != 0 || clock_.Now() < deadline_) return {};
        return core::Fail(Code::kDeadlineExceeded, "TimeLimitExceededException",
                          "the request has taken longer than a query may");
    }

    core::Status Clear(rdf::Quads& quads, rdf::TermId graph) {
        std::vector<rdf::Quad> gone;
        rdf::QuadScan scan = quads.Scan({rdf::kNoTerm, rdf::kNoTerm, rdf::kNoTerm, graph});
        rdf::Quad quad;
        while (scan.Next(quad)) {
            GYRE_TRY(InTime());
            gone.push_back(quad);
        }
        for (const rdf::Quad& one : gone) quads.Remove(one);
        return {};
    }

    core::Status Insert(rdf::Quads& quads, rdf::TermId graph, std::string_view text,
                        rdf::RdfSyntax syntax) {
        rdf::DocumentTerms id(quads);
        const auto take = [&](const rdf::Statement& one) -> core::Status {
            GYRE_TRY(InTime());
            // A body's own graphs are written, too ("Special details of the Neptune GSP
            // implementation").
            quads.Add({id(one.subject), id(one.predicate), id(one.object),
                       one.graph ? id(*one.graph) : graph});
            return {};
        };
        GYRE_ASSIGN(const std::optional<rdf::ReadError> wrong,
                    rdf::ReadRdfText(text, syntax, graph_.value_or(""), take));
        if (!wrong) return {};
        return RefusedGraph("line " + std::to_string(wrong->line) + ": " + wrong->message);
    }

    GraphStore& store_;
    const core::Clock& clock_;
    const core::SteadyTime deadline_;
    const std::optional<std::string> graph_;
    const rdf::DefaultGraph kind_;
    uint64_t steps_ = 0;
};

}  // namespace

core::Result<net::Response> ServeGraphStore(const net::RequestHead& head, const std::string& body,
                                            const GremlinService& service,
                                            const gremlin::Permissions& permissions) {
    const bool reads = head.method == "GET" || head.method == "HEAD";
    const bool adds = head.method == "PUT" || head.method == "POST";
    const bool removes = head.method == "PUT" || head.method == "DELETE";
    if (!reads && !adds && !removes) {
        return core::Fail(Code::kInvalidArgument, "MethodNotAllowedException",
                          "a graph takes GET, HEAD, PUT, POST and DELETE");
    }
    if ((adds && !permissions.write) || (removes && !permissions.remove)) {
        return core::Fail(Code::kPermissionDenied, "AccessDeniedException",
                          "not allowed: neptune-db:WriteDataViaQuery or DeleteDataViaQuery");
    }
    const bool creates = head.method == "POST" && IsForStore(head);
    std::optional<std::string> graph;
    if (creates) {
        graph = SchemeAndHost(head) + std::string(kStorePath) + core::RandomUuid();
    } else {
        GYRE_ASSIGN(graph, GraphOf(head));
    }
    const std::string location = creates ? *graph : "";
    const auto store = service.graphs->Find("g");
    GYRE_TRY(store->Serves(!reads, service.clock->Now()));
    WholeGraph request(*store, service, std::move(graph), service.graphs->DefaultGraphOf("g"));
    if (reads) return request.Read(head);
    if (!adds) return request.Write(std::nullopt, true);
    GYRE_ASSIGN(auto brought, BroughtBy(head, body));
    GYRE_ASSIGN(net::Response response, request.Write(std::move(brought), head.method == "PUT"));
    if (creates) response.headers.Add("Location", location);
    return response;
}

}  // namespace gyre::graph::door
