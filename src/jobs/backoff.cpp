#include "jobs/backoff.h"

#include <algorithm>
#include <utility>

namespace gyre::jobs {

core::milliseconds ExponentialBackoff::Delay(int failures, double random) const {
    core::milliseconds delay = first;
    for (int i = 1; i < failures && delay < longest; ++i) delay *= 2;
    delay = std::min(delay, longest);
    return delay - core::milliseconds(
                       static_cast<int64_t>(random * 0.5 * static_cast<double>(delay.count())));
}

core::seconds RestartPolicy::NextDelay(core::milliseconds ran) {
    if (ran >= healthy_) {
        failures_ = 0;
        next_ = core::seconds(0);
        after_ = core::seconds(1);
    }
    ++failures_;
    const core::seconds delay = std::min(next_, longest_);
    if (next_ < longest_) {
        next_ = std::exchange(after_, next_ + after_);
    }
    return delay;
}

}  // namespace gyre::jobs
