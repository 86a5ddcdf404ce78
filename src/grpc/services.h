#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "grpc/inner_exchange.h"
#include "net/rpc.h"

namespace gyre::grpc {

using Call = std::shared_ptr<net::RpcCall>;
/// Of a method with one message each way, which has come.
using UnaryMethod = std::function<void(Call call, std::string message)>;

/// The methods that a port answers, by service. Made first, then only read.
class Services {
  public:
    /// `service`: "inference.GRPCInferenceService".
    void Add(const std::string& service, const std::string& method, net::RpcHandler handler);
    void AddUnary(const std::string& service, const std::string& method, UnaryMethod handler);
    [[nodiscard]] bool Has(const std::string& service) const { return methods_.contains(service); }
    /// By name.
    [[nodiscard]] std::vector<std::string> Names() const;

    /// Finishes a call of what is not here with kUnimplemented.
    void Handle(const Call& call) const;

  private:
    std::map<std::string, std::map<std::string, net::RpcHandler>> methods_;
};

/// Takes the call's one message; a call that has none is finished.
void TakeMessage(const Call& call, std::function<void(std::string message)> then);

/// A request to an HTTP face in the call's name: its metadata as headers, its peer's address and,
/// as x-gyre-deadline-ms, what is left of its time.
[[nodiscard]] InnerRequest RequestFor(const net::RpcCall& call, std::string method,
                                      std::string path, std::string body = {});

/// What JSON error bodies have under `member`; the whole body where they have none.
[[nodiscard]] std::string ErrorText(const net::Response& response, std::string_view member);

}  // namespace gyre::grpc
