#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/result.h"
#include "core/worker_pool.h"
#include "serving/answer_stream.h"
#include "serving/routed_call.h"
#include "wire/action.h"

namespace gyre::serving {

/// One InvokeEndpoint call: from the request to the frame for a host, and from the host's reply to
/// the answer.
class Prediction final : public RoutedCall {
  public:
    /// Whole, where `writers` is null; else an event stream of PayloadParts, which go out as the
    /// model gives them. The pool, which outlives this, writes them.
    Prediction(wire::BufferedCall call, core::SteadyTime arrived,
               core::WorkerPool* writers = nullptr)
        : call_(std::move(call)), arrived_(arrived), writers_(writers) {}

    /// Reads what routing wants to know. Errors: ValidationError, for what endpoints here have not.
    [[nodiscard]] core::Status Read();
    [[nodiscard]] const std::string& Endpoint() const override { return endpoint_; }
    [[nodiscard]] const std::string& TargetVariant() const override { return variant_; }
    [[nodiscard]] std::string_view TargetContainer() const override { return container_; }
    [[nodiscard]] std::string_view TargetModel() const override { return model_; }
    [[nodiscard]] core::SteadyTime Arrived() const override { return arrived_; }
    [[nodiscard]] int ModelStatus() const override { return model_status_; }
    [[nodiscard]] core::milliseconds MayWait(core::milliseconds longest) const override;
    [[nodiscard]] std::string Head(core::SteadyTime now) const override;
    [[nodiscard]] std::string TakeBody() override { return std::move(call_.body); }

    void Fail(core::Error error) override { call_.respond(core::Fail(std::move(error))); }
    void Part(net::Frame part, const std::string& variant, HostLink& host) override;
    bool Answer(const Place& place, const std::string& variant,
                core::Result<net::Frame> reply) override;

  private:
    /// The headers of an answer; of a streamed one the content type has a header of its own.
    [[nodiscard]] net::Headers HeadersOf(ReplyHead& head, const std::string& variant) const;
    void BeginStream(ReplyHead& head, const std::string& variant, HostLink* host);
    /// The error that ends it, which what has begun ends with.
    bool FailWith(core::Error error);

    wire::BufferedCall call_;
    core::SteadyTime arrived_;
    core::WorkerPool* const writers_;
    std::shared_ptr<AnswerStream> stream_;  ///< null until it begins
    std::string endpoint_;
    std::string variant_;
    std::string container_;
    std::string model_;
    uint64_t deadline_us_ = 0;
    bool trace_ = false;
    int model_status_ = 500;
};

}  // namespace gyre::serving
