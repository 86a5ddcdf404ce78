#pragma once

#include <string>

#include "core/cancel.h"
#include "core/clock.h"
#include "core/result.h"
#include "graph/rdf/reader.h"

namespace gyre::graph::sparql {

/// What a query finds beyond its own store, as far as its caller may: documents that LOAD reads and
/// endpoints that SERVICE asks. For one query at a time; calls block until the query's time is up
/// or it is cancelled.
class Outside {
  public:
    virtual ~Outside() = default;

    struct Document {
        std::string text;
        rdf::RdfSyntax syntax = rdf::RdfSyntax::kTurtle;
        std::string base;  ///< what its relative IRIs are seen from
    };
    /// Errors: kPermissionDenied, kNotFound, kInvalidArgument (no RDF that is known), kUnavailable,
    /// kResourceExhausted (too large), kDeadlineExceeded, kCancelled.
    [[nodiscard]] virtual core::Result<Document> Read(const std::string& iri) = 0;

    struct Results {
        std::string text;
        bool xml = false;  ///< else JSON
    };
    /// The answer to a SELECT. Errors: as above.
    [[nodiscard]] virtual core::Result<Results> Ask(const std::string& endpoint,
                                                    const std::string& query) = 0;
};

}  // namespace gyre::graph::sparql
