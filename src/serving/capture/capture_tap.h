#pragma once

#include <memory>
#include <string>

#include "serving/capture/capture_writer.h"
#include "serving/prediction_tap.h"

namespace gyre::serving::capture {

/// Copies a share of an endpoint's predictions, of those that the model answered with 2xx, for the
/// writer.
class CaptureTap final : public PredictionTap {
  public:
    CaptureTap(std::string endpoint, CaptureConfig config, std::shared_ptr<CaptureWriter> writer)
        : endpoint_(std::move(endpoint)),
          config_(std::make_shared<const CaptureConfig>(std::move(config))),
          writer_(std::move(writer)),
          counter_(writer_->CounterOf(endpoint_)) {}

    [[nodiscard]] std::shared_ptr<TappedPrediction> Take(std::string_view variant,
                                                         std::string_view head,
                                                         std::string_view body) override;
    [[nodiscard]] std::string Signature() const override {
        return "capture " + std::to_string(config_->percent) + " " + config_->destination;
    }

  private:
    class Tapped;
    const std::string endpoint_;
    const std::shared_ptr<const CaptureConfig> config_;
    const std::shared_ptr<CaptureWriter> writer_;
    const std::shared_ptr<ShareCounter> counter_;
};

}  // namespace gyre::serving::capture
