// LOAD ("SPARQL 1.1 Update", 3.1.4).
#include "graph/sparql/load_document.h"

#include <functional>
#include <optional>
#include <string_view>

#include "graph/rdf/document_terms.h"

namespace gyre::graph::sparql {
namespace {

using core::Code;

/// Errors: kInvalidArgument, naming the line; those of `take`.
core::Status ReadStatements(const Outside::Document& document,
                            const std::function<core::Status(const rdf::Statement&)>& take) {
    GYRE_ASSIGN(const std::optional<rdf::ReadError> wrong,
                rdf::ReadRdfText(document.text, document.syntax, document.base, take));
    if (!wrong) return {};
    return core::Fail(
        Code::kInvalidArgument, "BadRequestException",
        document.base + ", line " + std::to_string(wrong->line) + ": " + wrong->message);
}

}  // namespace

core::Result<Documents> ReadDocuments(const UpdateRequest& request, Outside* outside) {
    Documents documents;
    for (const Update& update : request.operations) {
        if (update.kind != Update::Kind::kLoad) continue;
        core::Result<Outside::Document> document =
            outside != nullptr
                ? outside->Read(update.source.iri)
                : core::Fail(Code::kUnimplemented, "UnsupportedOperationException",
                             "LOAD is not possible here: POST the file's place to /loader");
        core::Status sound;
        if (!document) {
            sound = core::Fail(document.error());
        } else if (update.silent) {
            // One that breaks off is not to leave its beginning behind.
            sound = ReadStatements(*document, [](const rdf::Statement&) { return core::Status(); });
        }
        if (sound) {
            documents.emplace(&update, std::move(*document));
            continue;
        }
        const Code code = sound.error().code;
        const bool stops = code == Code::kDeadlineExceeded || code == Code::kCancelled;
        if (!update.silent || stops) return core::Fail(sound.error());
    }
    return documents;
}

core::Status AddDocument(rdf::Quads& quads, exec::Context& budget,
                         const Outside::Document& document, const std::string& into) {
    rdf::DocumentTerms id(quads);
    const rdf::TermId graph =
        quads.Intern(rdf::Iri(into.empty() ? std::string_view(rdf::kDefaultGraph) : into));
    return ReadStatements(document, [&](const rdf::Statement& one) -> core::Status {
        budget.Hold();
        if (!budget.GoOn()) return core::Fail(budget.Failure());
        const bool named = one.graph && into.empty();
        quads.Add(
            {id(one.subject), id(one.predicate), id(one.object), named ? id(*one.graph) : graph});
        return {};
    });
}

}  // namespace gyre::graph::sparql
