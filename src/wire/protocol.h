#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/json.h"
#include "core/result.h"
#include "net/http_message.h"

namespace gyre::wire {

enum class Protocol { kJson10, kJson11, kRestJson, kRestXml, kQuery, kCbor };

struct OperationTable;  ///< generated; private to this room

/// A served API, as its botocore service model describes it; one that speaks several protocols
/// (CloudWatch) stands once for each, with the same name and operations.
struct Service {
    std::string_view name;               ///< botocore's: "sagemaker-runtime"
    std::string_view signing_name;       ///< of the credential scope: "sagemaker"
    std::string_view permission_prefix;  ///< of IAM actions: "sagemaker"
    std::string_view target_prefix;      ///< of X-Amz-Target: "SageMaker"; "" where not used
    std::string_view api_version;        ///< "2017-07-24"
    std::string_view xml_namespace;      ///< of XML answers; "" for the JSON protocols
    Protocol protocol = Protocol::kJson11;
    /// Its errors have names of the query protocol too, which JSON answers carry in
    /// x-amzn-query-error.
    bool query_errors = false;
    const OperationTable* operations = nullptr;
};

/// One operation that the list file names, or (with `input` null) another of the service model.
struct Operation;

/// Every service that the operation list names.
[[nodiscard]] std::span<const Service> AllServices();

/// The API a request is for: by its credential scope ("" for an anonymous request), X-Amz-Target
/// and path; whatever nothing else claims is S3's. Never null.
[[nodiscard]] const Service* FindService(const net::RequestHead& head,
                                         std::string_view signing_name);

/// True where the operation's name is in the form body, which has to be read before Route.
[[nodiscard]] inline bool NeedsBodyToRoute(const Service& service) {
    return service.protocol == Protocol::kQuery;
}

/// The bucket that Host names ("bucket.gyre.example", "bucket.s3.us-east-1.amazonaws.com",
/// "bucket.localhost"); "" where the path names it.
[[nodiscard]] std::string_view BucketOfHost(const net::RequestHead& head);

struct Route {
    const Service* service = nullptr;
    const Operation* operation = nullptr;
    std::string_view operation_name;
    core::JsonObject path_members;  ///< "Bucket", "Key", "EndpointName"…, decoded
    bool stream_input = false;      ///< the input's payload is a stream (PutObject, UploadPart)
};

/// Which operation of the service it is. `body` is looked at only where NeedsBodyToRoute. Errors,
/// in the service's own words: an operation nobody knows; kUnimplemented (501, with the operation's
/// name) for one that the service model has and the list file has not.
[[nodiscard]] core::Result<Route> RouteRequest(const Service& service, const net::RequestHead& head,
                                               std::string_view body);

/// The input document: members from path, query, headers and `body`, checked against every
/// constraint of the model; all violations are reported at once, in AWS's words. The payload member
/// of an operation whose payload is a blob or a stream is left out: the handler has the body.
[[nodiscard]] core::Result<core::Json> ParseInput(const Route& route, const net::RequestHead& head,
                                                  std::string_view body);

/// The answer with the output document: body in the protocol's form, header members as headers.
/// A blob payload member is taken as raw text here, not as base64.
[[nodiscard]] net::Response WriteOutput(const Route& route, const core::Json& output,
                                        std::string_view request_id);
/// The same for a handler that has only its CallContext; the operation must be a served one.
[[nodiscard]] net::Response WriteOutput(std::string_view service, std::string_view operation,
                                        const core::Json& output, std::string_view request_id);
/// As above for an answer whose body is streamed by the handler: status and header members only.
[[nodiscard]] net::ResponseHead WriteOutputHead(const Route& route, const core::Json& output,
                                                std::string_view request_id);
/// The same for a handler that has only its CallContext; the operation must be a served one.
[[nodiscard]] net::ResponseHead WriteOutputHead(std::string_view service,
                                                std::string_view operation,
                                                const core::Json& output,
                                                std::string_view request_id);

/// The error in the service's own shape, with `details` as further members. `resource` is S3's
/// Resource element: the request's path.
[[nodiscard]] net::Response WriteError(const Service& service, const core::Error& error,
                                       std::string_view request_id, std::string_view resource);

}  // namespace gyre::wire
