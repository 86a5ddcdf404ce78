#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "serving/host_link.h"
#include "serving/prediction_tap.h"
#include "serving/routing.h"
#include "serving/shadow/shadow_judge.h"
#include "serving/share_counter.h"

namespace gyre::serving::shadow {

/// Sends a share of an endpoint's predictions to the hosts of its shadow variant too. Its answers
/// go to the judge and nowhere else.
class ShadowTap final : public PredictionTap {
  public:
    struct Options {
        std::string endpoint;
        VariantRoute shadow;
        double share = 1;      ///< of the predictions
        double tolerance = 0;  ///< see DifferenceOf
        std::shared_ptr<ShadowJudge> judge;
        const core::Clock* clock = nullptr;
    };
    explicit ShadowTap(Options options)
        : options_(std::make_shared<const Options>(std::move(options))) {}

    [[nodiscard]] std::shared_ptr<TappedPrediction> Take(std::string_view variant,
                                                         std::string_view head,
                                                         std::string_view body) override;
    [[nodiscard]] std::string Signature() const override {
        return "shadow " + std::to_string(options_->share) + options_->shadow.Signature();
    }

  private:
    class Pair;
    const std::shared_ptr<const Options> options_;
    ShareCounter counter_;
};

}  // namespace gyre::serving::shadow
