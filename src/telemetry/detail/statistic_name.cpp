#include "telemetry/detail/statistic_name.h"

#include <charconv>
#include <string>

namespace gyre::telemetry::detail {

core::Result<StatisticName> StatisticName::Parse(std::string_view text) {
    StatisticName name;
    constexpr std::string_view kNames[] = {"Average", "Sum", "Minimum", "Maximum", "SampleCount"};
    for (size_t i = 0; i < std::size(kNames); ++i) {
        if (text != kNames[i]) continue;
        name.kind_ = static_cast<Kind>(i);
        return name;
    }
    if (text.starts_with('p')) {
        name.kind_ = Kind::kPercentile;
        const auto [rest, error] =
            std::from_chars(text.data() + 1, text.data() + text.size(), name.percent_);
        if (error == std::errc() && rest == text.data() + text.size() && name.percent_ >= 0 &&
            name.percent_ <= 100) {
            return name;
        }
    }
    for (const std::string_view other :
         {"tm", "wm", "tc", "ts", "TM(", "WM(", "TC(", "TS(", "PR(", "IQM"}) {
        if (text.starts_with(other)) {
            return core::Fail(core::Code::kUnimplemented, "the statistic " + std::string(text) +
                                                              " is not implemented here; Average, "
                                                              "Sum, Minimum, Maximum, SampleCount "
                                                              "and pNN.N are");
        }
    }
    return core::Fail(core::Code::kInvalidArgument, "InvalidParameterValue",
                      "The value " + std::string(text) + " for parameter Statistics is not valid.");
}

std::optional<double> StatisticName::Of(const Statistic& statistic) const {
    switch (kind_) {
        case Kind::kAverage:
            return statistic.count > 0 ? statistic.sum / statistic.count : 0;
        case Kind::kSum:
            return statistic.sum;
        case Kind::kMinimum:
            return statistic.min;
        case Kind::kMaximum:
            return statistic.max;
        case Kind::kSampleCount:
            return statistic.count;
        case Kind::kPercentile:
            break;
    }
    if (!statistic.has_sketch) return std::nullopt;
    return statistic.Percentile(percent_);
}

}  // namespace gyre::telemetry::detail
