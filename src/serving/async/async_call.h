#pragma once

#include <functional>
#include <memory>
#include <string>

#include "serving/async/async_request.h"
#include "serving/routed_call.h"

namespace gyre::serving::async {

/// How an attempt to have a queued request answered ended.
struct Attempt {
    enum class End {
        kAnswered,
        kFailed,  ///< for good: the model's no, or its time was over
        kAgain,   ///< the host, or its program, ended before it answered
        kLater,   ///< it was not begun, for want of room
    } end = End::kFailed;
    std::string reason;        ///< of all but kAnswered
    std::string body;          ///< the answer's, or what a model said with its refusal
    std::string content_type;  ///< of `body`
    std::string custom_attributes;
};

/// A queued request on its way to a host, as the router sees it.
class AsyncCall final : public RoutedCall {
  public:
    /// Called once, on any thread; must not block.
    using Done = std::function<void(Attempt)>;

    AsyncCall(std::shared_ptr<const AsyncRequest> request, std::string body,
              std::string content_type, core::SteadyTime began, Done done)
        : request_(std::move(request)),
          body_(std::move(body)),
          content_type_(std::move(content_type)),
          began_(began),
          done_(std::move(done)) {}

    [[nodiscard]] const std::string& Endpoint() const override { return request_->endpoint; }
    [[nodiscard]] const std::string& TargetVariant() const override { return no_variant_; }
    [[nodiscard]] core::SteadyTime Arrived() const override { return began_; }
    [[nodiscard]] bool Queued() const override { return true; }
    [[nodiscard]] int ModelStatus() const override { return model_status_; }
    [[nodiscard]] core::milliseconds MayWait(core::milliseconds longest) const override {
        return longest;
    }
    [[nodiscard]] std::string Head(core::SteadyTime now) const override;
    [[nodiscard]] std::string TakeBody() override { return std::move(body_); }
    void Fail(core::Error error) override;
    bool Answer(const Place& place, const std::string& variant,
                core::Result<net::Frame> reply) override;

  private:
    [[nodiscard]] Attempt AttemptOf(const Place& place, core::Result<net::Frame> reply);

    const std::shared_ptr<const AsyncRequest> request_;
    std::string body_;
    const std::string content_type_;
    const core::SteadyTime began_;
    const Done done_;
    const std::string no_variant_;
    int model_status_ = 500;
};

}  // namespace gyre::serving::async
