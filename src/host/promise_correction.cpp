#include "host/promise_correction.h"

#include <algorithm>
#include <cmath>

namespace gyre::host {
namespace {

constexpr double kMost = 3;
// Up on a broken promise, down on a kept one: at rest where one in (1 + log kUp / -log kDown)
// breaks.
constexpr double kUp = 1.1;
constexpr double kDown = 0.997;

}  // namespace

core::microseconds PromiseCorrection::Apply(core::microseconds predicted) const {
    return core::microseconds(std::llround(static_cast<double>(predicted.count()) * factor_));
}

core::microseconds PromiseCorrection::Remove(core::microseconds promised) const {
    return core::microseconds(std::llround(static_cast<double>(promised.count()) / factor_));
}

void PromiseCorrection::Observe(core::microseconds predicted, core::microseconds actual) {
    factor_ = std::clamp(factor_ * (actual > Apply(predicted) ? kUp : kDown), 1.0, kMost);
}

}  // namespace gyre::host
