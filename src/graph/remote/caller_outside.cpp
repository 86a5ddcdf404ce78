#include "graph/remote/caller_outside.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/gzip.h"
#include "graph/rdf/iri.h"

namespace gyre::graph::remote {
namespace {

using core::Code;
using rdf::RdfSyntax;

constexpr int kMostRedirects = 5;
constexpr size_t kPiece = 256 * 1024;
constexpr std::string_view kResultTypes =
    "application/sparql-results+json, application/sparql-results+xml;q=0.8";
constexpr std::string_view kDocumentTypes =
    "text/turtle, application/n-triples, application/n-quads, application/trig, "
    "application/rdf+xml;q=0.9, */*;q=0.1";

std::string MediaType(std::string_view field) {
    field = field.substr(0, field.find(';'));
    while (field.ends_with(' ')) field.remove_suffix(1);
    std::string type(field);
    std::ranges::transform(type, type.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    return type;
}

bool Redirects(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

core::Error TooLarge(const std::string& what, uint64_t most) {
    return {Code::kResourceExhausted, "QueryLimitExceededException",
            what + " has more than " + std::to_string(most) +
                " bytes (graph.remote_max_mb in the configuration)"};
}

core::Result<std::string> Unpacked(std::string text, const std::string& iri, uint64_t most) {
    auto plain = core::Gunzip(text, most);
    if (plain) return std::move(*plain);
    if (plain.error().code == Code::kResourceExhausted) return core::Fail(TooLarge(iri, most));
    return core::Fail(std::move(plain.error()).In(iri));
}

}  // namespace

std::optional<RdfSyntax> SyntaxOf(const std::string& media_type, const std::string& name) {
    constexpr std::array kByType = {std::pair{"text/turtle", RdfSyntax::kTurtle},
                                    std::pair{"application/x-turtle", RdfSyntax::kTurtle},
                                    std::pair{"text/n3", RdfSyntax::kTurtle},
                                    std::pair{"text/rdf+n3", RdfSyntax::kTurtle},
                                    std::pair{"application/n-triples", RdfSyntax::kNTriples},
                                    std::pair{"application/n-quads", RdfSyntax::kNQuads},
                                    std::pair{"text/x-nquads", RdfSyntax::kNQuads},
                                    std::pair{"application/trig", RdfSyntax::kTrig},
                                    std::pair{"application/x-trig", RdfSyntax::kTrig},
                                    std::pair{"application/rdf+xml", RdfSyntax::kRdfXml}};
    for (const auto& [type, syntax] : kByType) {
        if (media_type == type) return syntax;
    }
    constexpr std::array kByName = {
        std::pair{".ttl", RdfSyntax::kTurtle},  std::pair{".n3", RdfSyntax::kTurtle},
        std::pair{".nt", RdfSyntax::kNTriples}, std::pair{".nq", RdfSyntax::kNQuads},
        std::pair{".trig", RdfSyntax::kTrig},   std::pair{".rdf", RdfSyntax::kRdfXml},
        std::pair{".owl", RdfSyntax::kRdfXml},  std::pair{".xml", RdfSyntax::kRdfXml}};
    std::string_view plain = name;
    if (plain.ends_with(".gz")) plain.remove_suffix(3);
    for (const auto& [end, syntax] : kByName) {
        if (plain.ends_with(end)) return syntax;
    }
    if (media_type == "application/xml" || media_type == "text/xml") return RdfSyntax::kRdfXml;
    if (media_type == "text/plain") return RdfSyntax::kNTriples;
    return std::nullopt;
}

core::Status CallerOutside::Alive() const {
    if (options_.cancel.Cancelled()) {
        return core::Fail(Code::kCancelled, "CancelledByUserException", "the query was cancelled");
    }
    if (options_.clock.Now() >= options_.deadline) {
        return core::Fail(Code::kDeadlineExceeded, "TimeLimitExceededException",
                          "the query has taken longer than it may");
    }
    return {};
}

core::Result<sparql::Outside::Document> CallerOutside::Read(const std::string& iri) {
    GYRE_TRY(Alive());
    // S3's names on the web, which Neptune wants, mean the platform's own S3.
    const auto object = objects::S3Uri::Parse(iri);
    if (object && !object->key.empty()) return ReadObject(*object);
    if (iri.starts_with("s3:")) {
        return core::Fail(Code::kInvalidArgument, "BadRequestException",
                          object ? "<" + iri + "> names no object" : object.error().message);
    }
    return ReadWeb(iri);
}

core::Result<sparql::Outside::Document> CallerOutside::ReadObject(const objects::S3Uri& uri) {
    const std::string name = "s3://" + uri.bucket + "/" + uri.key;
    if (options_.settings.objects == nullptr) {
        return core::Fail(Code::kUnimplemented, "UnsupportedOperationException",
                          "this server has no S3 to read " + name + " from");
    }
    if (options_.may_get) GYRE_TRY(options_.may_get("arn:aws:s3:::" + uri.bucket + "/" + uri.key));
    const auto failed = [&](core::Error error) {
        error.wire_name = error.code == Code::kNotFound           ? "ResourceNotFoundException"
                          : error.code == Code::kPermissionDenied ? "AccessDeniedException"
                                                                  : "BadRequestException";
        error.http_status = 0;
        return core::Fail(std::move(error).In(name));
    };
    auto data = options_.settings.objects->Get(uri.bucket, uri.key);
    if (!data) return failed(std::move(data.error()));
    const uint64_t most = options_.settings.max_bytes;
    if (data->info.size > most) return core::Fail(TooLarge(name, most));
    Document document;
    std::string piece(kPiece, '\0');
    while (true) {
        GYRE_TRY(Alive());
        const auto got = data->body->Read(piece);
        if (!got) return failed(got.error());
        if (*got == 0) break;
        document.text.append(piece.data(), *got);
    }
    const auto encoding = data->info.system_metadata.find("Content-Encoding");
    const bool packed = uri.key.ends_with(".gz") || (encoding != data->info.system_metadata.end() &&
                                                     encoding->second == "gzip");
    if (packed) {
        GYRE_ASSIGN(document.text, Unpacked(std::move(document.text), name, most));
    }
    const auto syntax = SyntaxOf(MediaType(data->info.content_type), uri.key);
    if (!syntax) {
        return core::Fail(Code::kInvalidArgument, "BadRequestException",
                          name +
                              ": neither its content type nor its name is one of RDF (.nt, .nq, "
                              ".ttl, .trig, .rdf)");
    }
    document.syntax = *syntax;
    document.base = name;
    return document;
}

core::Result<sparql::Outside::Document> CallerOutside::ReadWeb(const std::string& iri) {
    net::ClientRequest request;
    request.headers.Add("Accept", std::string(kDocumentTypes));
    Document document;
    document.base = iri;
    GYRE_ASSIGN(net::Response response, Fetch(document.base, request));
    if (response.status != 200) {
        return core::Fail(response.status == 404 ? Code::kNotFound : Code::kUnavailable,
                          "BadRequestException",
                          document.base + " answers " + std::to_string(response.status));
    }
    const std::string path = document.base.substr(0, document.base.find_first_of("?#"));
    document.text = std::move(response.body);
    const bool packed = path.ends_with(".gz") ||
                        net::EqualsIgnoreCase(response.headers.Get("Content-Encoding"), "gzip");
    if (packed) {
        GYRE_ASSIGN(document.text,
                    Unpacked(std::move(document.text), iri, options_.settings.max_bytes));
    }
    const std::string type = MediaType(response.headers.Get("Content-Type"));
    const auto syntax = SyntaxOf(type, path);
    if (!syntax) {
        return core::Fail(Code::kInvalidArgument, "BadRequestException",
                          document.base + " is '" + type + "', which is no RDF that is known here");
    }
    document.syntax = *syntax;
    return document;
}

core::Result<sparql::Outside::Results> CallerOutside::Ask(const std::string& endpoint,
                                                          const std::string& query) {
    net::ClientRequest request;
    request.method = "POST";
    request.headers.Add("Accept", std::string(kResultTypes));
    request.headers.Add("Content-Type", "application/x-www-form-urlencoded");
    request.body = "query=" + net::PercentEncode(query);
    std::string at = endpoint;
    GYRE_ASSIGN(net::Response response, Fetch(at, request));
    if (response.status != 200) {
        return core::Fail(Code::kUnavailable, "BadRequestException",
                          "SERVICE: " + at + " answers " + std::to_string(response.status) + ": " +
                              response.body.substr(0, 500));
    }
    const std::string type = MediaType(response.headers.Get("Content-Type"));
    const bool json = type == "application/sparql-results+json" || type == "application/json";
    const bool xml =
        type == "application/sparql-results+xml" || type == "application/xml" || type == "text/xml";
    if (!json && !xml) {
        return core::Fail(
            Code::kUnavailable, "BadRequestException",
            "SERVICE: " + at + " answers '" + type + "', and neither SPARQL's JSON nor its XML");
    }
    return Results{std::move(response.body), xml};
}

core::Result<net::Response> CallerOutside::Fetch(std::string& iri,
                                                 const net::ClientRequest& request) {
    for (int sent_on = 0; sent_on <= kMostRedirects; ++sent_on) {
        GYRE_TRY(Alive());
        GYRE_ASSIGN(const WebAddress address, ParseWebAddress(iri));
        GYRE_TRY(options_.settings.hosts.Allows(address));
        GYRE_ASSIGN(net::HttpClient* const client, ClientOf(address));
        net::ClientRequest one = request;
        one.target = address.target;
        one.headers.Set("Host", address.HostField());
        const auto left =
            std::chrono::ceil<core::milliseconds>(options_.deadline - options_.clock.Now());
        auto response = client->Send(one, left);
        if (!response) {
            core::Error error = std::move(response.error());
            if (error.code == Code::kResourceExhausted) {
                return core::Fail(TooLarge(iri, options_.settings.max_bytes));
            }
            if (error.code == Code::kDeadlineExceeded || error.code == Code::kCancelled) {
                GYRE_TRY(Alive());
            }
            if (error.code == Code::kPermissionDenied) {
                error.message +=
                    ": its name leads into a private network (graph.remote_private in the "
                    "configuration)";
            }
            error.wire_name = error.code == Code::kPermissionDenied ? "AccessDeniedException"
                                                                    : "BadRequestException";
            return core::Fail(std::move(error).In(iri));
        }
        if (!Redirects(response->status)) return response;
        // What is posted is posted again only where that was asked for.
        if (request.method != "GET" && response->status != 307 && response->status != 308) {
            return response;
        }
        const std::string_view to = response->headers.Get("Location");
        if (to.empty()) return response;
        iri = rdf::ResolveIri(iri, to);
    }
    return core::Fail(Code::kUnavailable, "BadRequestException", iri + " is sent on too often");
}

core::Result<net::HttpClient*> CallerOutside::ClientOf(const WebAddress& address) {
    std::string origin = (address.secure ? "https://" : "http://") + address.Place();
    const auto known = clients_.find(origin);
    if (known != clients_.end()) return known->second.get();
    net::HttpClientOptions options;
    if (address.secure) {
        auto tls = options_.settings.tls.Lock();
        if (!*tls) {
            GYRE_ASSIGN(*tls, net::TlsClient::Trusting(options_.settings.authorities));
        }
        options.tls = *tls;
    }
    options.max_body = options_.settings.max_bytes;
    options.cancel = options_.cancel;
    options.may_connect = [this, address](const std::string& ip) {
        return options_.settings.hosts.MayConnect(address, ip);
    };
    auto client = std::make_unique<net::HttpClient>(address.Place(), std::move(options));
    return clients_.emplace(std::move(origin), std::move(client)).first->second.get();
}

}  // namespace gyre::graph::remote
