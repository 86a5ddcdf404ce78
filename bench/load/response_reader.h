#pragma once

#include <string_view>

#include "core/result.h"

namespace gyre::load {

/// One HTTP/1.1 answer as it lies in the reader's buffer.
struct AnswerView {
    int status = 0;
    std::string_view head;  ///< from the status line to the last header's line end
    std::string_view body;  ///< chunks still framed where `chunked`; of a long one its beginning
    size_t body_size = 0;   ///< of all of it
    bool chunked = false;
    bool close = false;  ///< the server will end the connection
    bool retry_after = false;
    size_t size = 0;  ///< bytes of the buffer that the answer fills
};

/// Reads the head at the beginning of `buffer`, with `body_size` as announced and `size` the
/// head's; size 0 means that more bytes are needed.
[[nodiscard]] core::Result<AnswerView> ReadHead(std::string_view buffer);

/// Reads the answer at the beginning of `buffer`: size 0 means that more bytes are needed. Takes
/// Content-Length and chunked bodies; an answer without either is refused, since its end is the
/// connection's. `dropped` bytes of the body were read and are not in the buffer. Only for servers
/// that the benchmarks start: it checks what it needs and no more.
[[nodiscard]] core::Result<AnswerView> ReadAnswer(std::string_view buffer, size_t dropped = 0);

}  // namespace gyre::load
