#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "net/exchange.h"
#include "objects/test_body.h"

namespace gyre::objects {

/// For tests: an exchange that keeps its answer.
class TestExchange final : public net::Exchange {
  public:
    net::RequestHead head;
    net::Response response;
    std::optional<uint64_t> length;
    std::atomic<bool> answered = false;
    /// The answer is all there, and may be looked at from another thread.
    std::atomic<bool> finished = false;

    TestExchange() = default;
    explicit TestExchange(std::string body) : body_(std::move(body)) {}

    [[nodiscard]] const net::RequestHead& Head() const override { return head; }
    void ReadBody(size_t, std::function<void(core::Result<std::string>)> done) override {
        done(std::string());
    }
    [[nodiscard]] net::BodyReader& Body() override { return body_; }
    void Respond(net::Response answer) override {
        GYRE_CHECK(!answered);
        answered = true;
        response = std::move(answer);
        finished = true;
    }
    [[nodiscard]] std::unique_ptr<net::BodyWriter> RespondStream(
        net::ResponseHead answer, std::optional<uint64_t> size) override {
        GYRE_CHECK(!answered);
        answered = true;
        response = {answer.status, std::move(answer.headers), ""};
        length = size;
        return std::make_unique<Writer>(*this);
    }

  private:
    class Writer final : public net::BodyWriter {
      public:
        explicit Writer(TestExchange& exchange) : exchange_(exchange) {}
        core::Status Write(std::string_view piece) override {
            exchange_.response.body += piece;
            return {};
        }
        core::Status Finish() override {
            exchange_.finished = true;
            return {};
        }

      private:
        TestExchange& exchange_;
    };

    TextBody body_{""};
};

}  // namespace gyre::objects
