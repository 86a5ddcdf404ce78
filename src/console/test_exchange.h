#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "net/exchange.h"

namespace gyre::console {

/// For tests: a request that is all there, and what it was answered.
class TestExchange final : public net::Exchange {
  public:
    TestExchange(std::string method, std::string target, net::Headers headers = {},
                 std::string body = {})
        : body_text_(std::move(body)), body_(body_text_) {
        head_.method = std::move(method);
        head_.path = target.substr(0, target.find('?'));
        if (target.size() > head_.path.size()) head_.query = target.substr(head_.path.size() + 1);
        head_.target = std::move(target);
        head_.headers = std::move(headers);
        head_.remote_address = "127.0.0.1";
        head_.request_id = "request-1";
    }

    [[nodiscard]] const net::RequestHead& Head() const override { return head_; }
    void ReadBody(size_t limit, std::function<void(core::Result<std::string>)> done) override {
        if (body_text_.size() > limit) {
            return done(core::Fail(core::Code::kResourceExhausted, "the body is too large"));
        }
        done(body_text_);
    }
    [[nodiscard]] net::BodyReader& Body() override { return body_; }
    void Respond(net::Response response) override { answer = std::move(response); }
    [[nodiscard]] std::unique_ptr<net::BodyWriter> RespondStream(net::ResponseHead head,
                                                                 std::optional<uint64_t>) override {
        answer = {head.status, head.headers, "(stream)"};
        return nullptr;
    }

    /// Status 0 until it is answered.
    net::Response answer{.status = 0, .headers = {}, .body = {}};

  private:
    class TextBody final : public net::BodyReader {
      public:
        explicit TextBody(const std::string& text) : text_(text) {}
        [[nodiscard]] core::Result<size_t> Read(std::span<char> into) override {
            const size_t count = text_.copy(into.data(), into.size(), at_);
            at_ += count;
            return count;
        }
        [[nodiscard]] std::optional<uint64_t> Length() const override { return text_.size(); }

      private:
        const std::string& text_;
        size_t at_ = 0;
    };

    net::RequestHead head_;
    const std::string body_text_;
    TextBody body_;
};

}  // namespace gyre::console
