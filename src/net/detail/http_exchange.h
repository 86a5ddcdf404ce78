#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "net/detail/http_connection.h"
#include "net/exchange.h"

namespace gyre::net::detail {

/// A request on an HttpConnection, which it keeps alive. See Exchange.
class HttpExchange final : public Exchange, private BodyReader {
  public:
    HttpExchange(std::shared_ptr<HttpConnection> connection, RequestHead head);
    ~HttpExchange() override;

    const RequestHead& Head() const override { return head_; }
    void ReadBody(size_t limit, std::function<void(core::Result<std::string>)> done) override;
    BodyReader& Body() override { return *this; }
    void Respond(Response response) override;
    std::unique_ptr<BodyWriter> RespondStream(ResponseHead head,
                                              std::optional<uint64_t> length) override;
    std::shared_ptr<Upgraded> Upgrade(const Headers& headers, std::shared_ptr<UpgradeSink> sink,
                                      core::milliseconds idle) override;

  private:
    core::Result<size_t> Read(std::span<char> into) override;
    std::optional<uint64_t> Length() const override { return connection_->BodyLength(); }
    /// True for the first answer only.
    [[nodiscard]] bool TakeTurn();

    const std::shared_ptr<HttpConnection> connection_;
    const RequestHead head_;
    std::atomic<bool> answered_{false};
};

}  // namespace gyre::net::detail
