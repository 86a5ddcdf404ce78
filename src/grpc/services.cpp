#include "grpc/services.h"

#include <algorithm>
#include <utility>

#include "core/json.h"
#include "grpc/rpc_statuses.h"

namespace gyre::grpc {
namespace {

using net::RpcCode;

/// Of the client's own transport: they say nothing of the request that is made for it.
constexpr std::string_view kNotForFaces[] = {
    "accept-encoding", "content-encoding", "content-length", "transfer-encoding",
    "connection",      "expect",           "host",           "inference-header-content-length"};
constexpr const char* kDeadline = "x-gyre-deadline-ms";
constexpr int64_t kLongestDeadline = 86'400'000;  // ms that the faces take

}  // namespace

void Services::Add(const std::string& service, const std::string& method, net::RpcHandler handler) {
    methods_[service][method] = std::move(handler);
}

void Services::AddUnary(const std::string& service, const std::string& method,
                        UnaryMethod handler) {
    Add(service, method, [handler = std::move(handler)](const Call& call) {
        TakeMessage(call,
                    [call, &handler](std::string message) { handler(call, std::move(message)); });
    });
}

std::vector<std::string> Services::Names() const {
    std::vector<std::string> names;
    for (const auto& [name, methods] : methods_) names.push_back(name);
    return names;
}

void Services::Handle(const Call& call) const {
    const std::string_view path = call->Head().method;
    const size_t slash = path.rfind('/');
    if (path.starts_with('/') && slash > 0) {
        const auto service = methods_.find(std::string(path.substr(1, slash - 1)));
        if (service == methods_.end()) {
            return call->Finish({RpcCode::kUnimplemented,
                                 "unknown service " + std::string(path.substr(1, slash - 1))});
        }
        const auto method = service->second.find(std::string(path.substr(slash + 1)));
        if (method != service->second.end()) return method->second(call);
    }
    call->Finish({RpcCode::kUnimplemented, "unknown method " + std::string(path)});
}

void TakeMessage(const Call& call, std::function<void(std::string message)> then) {
    call->Read([call, then = std::move(then)](core::Result<net::RpcCall::Message> message) {
        if (!message) return call->Finish(RpcStatusOf(message.error()));
        if (!*message) {
            return call->Finish({RpcCode::kInvalidArgument, "the call has no message"});
        }
        then(std::move(**message));
    });
}

InnerRequest RequestFor(const net::RpcCall& call, std::string method, std::string path,
                        std::string body) {
    const net::RpcHead& head = call.Head();
    InnerRequest request;
    request.method = std::move(method);
    request.path = std::move(path);
    request.body = std::move(body);
    request.remote_address = head.remote_address;
    request.request_id = head.request_id;
    for (const auto& [name, value] : head.metadata) {
        const bool of_transport = std::ranges::find(kNotForFaces, name) != std::end(kNotForFaces);
        if (!of_transport) request.headers.Add(name, value);
    }
    if (head.timeout) {
        const auto left = std::chrono::duration_cast<core::milliseconds>(
            head.arrived + *head.timeout - std::chrono::steady_clock::now());
        request.headers.Set(kDeadline,
                            std::to_string(std::clamp<int64_t>(left.count(), 1, kLongestDeadline)));
    }
    return request;
}

std::string ErrorText(const net::Response& response, std::string_view member) {
    const auto json = core::ParseJson(response.body);
    if (!json) return response.body;
    return core::JsonStringOr(*json, member, response.body);
}

}  // namespace gyre::grpc
