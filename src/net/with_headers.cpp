#include "net/with_headers.h"

namespace gyre::net {
namespace {

class HeadersAdded final : public Exchange {
  public:
    HeadersAdded(std::shared_ptr<Exchange> inner, Headers headers)
        : inner_(std::move(inner)), headers_(std::move(headers)) {}

    [[nodiscard]] const RequestHead& Head() const override { return inner_->Head(); }
    void ReadBody(size_t limit, std::function<void(core::Result<std::string>)> done) override {
        inner_->ReadBody(limit, std::move(done));
    }
    [[nodiscard]] BodyReader& Body() override { return inner_->Body(); }
    void Respond(Response response) override {
        AddTo(response.headers);
        inner_->Respond(std::move(response));
    }
    [[nodiscard]] std::unique_ptr<BodyWriter> RespondStream(
        ResponseHead head, std::optional<uint64_t> length) override {
        AddTo(head.headers);
        return inner_->RespondStream(std::move(head), length);
    }

  private:
    void AddTo(Headers& headers) const {
        for (const auto& [name, value] : headers_) headers.Set(name, value);
    }

    std::shared_ptr<Exchange> inner_;
    Headers headers_;
};

}  // namespace

std::shared_ptr<Exchange> WithHeaders(std::shared_ptr<Exchange> exchange, Headers headers) {
    return std::make_shared<HeadersAdded>(std::move(exchange), std::move(headers));
}

}  // namespace gyre::net
