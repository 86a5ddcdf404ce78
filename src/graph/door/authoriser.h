#pragma once

#include <string>
#include <string_view>

#include "access/gate.h"
#include "access/identity.h"
#include "access/signing_key.h"
#include "core/clock.h"
#include "core/result.h"
#include "graph/gremlin/run.h"
#include "net/http_message.h"

namespace gyre::graph::door {

/// Who must sign: nobody, everybody, or all but clients of this machine.
enum class IamAuth : uint8_t { kOff, kOn, kFromAfar };

/// Neptune's IAM authentication: requests, and the handshakes of WebSockets, are signed for the
/// service neptune-db, and policies allow neptune-db:* actions on the cluster. Thread-safe.
class Authoriser {
  public:
    struct Options {
        IamAuth mode = IamAuth::kFromAfar;
        bool passwords = false;  ///< WebSockets may open unsigned and then use SASL PLAIN
        const access::CredentialSource* credentials = nullptr;
        const access::Authoriser* policies = nullptr;
        const core::Clock* clock = nullptr;
        std::string region;
        std::string
            resource;  ///< "arn:aws:neptune-db:us-east-1:000000000000:cluster-gyre/database"
    };
    explicit Authoriser(Options options) : options_(std::move(options)) {}

    /// Checks the signature over `body` and that `action` (such as "ReadDataViaQuery") is allowed.
    /// Says what else a query may do. Errors: kUnauthenticated, kPermissionDenied.
    [[nodiscard]] core::Result<gremlin::Permissions> Check(const net::RequestHead& head,
                                                           std::string_view body,
                                                           std::string_view action);

    /// Whether who sent a request that Check has let pass may also do something with another
    /// service's resource ("s3:GetObject", "arn:aws:s3:::bucket/key"). Who need not sign here may,
    /// as with the bulk loader. Errors: kPermissionDenied.
    [[nodiscard]] core::Status CheckElsewhere(const net::RequestHead& head,
                                              const std::string& action,
                                              const std::string& resource) const;

    /// Bolt's: a password that is the JSON of a signed request's fields, {"Authorization",
    /// "HttpMethod", "X-Amz-Date", "Host", "X-Amz-Security-Token"}, of GET /opencypher ("Using the
    /// Bolt protocol", Neptune documentation); or none, from this machine.
    [[nodiscard]] core::Result<gremlin::Permissions> CheckToken(const std::string& remote_address,
                                                                const std::string& token);

    /// SASL PLAIN's, on a WebSocket that opened with `head`: an access key's id and its secret,
    /// which only https keeps secret. Errors: kUnauthenticated for unlike pairs and for keys of
    /// sessions, kPermissionDenied.
    [[nodiscard]] core::Result<gremlin::Permissions> CheckPassword(const net::RequestHead& head,
                                                                   const std::string& user,
                                                                   const std::string& password);
    /// Whether a WebSocket may open unsigned, to say by SASL who its client is.
    [[nodiscard]] bool AsksLater(const net::RequestHead& head) const;

  private:
    /// Whether a request is served without asking who sent it.
    [[nodiscard]] bool IsOpen(const net::RequestHead& head, bool signed_for) const;
    /// What policies may ask about a request, of any service.
    [[nodiscard]] access::ConditionContext FactsOf(const net::RequestHead& head) const;
    [[nodiscard]] core::Result<gremlin::Permissions> Permitted(const access::Credential& credential,
                                                               std::string_view action,
                                                               const net::RequestHead& head) const;

    const Options options_;
    access::SigningKeyCache keys_;
};

}  // namespace gyre::graph::door
