#include "grpc/inner_exchange.h"

#include <atomic>
#include <optional>
#include <utility>

#include "net/string_body.h"

namespace gyre::grpc {
namespace {

/// What an exchange answers by; shared with the writer of a streamed answer.
struct Answering {
    InnerAnswer done;
    InnerPiece piece;
};

class Writer final : public net::BodyWriter {
  public:
    Writer(std::shared_ptr<Answering> answering, net::ResponseHead head)
        : answering_(std::move(answering)),
          response_{.status = head.status, .headers = std::move(head.headers), .body = {}} {}
    ~Writer() override {
        if (finished_) return;
        answering_->done({.status = 500, .headers = {}, .body = "the answer broke off"});
    }

    core::Status Write(std::string_view piece) override {
        if (answering_->piece) {
            answering_->piece(std::string(piece));
        } else {
            response_.body += piece;
        }
        return {};
    }
    core::Status Finish() override {
        if (!std::exchange(finished_, true)) answering_->done(std::move(response_));
        return {};
    }

  private:
    const std::shared_ptr<Answering> answering_;
    net::Response response_;
    bool finished_ = false;
};

class InnerExchange final : public net::Exchange {
  public:
    InnerExchange(InnerRequest request, InnerAnswer done, InnerPiece piece)
        : body_(std::move(request.body)),
          answering_(std::make_shared<Answering>(std::move(done), std::move(piece))) {
        head_.method = std::move(request.method);
        head_.path = std::move(request.path);
        head_.query = std::move(request.query);
        head_.target = head_.query.empty() ? head_.path : head_.path + "?" + head_.query;
        head_.headers = std::move(request.headers);
        head_.remote_address = std::move(request.remote_address);
        head_.request_id = std::move(request.request_id);
    }
    ~InnerExchange() override {
        Respond({.status = 500, .headers = {}, .body = "the request was dropped"});
    }

    const net::RequestHead& Head() const override { return head_; }
    void ReadBody(size_t limit, std::function<void(core::Result<std::string>)> done) override {
        if (body_.size() > limit) {
            return done(core::Fail(core::Code::kResourceExhausted,
                                   "the body is larger than " + std::to_string(limit) + " bytes"));
        }
        done(std::move(body_));
    }
    net::BodyReader& Body() override {
        if (!reader_) reader_.emplace(std::move(body_));
        return *reader_;
    }
    void Respond(net::Response response) override {
        if (!answered_.exchange(true)) answering_->done(std::move(response));
    }
    std::unique_ptr<net::BodyWriter> RespondStream(net::ResponseHead head,
                                                   std::optional<uint64_t>) override {
        answered_ = true;
        return std::make_unique<Writer>(answering_, std::move(head));
    }

  private:
    net::RequestHead head_;
    std::string body_;
    std::optional<net::StringBody> reader_;
    const std::shared_ptr<Answering> answering_;
    std::atomic<bool> answered_{false};
};

}  // namespace

void AskFace(const net::Handler& face, InnerRequest request, InnerAnswer done, InnerPiece piece) {
    face(std::make_shared<InnerExchange>(std::move(request), std::move(done), std::move(piece)));
}

}  // namespace gyre::grpc
