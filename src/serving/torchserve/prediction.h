#pragma once

#include <memory>
#include <string>

#include "core/clock.h"
#include "core/worker_pool.h"
#include "net/exchange.h"
#include "serving/routed_call.h"
#include "serving/torchserve/answer_stream.h"
#include "serving/torchserve/model_metrics.h"
#include "serving/torchserve/models.h"

namespace gyre::serving::torchserve {

/// One request to a model's handler, which gets the body and all headers as they came.
class TorchServePrediction final : public RoutedCall {
  public:
    struct Question {
        std::shared_ptr<net::Exchange> exchange;
        std::string model;
        Models::Route route;
        std::string body;
        std::string query;     ///< becomes parameters of the request; "" for none
        std::string url_path;  ///< what follows the model in the path; "" for nothing
        bool explain = false;
        bool describe = false;
        core::SteadyTime arrived;
    };
    /// `metrics` and `pool`, which writes answers in parts, outlive it.
    TorchServePrediction(Question question, ModelMetrics& metrics, core::WorkerPool& pool)
        : question_(std::move(question)), metrics_(metrics), pool_(pool) {}

    [[nodiscard]] const std::string& Endpoint() const override { return question_.route.name; }
    [[nodiscard]] const std::string& TargetVariant() const override { return any_variant_; }
    [[nodiscard]] core::SteadyTime Arrived() const override { return question_.arrived; }
    [[nodiscard]] core::milliseconds MayWait(core::milliseconds longest) const override {
        return longest;
    }
    [[nodiscard]] std::string Head(core::SteadyTime now) const override;
    [[nodiscard]] std::string TakeBody() override { return std::move(question_.body); }
    void Fail(core::Error error) override;
    void Part(net::Frame part) override;
    bool Answer(const Place& place, const std::string& variant,
                core::Result<net::Frame> reply) override;
    [[nodiscard]] int ModelStatus() const override { return model_status_; }

  private:
    bool Refuse(core::Error error);

    Question question_;
    ModelMetrics& metrics_;
    core::WorkerPool& pool_;
    std::shared_ptr<AnswerStream> parts_;  ///< null until a part comes
    const std::string any_variant_;
    int model_status_ = 500;
};

}  // namespace gyre::serving::torchserve
