#pragma once

#include <string_view>

#include "core/result.h"

namespace gyre::load {

/// One HTTP/1.1 answer as it lies in the reader's buffer.
struct AnswerView {
    int status = 0;
    std::string_view head;  ///< from the status line to the last header's line end
    std::string_view body;  ///< chunks still framed where `chunked`
    bool chunked = false;
    bool close = false;  ///< the server will end the connection
    bool retry_after = false;
    size_t size = 0;  ///< bytes of the buffer that the answer fills
};

/// Reads the answer at the beginning of `buffer`: size 0 means that more bytes are needed. Takes
/// Content-Length and chunked bodies; an answer without either is refused, since its end is the
/// connection's. Only for servers that the benchmarks start: it checks what it needs and no more.
[[nodiscard]] core::Result<AnswerView> ReadAnswer(std::string_view buffer);

}  // namespace gyre::load
