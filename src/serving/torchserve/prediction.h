#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/clock.h"
#include "core/worker_pool.h"
#include "net/exchange.h"
#include "serving/answer_stream.h"
#include "serving/routed_call.h"
#include "serving/torchserve/model_metrics.h"
#include "serving/torchserve/models.h"
#include "serving/torchserve/properties.h"

namespace gyre::serving::torchserve {

/// One request to a model's handler, which gets the body and all headers as they came.
class TorchServePrediction final : public RoutedCall {
  public:
    struct Question {
        std::shared_ptr<net::Exchange> exchange;
        std::string model;
        std::string asked_version;  ///< "": the default
        Models::Route route;
        std::string body;
        std::string query;     ///< becomes parameters of the request; "" for none
        std::string url_path;  ///< what follows the model in the path; "" for nothing
        bool explain = false;
        /// Where it is set the handler is to describe itself; makes the answer of what it says.
        std::function<net::Response(std::string said)> described;
        core::SteadyTime arrived;
        size_t most_answer = SIZE_MAX;  ///< bytes of the answer, or of a part of it
        struct Sequence {
            const SequenceHeaders* names = nullptr;
            std::string id;       ///< "": it is of none
            bool begins = false;  ///< it had no name, and got this one
        } sequence;
        std::string variant;  ///< the worker that it is for; "": any
        /// Called once it is answered. `over`: the handler says that its sequence is.
        std::function<void(bool over)> answered;
    };
    /// `metrics` and `pool`, which writes answers in parts, outlive it.
    TorchServePrediction(Question question, ModelMetrics& metrics, core::WorkerPool& pool,
                         const core::Clock& clock)
        : question_(std::move(question)), metrics_(metrics), pool_(pool), clock_(clock) {}

    [[nodiscard]] const std::string& Endpoint() const override { return question_.route.name; }
    [[nodiscard]] const std::string& TargetVariant() const override { return question_.variant; }
    [[nodiscard]] core::SteadyTime Arrived() const override { return question_.arrived; }
    [[nodiscard]] core::milliseconds MayWait(core::milliseconds longest) const override {
        return longest;
    }
    [[nodiscard]] std::string Head(core::SteadyTime now) const override;
    [[nodiscard]] std::string TakeBody() override { return std::move(question_.body); }
    void Fail(core::Error error) override;
    void Part(net::Frame part, const std::string& variant, HostLink& host) override;
    bool Answer(const Place& place, const std::string& variant,
                core::Result<net::Frame> reply) override;
    [[nodiscard]] int ModelStatus() const override { return model_status_; }

  private:
    bool Refuse(core::Error error);
    bool Take(core::Result<net::Frame> reply);
    bool RefuseTooLarge(size_t bytes);
    /// Notes what the handler says of the sequence, and gives the answer the sequence's id.
    void TakeSequence(net::Headers& headers);
    void Answered();

    Question question_;
    ModelMetrics& metrics_;
    core::WorkerPool& pool_;
    const core::Clock& clock_;
    std::shared_ptr<AnswerStream> parts_;  ///< null until a part comes
    bool refused_ = false;                 ///< before the last part came
    bool sequence_over_ = false;
    int model_status_ = 500;
};

}  // namespace gyre::serving::torchserve
