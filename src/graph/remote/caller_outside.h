#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/cancel.h"
#include "core/clock.h"
#include "core/guarded.h"
#include "core/result.h"
#include "graph/remote/host_list.h"
#include "graph/sparql/outside.h"
#include "net/http_client.h"
#include "net/tls.h"
#include "objects/object_store.h"

namespace gyre::graph::remote {

/// What all queries share: where they may look. Outlives them.
struct OutsideSettings {
    HostList hosts;
    std::string authorities;           ///< PEM file for https; empty: the system's
    uint64_t max_bytes = 256U << 20U;  ///< of a document, unpacked, and of an endpoint's answer
    objects::ObjectStore* objects = nullptr;  ///< null: no S3
    /// Made when https is first needed: the system's authorities take a while to read.
    mutable core::Guarded<std::shared_ptr<const net::TlsClient>> tls{};
};

/// The outside as one query's caller may see it: of S3 what the caller may read, of the web what
/// the configuration names. Redirects are followed to hosts of the list only; no credentials are
/// sent anywhere.
class CallerOutside final : public sparql::Outside {
  public:
    struct Options {
        const OutsideSettings& settings;
        const core::Clock& clock;
        core::SteadyTime deadline;
        core::CancelToken cancel;
        /// Whether the caller may "s3:GetObject" that ARN; null: whoever is here may.
        std::function<core::Status(const std::string& resource)> may_get;
    };
    explicit CallerOutside(Options options) : options_(std::move(options)) {}

    core::Result<Document> Read(const std::string& iri) override;
    core::Result<Results> Ask(const std::string& endpoint, const std::string& query) override;

  private:
    [[nodiscard]] core::Result<Document> ReadObject(const objects::S3Uri& uri);
    [[nodiscard]] core::Result<Document> ReadWeb(const std::string& iri);
    /// Of the last address that it was sent on to, which `iri` then is.
    [[nodiscard]] core::Result<net::Response> Fetch(std::string& iri,
                                                    const net::ClientRequest& request);
    [[nodiscard]] core::Result<net::HttpClient*> ClientOf(const WebAddress& address);
    [[nodiscard]] core::Status Alive() const;

    const Options options_;
    std::map<std::string, std::unique_ptr<net::HttpClient>> clients_;  ///< by scheme and place
};

/// The syntax of a document with that media type, or else with that name ("a/b.ttl.gz"); none where
/// neither says. Plain text and types that say nothing ("application/octet-stream") leave it to
/// the name.
[[nodiscard]] std::optional<rdf::RdfSyntax> SyntaxOf(const std::string& media_type,
                                                     const std::string& name);

}  // namespace gyre::graph::remote
