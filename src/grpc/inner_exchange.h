#pragma once

#include <functional>
#include <string>

#include "net/exchange.h"

namespace gyre::grpc {

/// A request to an HTTP face, made inside the program.
struct InnerRequest {
    std::string method = "GET";
    std::string path;  ///< percent-encoded
    std::string query;
    net::Headers headers;
    std::string body;
    std::string remote_address;  ///< whoever it is made for
    std::string request_id;
};

using InnerAnswer = std::function<void(net::Response response)>;
using InnerPiece = std::function<void(std::string piece)>;

/// Hands the request to `face`. `done` runs once, on whichever thread the face answers; 500 where
/// it drops the request. `piece`, if there is one, gets each piece of a streamed answer as it
/// comes, and `done` what was not streamed; without it the pieces are put together.
void AskFace(const net::Handler& face, InnerRequest request, InnerAnswer done,
             InnerPiece piece = nullptr);

}  // namespace gyre::grpc
