#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/result.h"
#include "net/frame_channel.h"

namespace gyre::serving {

/// One prediction that a tap looks at.
class TappedPrediction {
  public:
    virtual ~TappedPrediction() = default;
    /// What the host said, or that it went away. Called once, on an io thread, before the caller
    /// has the answer; must not block.
    virtual void Answered(const core::Result<net::Frame>& reply) = 0;
};

/// Looks at a route's predictions without touching them: it may copy, and must not slow. It stays
/// as long as the route or a prediction of it. Thread-safe.
class PredictionTap {
  public:
    virtual ~PredictionTap() = default;
    /// Of a prediction that is about to go to a host of that variant, as the frame that will be
    /// sent; null: not this one. Must not block.
    [[nodiscard]] virtual std::shared_ptr<TappedPrediction> Take(std::string_view variant,
                                                                 std::string_view head,
                                                                 std::string_view body) = 0;
    /// Equal for taps of one endpoint that do the same.
    [[nodiscard]] virtual std::string Signature() const = 0;
};

}  // namespace gyre::serving
