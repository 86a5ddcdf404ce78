#pragma once

#include <algorithm>

#include "core/clock.h"
#include "transform/invocation.h"

namespace gyre::transform {

/// How often, and after what pauses, a request that goes wrong is made again. A host that has no
/// room, or is not there, is tried for as long as a request may take without that being counted.
class Retries {
  public:
    Retries(const TransformSpec& spec, core::SteadyTime now)
        : most_(spec.retries), patience_(now + core::seconds(spec.timeout_seconds)) {}

    /// Whether to try again after that refusal.
    [[nodiscard]] bool After(const Refusal& refusal, core::SteadyTime now) {
        if (refusal.then == Refusal::Then::kGiveUp) return false;
        const bool later = refusal.then == Refusal::Then::kLater && now < patience_;
        return later || ++failed_ <= most_;
    }
    /// Before the next try.
    [[nodiscard]] core::milliseconds Pause() {
        const core::milliseconds pause = pause_;
        pause_ = std::min(2 * pause_, kLongest);
        return pause;
    }

  private:
    static constexpr core::milliseconds kLongest{2'000};

    const int most_;
    const core::SteadyTime patience_;
    int failed_ = 0;
    core::milliseconds pause_{50};
};

}  // namespace gyre::transform
