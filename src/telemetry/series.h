#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "telemetry/statistic.h"

namespace gyre::telemetry {

/// What a value is a value of. Texts hold no control characters.
struct Series {
    std::string name_space;                                       ///< "AWS/SageMaker"
    std::string metric;                                           ///< "Invocations"
    std::vector<std::pair<std::string, std::string>> dimensions;  ///< by name
    std::string unit = "None";

    /// One text for all of it, which sorts by namespace, metric, dimensions, unit.
    [[nodiscard]] std::string Key() const;
    /// As Key without the unit: what the keys of all its units begin with.
    [[nodiscard]] std::string KeyPrefix() const;
    /// Of a text that Key made.
    [[nodiscard]] static Series OfKey(std::string_view key);
};

struct Sample {
    Series series;
    core::WallTime time{};
    Statistic value;
    bool fine = false;  ///< kept by the second for three hours, else by the minute
};

}  // namespace gyre::telemetry
