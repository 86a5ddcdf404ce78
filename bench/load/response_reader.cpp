#include "load/response_reader.h"

#include <charconv>

#include "net/http_message.h"

namespace gyre::load {
namespace {

core::Result<size_t> Number(std::string_view text, int base) {
    size_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (read.ec != std::errc() || read.ptr == text.data()) {
        return core::Fail(core::Code::kInvalidArgument,
                          "not a number in an answer: " + std::string(text));
    }
    return value;
}

std::string_view Trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

// Where the chunks that begin `buffer` end; 0 when more bytes are needed.
core::Result<size_t> ChunksSize(std::string_view buffer) {
    size_t at = 0;
    while (true) {
        const size_t line = buffer.find("\r\n", at);
        if (line == std::string_view::npos) return 0;
        const auto size = Number(buffer.substr(at, line - at), 16);
        if (!size) return core::Fail(size.error());
        at = line + 2 + *size + 2;
        if (at > buffer.size()) return 0;
        if (*size == 0) return at;
    }
}

}  // namespace

core::Result<AnswerView> ReadHead(std::string_view buffer) {
    const size_t end = buffer.find("\r\n\r\n");
    if (end == std::string_view::npos) return AnswerView{};
    AnswerView answer;
    answer.head = buffer.substr(0, end + 2);
    answer.size = end + 4;
    if (!answer.head.starts_with("HTTP/1.1 ") || answer.head.size() < 14) {
        return core::Fail(core::Code::kInvalidArgument, "not an HTTP/1.1 answer");
    }
    const auto status = Number(answer.head.substr(9, 3), 10);
    if (!status) return core::Fail(status.error());
    answer.status = static_cast<int>(*status);
    bool has_length = false;
    for (size_t at = answer.head.find("\r\n") + 2; at < answer.head.size();) {
        const size_t line_end = answer.head.find("\r\n", at);
        const std::string_view line = answer.head.substr(at, line_end - at);
        at = line_end + 2;
        const size_t colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        const std::string_view name = line.substr(0, colon);
        const std::string_view value = Trimmed(line.substr(colon + 1));
        if (net::EqualsIgnoreCase(name, "content-length")) {
            const auto number = Number(value, 10);
            if (!number) return core::Fail(number.error());
            answer.body_size = *number;
            has_length = true;
        } else if (net::EqualsIgnoreCase(name, "transfer-encoding")) {
            answer.chunked = net::EqualsIgnoreCase(value, "chunked");
        } else if (net::EqualsIgnoreCase(name, "connection")) {
            answer.close = net::EqualsIgnoreCase(value, "close");
        } else if (net::EqualsIgnoreCase(name, "retry-after")) {
            answer.retry_after = true;
        }
    }
    if (!answer.chunked && !has_length) {
        return core::Fail(core::Code::kInvalidArgument, "an answer without a length");
    }
    return answer;
}

core::Result<AnswerView> ReadAnswer(std::string_view buffer, size_t dropped) {
    GYRE_ASSIGN(AnswerView answer, ReadHead(buffer));
    if (answer.size == 0) return answer;
    const std::string_view rest = buffer.substr(answer.size);
    if (answer.chunked) {
        GYRE_ASSIGN(answer.body_size, ChunksSize(rest));
        if (answer.body_size == 0) return AnswerView{};
    }
    if (rest.size() + dropped < answer.body_size) return AnswerView{};
    answer.body = rest.substr(0, answer.body_size - dropped);
    answer.size += answer.body.size();
    return answer;
}

}  // namespace gyre::load
