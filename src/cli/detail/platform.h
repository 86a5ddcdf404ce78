#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/detail/connection.h"
#include "core/json.h"
#include "net/http_client.h"
#include "net/tls.h"

namespace gyre::cli::detail {

/// A platform as its clients see it: signed requests to its public APIs. Blocking. Errors are for
/// the user: they carry the API's message, and its error name in wire_name.
class Platform {
  public:
    [[nodiscard]] static core::Result<Platform> Find(const Session& session,
                                                     const ConnectionOptions& options);
    Platform(Connection connection, const std::string& address,
             std::shared_ptr<const net::TlsClient> tls, const core::Clock& clock);

    [[nodiscard]] const Connection& At() const { return connection_; }
    /// An operation of SageMaker or of CloudWatch Logs ("logs").
    [[nodiscard]] core::Result<core::Json> Call(const std::string& service,
                                                const std::string& operation,
                                                const core::Json& input) const;
    /// What DescribeEndpoint tells. Errors: IsNotThere, with where to find the right name.
    [[nodiscard]] core::Result<core::Json> DescribeEndpoint(const std::string& name) const;
    /// All pages of SageMaker's `operation`: the items of its member `list`.
    [[nodiscard]] core::Result<core::JsonArray> List(const std::string& operation,
                                                     const std::string& list,
                                                     core::JsonObject input = {}) const;
    /// Any request, signed for `service`; an answer of 400 and above is an answer.
    [[nodiscard]] core::Result<net::Response> Send(const std::string& service,
                                                   net::ClientRequest request,
                                                   core::milliseconds timeout) const;
    /// Send to S3; an answer of 300 and above is an error.
    [[nodiscard]] core::Result<net::Response> SendS3(net::ClientRequest request) const;
    /// What an answer of 400 and above says.
    [[nodiscard]] core::Error ErrorOf(const net::Response& response) const;

  private:
    Connection connection_;
    std::string address_;
    const core::Clock* clock_;
    std::unique_ptr<net::HttpClient> http_;
};

/// The text between <name> and </name>, entities decoded; "" when there is none.
[[nodiscard]] std::string XmlText(std::string_view xml, std::string_view name);

/// True where the API says that what was named does not exist.
[[nodiscard]] bool IsNotThere(const core::Error& error);

}  // namespace gyre::cli::detail
