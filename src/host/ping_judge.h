#pragma once

#include <optional>

#include "core/clock.h"

namespace gyre::host {

/// When a program that does not answer its pings is taken for stuck, and not for busy: a server of
/// one thread answers none while it computes. Not thread-safe.
class PingJudge {
  public:
    /// `longest`: what an answer may take.
    PingJudge(int most_failed, core::milliseconds longest)
        : most_failed_(most_failed), longest_(longest) {}

    void Sent(core::SteadyTime now) {
        ++in_flight_;
        if (!waits_since_) waits_since_ = now;
    }
    /// The request's answer, or a part of it, or of its body that the program took.
    void Moved(core::SteadyTime now) {
        failed_ = 0;
        waits_since_ = now;
    }
    /// One that nobody waits for any more may keep the program busy still.
    void Ended(core::SteadyTime now, bool answered) {
        --in_flight_;
        if (answered) Answered(now);
    }
    void Pinged(core::SteadyTime now) { Answered(now); }
    /// Whether that was one too many.
    [[nodiscard]] bool PingFailed(core::SteadyTime now) {
        if (waits_since_ && now - *waits_since_ <= longest_) return false;
        return ++failed_ >= most_failed_;
    }

  private:
    void Answered(core::SteadyTime now) {
        failed_ = 0;
        waits_since_ = in_flight_ > 0 ? std::optional(now) : std::nullopt;
    }

    const int most_failed_;
    const core::milliseconds longest_;
    int in_flight_ = 0;
    int failed_ = 0;                               ///< in a row
    std::optional<core::SteadyTime> waits_since_;  ///< for the next sign of life
};

}  // namespace gyre::host
