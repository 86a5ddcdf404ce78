#include "net/detail/http_exchange.h"

#include <charconv>
#include <utility>

#include "core/file_system.h"
#include "core/log.h"

namespace gyre::net::detail {
namespace {

constexpr size_t kJoinBytes = 16 * 1024;

/// Ends the answer, or cuts the connection when it goes unfinished.
class Writer final : public BodyWriter {
  public:
    /// `head` is still to be sent: with the first piece, so that the client wakes once for both.
    Writer(std::shared_ptr<HttpConnection> connection, bool chunked, bool send,
           std::optional<uint64_t> length, std::string head)
        : connection_(std::move(connection)),
          chunked_(chunked),
          send_(send),
          left_(length),
          head_(std::move(head)) {}
    ~Writer() override {
        if (!finished_) connection_->Abort();
    }

    core::Status Write(std::string_view piece) override {
        if (!send_ || piece.empty()) return {};
        GYRE_TRY(Count(piece.size()));
        const std::string head = std::exchange(head_, {});
        if (!chunked_) return connection_->WriteBlocking({head, piece});
        char size[20];
        char* const end = std::to_chars(size, size + 16, piece.size(), 16).ptr;
        end[0] = '\r';
        end[1] = '\n';
        const std::string_view framing(size, static_cast<size_t>(end + 2 - size));
        if (piece.size() <= kJoinBytes) {  // one record under TLS
            std::string whole(framing);
            whole.append(piece).append("\r\n");
            return connection_->WriteBlocking({whole});
        }
        return connection_->WriteBlocking({framing, piece, "\r\n"});
    }

    core::Status WriteFrom(const FileStretch& stretch) override {
        if (!send_) return {};
        const auto file = stretch.file->Descriptor();
        const bool as_it_is = !chunked_ && !connection_->Secure();
        if (!file || !as_it_is) return BodyWriter::WriteFrom(stretch);
        GYRE_TRY(Count(stretch.length));
        return connection_->WriteFileBlocking(std::exchange(head_, {}), *file, stretch.offset,
                                              stretch.length);
    }

    core::Status Finish() override {
        if (finished_) return {};
        if (send_ && left_.value_or(0) > 0) {
            return core::Fail(core::Code::kInternal, "less was written than was announced");
        }
        if (!head_.empty()) GYRE_TRY(connection_->WriteBlocking({head_}));
        if (send_ && chunked_) GYRE_TRY(connection_->WriteBlocking({"0\r\n\r\n"}));
        finished_ = true;
        connection_->AnswerDone();
        return {};
    }

  private:
    core::Status Count(uint64_t bytes) {
        if (!left_) return {};
        if (bytes > *left_) {
            return core::Fail(core::Code::kInternal, "more was written than was announced");
        }
        *left_ -= bytes;
        return {};
    }

    const std::shared_ptr<HttpConnection> connection_;
    const bool chunked_;
    const bool send_;
    std::optional<uint64_t> left_;
    std::string head_;
    bool finished_ = false;
};

}  // namespace

HttpExchange::HttpExchange(std::shared_ptr<HttpConnection> connection, RequestHead head)
    : connection_(std::move(connection)), head_(std::move(head)) {
}

HttpExchange::~HttpExchange() {
    if (answered_) return;
    core::LogError("a request was dropped unanswered", {{"request", head_.request_id}});
    Respond({.status = 500, .headers = {}, .body = ""});
}

bool HttpExchange::TakeTurn() {
    if (!answered_.exchange(true)) return true;
    core::LogError("a request was answered twice", {{"request", head_.request_id}});
    return false;
}

void HttpExchange::ReadBody(size_t limit, std::function<void(core::Result<std::string>)> done) {
    connection_->ReadBodyAsync(limit, std::move(done));
}

core::Result<size_t> HttpExchange::Read(std::span<char> into) {
    return connection_->ReadBodyBlocking(into);
}

void HttpExchange::Respond(Response response) {
    if (!TakeTurn()) return;
    ResponseFraming framing = connection_->AnswerFraming();
    const bool head_only = head_.method == "HEAD";
    if (BodilessStatus(response.status)) {
        response.body.clear();
        framing.keep_length = response.status == 304;
    } else if (head_only && response.headers.Find("Content-Length")) {
        framing.keep_length = true;
    } else {
        framing.length = response.body.size();
    }
    if (head_only) response.body.clear();
    std::string head;
    head.reserve(512);
    AppendResponseHead(head, response.status, response.headers, framing);
    constexpr size_t kCopyBytes = 4096;  // a short body goes beside its head
    if (response.body.size() <= kCopyBytes) {
        head += response.body;
        response.body.clear();
    }
    connection_->Write(std::move(head), std::move(response.body));
    connection_->AnswerDone();
}

std::unique_ptr<BodyWriter> HttpExchange::RespondStream(ResponseHead head,
                                                        std::optional<uint64_t> length) {
    const bool first = TakeTurn();
    ResponseFraming framing = connection_->AnswerFraming();
    const bool send = head_.method != "HEAD" && !BodilessStatus(head.status);
    framing.length = BodilessStatus(head.status) ? std::nullopt : length;
    // HTTP/1.0 knows no chunks: there the end of the connection is the end of the body.
    framing.chunked = send && !length && !framing.http10;
    if (send && !length && framing.http10) framing.close = true;
    std::string text;
    AppendResponseHead(text, head.status, head.headers, framing);
    if (!first) text.clear();
    // Whoever streams what has no length yet wants the head to be seen before the first piece.
    const bool at_once = !send || !length;
    if (first && at_once) connection_->Write(std::exchange(text, {}), {});
    return std::make_unique<Writer>(connection_, framing.chunked, send,
                                    send ? length : std::nullopt, std::move(text));
}

std::shared_ptr<Upgraded> HttpExchange::Upgrade(const Headers& headers,
                                                std::shared_ptr<UpgradeSink> sink,
                                                core::milliseconds idle) {
    if (!connection_->MayUpgrade() || !TakeTurn()) return nullptr;
    std::string text = "HTTP/1.1 101 Switching Protocols\r\n";
    for (const auto& [name, value] : headers)
        text.append(name).append(": ").append(value) += "\r\n";
    connection_->Upgrade(text + "\r\n", std::move(sink), idle);
    return connection_;
}

}  // namespace gyre::net::detail
