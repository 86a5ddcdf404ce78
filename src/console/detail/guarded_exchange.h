#pragma once

#include <memory>
#include <utility>

#include "net/exchange.h"

namespace gyre::console::detail {

/// A request that a browser could have made without the console (no Authorization header: a
/// presigned URL, a public object). Buckets and console share an origin, so an uploaded page that
/// is opened there would act as who is signed in; it is shown in a sandbox, an origin of its own.
class GuardedExchange final : public net::Exchange {
  public:
    explicit GuardedExchange(std::shared_ptr<net::Exchange> inner) : inner_(std::move(inner)) {}

    [[nodiscard]] const net::RequestHead& Head() const override { return inner_->Head(); }
    void ReadBody(size_t limit, std::function<void(core::Result<std::string>)> done) override {
        inner_->ReadBody(limit, std::move(done));
    }
    [[nodiscard]] net::BodyReader& Body() override { return inner_->Body(); }
    void Respond(net::Response response) override;
    [[nodiscard]] std::unique_ptr<net::BodyWriter> RespondStream(
        net::ResponseHead head, std::optional<uint64_t> length) override;

  private:
    std::shared_ptr<net::Exchange> inner_;
};

}  // namespace gyre::console::detail
