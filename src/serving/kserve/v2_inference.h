#pragma once

#include <memory>
#include <string>

#include "core/clock.h"
#include "core/worker_pool.h"
#include "net/exchange.h"
#include "serving/routed_call.h"

namespace gyre::serving::kserve {

/// How many of a body's bytes are JSON, by Inference-Header-Content-Length: all without it, 0 for a
/// body that is one input's values. Errors: kInvalidArgument for what is no number, or more than
/// the body.
[[nodiscard]] core::Result<size_t> JsonBytesOf(const net::Headers& headers, size_t body_bytes);

/// POST /v2/models/M/infer: its body goes to a host of the endpoint as it came, and the host's
/// answer goes back; neither is looked into here.
class V2Inference final : public RoutedCall {
  public:
    struct Question {
        std::shared_ptr<net::Exchange> exchange;
        std::string endpoint;
        std::string body;
        size_t json_bytes = 0;
        uint64_t deadline_us = 0;  ///< after `arrived`; 0: none
        core::SteadyTime arrived;
    };
    /// `pool` packs answers, and outlives this.
    V2Inference(Question question, core::WorkerPool& pool);

    [[nodiscard]] const std::string& Endpoint() const override { return question_.endpoint; }
    [[nodiscard]] const std::string& TargetVariant() const override { return any_variant_; }
    [[nodiscard]] core::SteadyTime Arrived() const override { return question_.arrived; }
    [[nodiscard]] core::milliseconds MayWait(core::milliseconds longest) const override;
    [[nodiscard]] std::string Head(core::SteadyTime now) const override;
    [[nodiscard]] std::string TakeBody() override { return std::move(question_.body); }
    void Fail(core::Error error) override;
    bool Answer(const Place& place, const std::string& variant,
                core::Result<net::Frame> reply) override;
    [[nodiscard]] int ModelStatus() const override { return model_status_; }

  private:
    bool Refuse(int status, std::string_view message);

    Question question_;
    core::WorkerPool& pool_;
    const std::string any_variant_;
    int model_status_ = 500;
};

}  // namespace gyre::serving::kserve
