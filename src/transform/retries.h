#pragma once

#include <algorithm>
#include <utility>

#include "core/clock.h"
#include "transform/invocation.h"

namespace gyre::transform {

/// How often, and after what pauses, a request that goes wrong is made again. A host that has no
/// room, or is not there, is tried for as long as a request may take without that being counted.
/// One that its host ended under is made again alone; the first time is not counted, for others
/// were there.
class Retries {
  public:
    /// `alone`: none is there but this one.
    Retries(const TransformSpec& spec, bool alone) : Retries(spec, alone, spec.retries) {}
    /// For a part of a payload that was refused so: what a model took its time over, or ended of,
    /// is tried once, since that takes long and what it does has been seen.
    Retries(const TransformSpec& spec, bool alone, const Refusal& refusal)
        : Retries(spec, alone || refusal.then == Refusal::Then::kAlone,
                  IsSilence(refusal) ? 0 : spec.retries) {}

    /// Whether to try again after that refusal.
    [[nodiscard]] bool After(const Refusal& refusal, core::SteadyTime now) {
        if (refusal.then == Refusal::Then::kGiveUp || refusal.then == Refusal::Then::kMisfit) {
            return false;
        }
        if (refusal.then == Refusal::Then::kLater) {
            if (!std::exchange(waits_, true)) waits_since_ = now;
            if (now - waits_since_ < patience_) return true;
        } else {
            waits_ = false;
        }
        if (refusal.then == Refusal::Then::kAlone && !std::exchange(alone_, true)) return true;
        return ++failed_ <= most_;
    }
    /// Whether the next try wants its host for itself.
    [[nodiscard]] bool Alone() const { return alone_; }
    /// Before the next try.
    [[nodiscard]] core::milliseconds Pause() {
        const core::milliseconds pause = pause_;
        pause_ = std::min(2 * pause_, kLongest);
        return pause;
    }

  private:
    static constexpr core::milliseconds kLongest{2'000};
    static bool IsSilence(const Refusal& refusal) {
        return refusal.then != Refusal::Then::kGiveUp && refusal.status == 0;
    }
    Retries(const TransformSpec& spec, bool alone, int most)
        : most_(most), patience_(spec.timeout_seconds), alone_(alone) {}

    const int most_;
    const core::seconds patience_;
    bool alone_;
    bool waits_ = false;  ///< since `waits_since_`
    core::SteadyTime waits_since_{};
    int failed_ = 0;
    core::milliseconds pause_{50};
};

}  // namespace gyre::transform
