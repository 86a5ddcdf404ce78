#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.h"
#include "core/result.h"
#include "net/exchange.h"

namespace gyre::wire {

/// Who calls, as `access` found it out. The root user is arn:aws:iam::ACCOUNT:root.
struct Caller {
    std::string account;
    std::string arn;
    std::string user_id;
    std::string access_key_id;  ///< "" for an anonymous caller, as are the others
};

/// What every handler knows of its call.
struct CallContext {
    std::string service;    ///< botocore's name: "sagemaker", "s3", "sagemaker-runtime"
    std::string operation;  ///< "CreateModel"
    std::string region;
    std::string request_id;
    Caller caller;
    /// What policies may ask about the request ("aws:SourceIp"…), for handlers that ask for more
    /// permissions than the gate did. Empty for buffered actions, which ask for none.
    std::vector<std::pair<std::string, std::string>> facts{};
};

/// A document action: the validated input document in, the output document out (members named as in
/// the service model; timestamps are epoch seconds, blobs base64 text). Runs on a pool thread and
/// may block.
using DocumentHandler =
    std::function<core::Result<core::Json>(const CallContext&, core::Json input)>;

/// A request whose body was read whole, for actions that complete later. Members from URI, query
/// and headers are in `input`; `body` is the raw payload.
struct BufferedCall {
    CallContext context;
    core::Json input;
    std::string body;
    net::RequestHead head;
    /// Answers; any thread, exactly once. An Error is written in the protocol's shape.
    std::function<void(core::Result<net::Response>)> respond;
    /// In its place, for an answer whose body comes piece by piece: begins it.
    std::function<std::unique_ptr<net::BodyWriter>(net::ResponseHead)> respond_stream{};
};
/// Runs on an io thread and must not block.
using BufferedHandler = std::function<void(BufferedCall)>;

/// A request whose body is streamed, with the signature's body checks and aws-chunked framing
/// already taken off.
struct StreamCall {
    CallContext context;
    core::Json input;  ///< members from URI, query and headers
    const net::RequestHead& head;
    net::BodyReader& body;
    net::Exchange& exchange;  ///< to answer, by Respond or RespondStream; never read its body
};
/// Runs on a pool thread and may block. An Error that it returns (before it answered) is written in
/// the protocol's shape.
using StreamHandler = std::function<core::Status(StreamCall&)>;

/// Which resource an action touches, for the authorisation: an ARN made of the input's members.
using ResourceOf = std::function<std::string(const CallContext&, const core::Json& input)>;

/// Which permission an action asks for, where that depends on its input.
using PermissionOf = std::function<std::string(const core::Json& input)>;

/// What to tell a caller who may not, where that is more than that access is denied.
using RefusalOf = std::function<std::optional<core::Error>(const CallContext&, const core::Json&)>;

/// A request of a buffered action whose body has not come yet.
struct Arrival {
    const core::JsonObject& path_members;  ///< of the input, from the path
    const net::RequestHead& head;
    /// Whether the caller may do this, if it is who it says: where the signature covers the body,
    /// it is not proven yet.
    std::function<bool()> may;
};
/// Looks whether there is room for a request before its body is read and hashed, which is most of
/// what one costs; an Error is its answer. To nobody who may not, and nothing else may be told or
/// done here. Runs on an io thread and must not block.
using TurnAwayHandler = std::function<std::optional<core::Error>(const Arrival&)>;

struct Action {
    std::string service;
    std::string operation;
    std::string permission;        ///< IAM action: "sagemaker:CreateModel", "s3:PutObject"
    PermissionOf permission_of{};  ///< takes the place of `permission`
    ResourceOf resource{};         ///< empty means "*"
    // Exactly one of these is set.
    DocumentHandler document{};
    BufferedHandler buffered{};
    StreamHandler stream{};
    RefusalOf refusal{};          ///< may be empty
    TurnAwayHandler turn_away{};  ///< may be empty; for buffered actions
    size_t max_body = 1 << 20;    ///< bytes, for document and buffered actions
};

/// The actions that are served. Filled at start-up, read-only (and so thread-safe) after.
class ActionTable {
  public:
    /// Adding one twice, or one that the operation list does not name, is a bug and aborts.
    void Add(Action action);
    [[nodiscard]] const Action* Find(std::string_view service, std::string_view operation) const;
    [[nodiscard]] std::vector<const Action*> All() const;

  private:
    std::map<std::pair<std::string, std::string>, Action, std::less<>> actions_;
};

}  // namespace gyre::wire
