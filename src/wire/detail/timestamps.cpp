#include "wire/detail/timestamps.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>

#include "core/clock.h"
#include "core/json.h"

namespace gyre::wire::detail {
namespace {

constexpr double kLastYear = 253'402'300'799.0;  // the end of the year 9999

std::optional<double> ParseIso8601(const std::string& text) {
    std::tm parts{};
    const char* rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
    if (rest == nullptr) return std::nullopt;
    double seconds = static_cast<double>(::timegm(&parts));
    if (*rest == '.') {
        double fraction = 0;
        const auto [end, error] = std::from_chars(rest, text.data() + text.size(), fraction);
        if (error != std::errc()) return std::nullopt;
        seconds += fraction;
        rest = end;
    }
    if (std::string_view(rest) == "Z") return seconds;
    int hours = 0;
    int minutes = 0;
    if (std::sscanf(rest, "%3d:%2d", &hours, &minutes) != 2 || (rest[0] != '+' && rest[0] != '-')) {
        return std::nullopt;
    }
    const int offset = std::abs(hours) * 3600 + minutes * 60;
    return seconds - (rest[0] == '-' ? -offset : offset);
}

}  // namespace

std::optional<double> ParseTimestamp(std::string_view text) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size()) {
        return std::isfinite(number) && std::abs(number) < kLastYear ? std::optional(number)
                                                                     : std::nullopt;
    }
    const std::string copy(text);
    if (const auto time = ParseIso8601(copy)) return time;
    for (const char* format : {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT"}) {
        std::tm parts{};
        const char* rest = ::strptime(copy.c_str(), format, &parts);
        if (rest != nullptr && *rest == '\0') return static_cast<double>(::timegm(&parts));
    }
    return std::nullopt;
}

std::string FormatTimestamp(double epoch_seconds, TimeFormat format) {
    const core::WallTime time{core::milliseconds(std::llround(epoch_seconds * 1000))};
    switch (format) {
        case TimeFormat::kRfc822:
            return core::HttpDate(time);
        case TimeFormat::kUnix:
            return core::JsonText(epoch_seconds);
        case TimeFormat::kDefault:
        case TimeFormat::kIso8601:
            return core::Iso8601(time);
    }
    return "";
}

}  // namespace gyre::wire::detail
