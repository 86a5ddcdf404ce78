#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "access/identity.h"
#include "core/clock.h"
#include "core/result.h"
#include "net/exchange.h"

namespace gyre::console::detail {

/// A session's call as the gate sees it: "/-/api/s3/bucket/key" is "/bucket/key", signed for s3
/// with the session's key. So everything behind it holds as for any client: policies, audit,
/// metrics. The answer is told not to be a page: what it holds is a user's, and the origin is the
/// console's.
class ForwardedExchange final : public net::Exchange {
  public:
    /// Errors: kNotFound where `prefix` is followed by no service's name.
    [[nodiscard]] static core::Result<std::shared_ptr<ForwardedExchange>> Make(
        std::shared_ptr<net::Exchange> inner, std::string_view prefix,
        const access::Credential& credential, const std::string& region, core::WallTime now);

    [[nodiscard]] const net::RequestHead& Head() const override { return head_; }
    void ReadBody(size_t limit, std::function<void(core::Result<std::string>)> done) override {
        inner_->ReadBody(limit, std::move(done));
    }
    [[nodiscard]] net::BodyReader& Body() override { return inner_->Body(); }
    void Respond(net::Response response) override;
    [[nodiscard]] std::unique_ptr<net::BodyWriter> RespondStream(
        net::ResponseHead head, std::optional<uint64_t> length) override;

  private:
    ForwardedExchange(std::shared_ptr<net::Exchange> inner, net::RequestHead head)
        : inner_(std::move(inner)), head_(std::move(head)) {}

    std::shared_ptr<net::Exchange> inner_;
    const net::RequestHead head_;
};

}  // namespace gyre::console::detail
