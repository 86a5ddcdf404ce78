#include "access/gate.h"

#include <utility>

#include "access/detail/gate_call.h"

namespace gyre::access {
namespace {

/// A bucket may be named as a public path is.
bool IsSigned(const net::RequestHead& head) {
    return head.headers.Find("Authorization") || head.query.find("Signature=") != std::string::npos;
}

}  // namespace

net::Handler MakeGate(GateOptions options) {
    auto state = std::make_shared<detail::GateState>(std::move(options));
    return [state = std::move(state)](std::shared_ptr<net::Exchange> exchange) {
        const auto& open = state->options.public_paths;
        if (const auto found = open.find(exchange->Head().path);
            found != open.end() && !IsSigned(exchange->Head())) {
            return found->second(std::move(exchange));
        }
        std::make_shared<detail::GateCall>(state, std::move(exchange))->Start();
    };
}

}  // namespace gyre::access
