#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/cancel.h"
#include "core/clock.h"
#include "core/result.h"
#include "net/detail/chunk_decoder.h"
#include "net/detail/head_parser.h"
#include "net/detail/transport.h"
#include "net/exchange.h"
#include "net/http_message.h"

namespace gyre::net::detail {

/// One request whose answer is taken piece by piece, and may come while its body still goes. One
/// thread, one Run.
class ChunkedCall {
  public:
    using Take = std::function<core::Status(const Response& head, std::string_view piece)>;

    /// What is referred to outlives it.
    ChunkedCall(Transport& transport, core::milliseconds patience, const core::CancelToken& cancel);

    /// `begin`: the head, and the body of a request that is whole; else `body` follows in chunks.
    /// As HttpClient::SendChunked.
    [[nodiscard]] core::Result<Response> Run(std::string begin, BodyReader* body, const Take& take);

    /// After a Run that got an answer: whether the connection may take another request.
    [[nodiscard]] bool LeavesConnection() const;

  private:
    /// Lays out the next chunk.
    [[nodiscard]] core::Status NextChunk(BodyReader& body);
    /// Whether some of it went.
    [[nodiscard]] bool SendSome();
    /// Whether something came.
    [[nodiscard]] core::Result<bool> ReceiveSome(const Take& take);
    [[nodiscard]] core::Status TakeHead();
    [[nodiscard]] core::Status TakeBody(const Take& take);
    [[nodiscard]] core::Status TakeChunks(const Take& take);
    [[nodiscard]] core::Status AtEnd(Outcome outcome);
    [[nodiscard]] core::Status Wait(core::SteadyTime deadline) const;

    Transport& transport_;
    const core::milliseconds patience_;
    const core::CancelToken& cancel_;

    std::string out_;          ///< what is laid out
    std::string_view unsent_;  ///< of it
    bool sending_ = true;      ///< more is to be laid out
    bool cut_ = false;         ///< the server takes no more
    const std::unique_ptr<char[]> buffer_;
    std::string input_;
    size_t scanned_ = 0;  ///< of it, for the end of the head
    bool has_head_ = false;
    Response answer_;
    Framing framing_;
    ChunkDecoder chunks_;
    uint64_t left_ = 0;  ///< of an answer of known length
    bool whole_ = false;
};

}  // namespace gyre::net::detail
