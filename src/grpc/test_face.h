#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/result.h"
#include "net/exchange.h"

namespace gyre::grpc {

/// An HTTP face of a test: what it was asked, and what it answers.
struct TestFace {
    net::Handler Handler() {
        return [this](const std::shared_ptr<net::Exchange>& exchange) {
            asked.push_back(exchange->Head());
            exchange->ReadBody(1 << 20, [&](const core::Result<std::string>& body) {
                bodies.push_back(body ? *body : "too large");
            });
            if (holds) return held.push_back(exchange);
            if (pieces.empty()) return exchange->Respond(answer);
            const auto writer = exchange->RespondStream({.status = 200, .headers = {}}, {});
            for (const std::string& piece : pieces) (void)writer->Write(piece);
            (void)writer->Finish();
        };
    }

    net::Response answer{.status = 200, .headers = {}, .body = ""};
    std::vector<std::string> pieces;  ///< the answer's, where it comes in parts
    bool holds = false;               ///< requests are kept, for the test to answer
    std::vector<net::RequestHead> asked;
    std::vector<std::string> bodies;
    std::vector<std::shared_ptr<net::Exchange>> held;
};

}  // namespace gyre::grpc
