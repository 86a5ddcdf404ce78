#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <utility>

#include "core/clock.h"
#include "core/guarded.h"
#include "net/exchange.h"
#include "net/string_body.h"

namespace gyre::access::detail {

/// For tests: a request that is all there, and what it was answered. Reading its body is noted.
class FakeExchange final : public net::Exchange {
  public:
    FakeExchange(net::RequestHead head, std::string body)
        : head_(std::move(head)), body_text_(std::move(body)), body_(body_text_) {
        head_.request_id = "request-1";
        head_.remote_address = "127.0.0.1";
    }

    [[nodiscard]] const net::RequestHead& Head() const override { return head_; }
    void ReadBody(size_t limit, std::function<void(core::Result<std::string>)> done) override {
        body_read_ = true;
        if (body_text_.size() > limit) {
            return done(core::Fail(core::Code::kResourceExhausted, "the body is too large"));
        }
        done(body_text_);
    }
    [[nodiscard]] net::BodyReader& Body() override {
        body_read_ = true;
        return body_;
    }
    void Respond(net::Response response) override {
        *answer_.Lock() = std::move(response);
        answer_.NotifyAll();
    }
    [[nodiscard]] std::unique_ptr<net::BodyWriter> RespondStream(net::ResponseHead head,
                                                                 std::optional<uint64_t>) override {
        Respond({head.status, head.headers, "(stream)"});
        return nullptr;
    }

    /// Waits for the answer, ten seconds at most.
    [[nodiscard]] net::Response Answer() {
        auto answer = answer_.Lock();
        const auto deadline = std::chrono::steady_clock::now() + core::seconds(10);
        if (!answer.WaitUntil(deadline, [&] { return answer->has_value(); })) {
            return {0, {}, "no answer"};
        }
        return **answer;
    }
    [[nodiscard]] bool BodyRead() const { return body_read_; }
    [[nodiscard]] bool Answered() { return answer_.Lock()->has_value(); }

  private:
    net::RequestHead head_;
    const std::string body_text_;
    net::StringBody body_;
    std::atomic<bool> body_read_{false};
    core::Guarded<std::optional<net::Response>> answer_;
};

}  // namespace gyre::access::detail
