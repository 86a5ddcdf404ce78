// Property paths.
#include "graph/sparql/detail/parser.h"

namespace gyre::graph::sparql::detail {
namespace {

std::shared_ptr<const PropertyPath> Link(std::string_view iri) {
    auto path = std::make_shared<PropertyPath>();
    path->link = rdf::Iri(iri);
    return path;
}

std::shared_ptr<const PropertyPath> Of(PathKind kind,
                                       std::vector<std::shared_ptr<const PropertyPath>> of) {
    auto path = std::make_shared<PropertyPath>();
    path->kind = kind;
    path->of = std::move(of);
    return path;
}

}  // namespace

core::Result<Parser::SharedPath> Parser::Path() {
    GYRE_TRY(Enter());
    std::vector<SharedPath> branches;
    do {
        GYRE_ASSIGN(auto branch, PathSequence());
        branches.push_back(std::move(branch));
    } while (TakeSign("|"));
    Leave();
    if (branches.size() == 1) return branches.front();
    return Of(PathKind::kAlternative, std::move(branches));
}

core::Result<Parser::SharedPath> Parser::PathSequence() {
    std::vector<SharedPath> steps;
    do {
        GYRE_ASSIGN(auto step, PathStep());
        steps.push_back(std::move(step));
    } while (TakeSign("/"));
    if (steps.size() == 1) return steps.front();
    return Of(PathKind::kSequence, std::move(steps));
}

core::Result<Parser::SharedPath> Parser::PathStep() {
    const bool inverse = TakeSign("^");
    GYRE_ASSIGN(SharedPath path, PathPrimary());
    if (TakeSign("*")) {
        path = Of(PathKind::kZeroOrMore, {std::move(path)});
    } else if (TakeSign("+")) {
        path = Of(PathKind::kOneOrMore, {std::move(path)});
    } else if (TakeSign("?")) {
        path = Of(PathKind::kZeroOrOne, {std::move(path)});
    }
    return inverse ? Of(PathKind::kInverse, {std::move(path)}) : path;
}

core::Result<Parser::SharedPath> Parser::PathPrimary() {
    if (TakeWord("a")) return Link(rdf::kRdfType);
    if (IsIri()) {
        GYRE_ASSIGN(const std::string iri, NeedIri());
        return Link(iri);
    }
    if (TakeSign("!")) return NegatedSet();
    if (!TakeSign("(")) return Expected("a property path");
    GYRE_ASSIGN(auto path, Path());
    GYRE_TRY(NeedSign(")"));
    return path;
}

core::Result<Parser::SharedPath> Parser::NegatedSet() {
    auto path = std::make_shared<PropertyPath>();
    path->kind = PathKind::kNegated;
    path->forward = false;
    const auto one = [&]() -> core::Status {
        const bool inverse = TakeSign("^");
        (inverse ? path->backward : path->forward) = true;
        auto& excepted = inverse ? path->excepted_inverse : path->excepted;
        if (TakeWord("a")) {
            excepted.push_back(rdf::Iri(rdf::kRdfType));
            return {};
        }
        GYRE_ASSIGN(const std::string iri, NeedIri("an IRI, 'a' or '^'"));
        excepted.push_back(rdf::Iri(iri));
        return {};
    };
    if (!TakeSign("(")) {
        GYRE_TRY(one());
        return path;
    }
    if (TakeSign(")")) {
        path->forward = true;
        return path;
    }
    do {
        GYRE_TRY(one());
    } while (TakeSign("|"));
    GYRE_TRY(NeedSign(")"));
    return path;
}

}  // namespace gyre::graph::sparql::detail
