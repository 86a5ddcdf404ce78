#pragma once

#include <string>
#include <string_view>

#include "telemetry/sketch.h"

namespace gyre::telemetry {

/// What is known of the values of one span of time. Values are finite.
struct Statistic {
    double count = 0;
    double sum = 0;
    double min = 0;
    double max = 0;
    /// Empty where values came as sums only (a StatisticSet of more than one): then there are no
    /// percentiles.
    Sketch sketch;
    bool has_sketch = true;

    [[nodiscard]] static Statistic Of(double value, double count = 1);
    [[nodiscard]] static Statistic OfSet(double count, double sum, double min, double max);

    void Merge(const Statistic& other);
    /// `percent` from 0 to 100, within what was seen. Only where has_sketch.
    [[nodiscard]] double Percentile(double percent) const;

    void Encode(std::string& out) const;
    [[nodiscard]] bool Decode(std::string_view& in);
};

}  // namespace gyre::telemetry
