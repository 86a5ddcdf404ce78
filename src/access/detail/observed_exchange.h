#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "net/exchange.h"

namespace gyre::access::detail {

/// An exchange whose answer is seen on its way out, with its id added. Lives as long as the call;
/// thread-safe as the exchange it stands for.
class ObservedExchange final : public net::Exchange {
  public:
    using OnAnswer = std::function<void(int status)>;

    ObservedExchange(std::shared_ptr<net::Exchange> inner, OnAnswer on_answer)
        : inner_(std::move(inner)), on_answer_(std::move(on_answer)) {}

    /// "x-amz-request-id" for S3, "x-amzn-RequestId" for the others.
    void SetIdHeader(const char* name) { id_header_ = name; }

    [[nodiscard]] bool Answered() const { return answered_.load(); }

    [[nodiscard]] const net::RequestHead& Head() const override { return inner_->Head(); }
    void ReadBody(size_t limit, std::function<void(core::Result<std::string>)> done) override {
        inner_->ReadBody(limit, std::move(done));
    }
    [[nodiscard]] net::BodyReader& Body() override { return inner_->Body(); }

    void Respond(net::Response response) override {
        See(response.status, response.headers);
        inner_->Respond(std::move(response));
    }
    [[nodiscard]] std::unique_ptr<net::BodyWriter> RespondStream(
        net::ResponseHead head, std::optional<uint64_t> length) override {
        See(head.status, head.headers);
        return inner_->RespondStream(std::move(head), length);
    }

  private:
    void See(int status, net::Headers& headers) {
        if (!headers.Find(id_header_)) headers.Add(id_header_, Head().request_id);
        answered_.store(true);
        on_answer_(status);
    }

    std::shared_ptr<net::Exchange> inner_;
    OnAnswer on_answer_;
    const char* id_header_ = "x-amz-request-id";
    std::atomic<bool> answered_{false};
};

}  // namespace gyre::access::detail
