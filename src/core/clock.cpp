#include "core/clock.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace gyre::core {
namespace {

class RealClock final : public Clock {
  public:
    [[nodiscard]] SteadyTime Now() const override { return std::chrono::steady_clock::now(); }
    [[nodiscard]] WallTime WallNow() const override {
        return std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
    }
};

struct Calendar {
    std::tm fields;
    int milliseconds;
};

Calendar Split(WallTime time) {
    const auto whole = std::chrono::floor<seconds>(time);
    const std::time_t epoch = whole.time_since_epoch().count();
    Calendar calendar{};
    gmtime_r(&epoch, &calendar.fields);
    calendar.milliseconds = static_cast<int>((time - whole).count());
    return calendar;
}

}  // namespace

const Clock& SystemClock() {
    static const RealClock clock;
    return clock;
}

SteadyTime FakeClock::Now() const {
    const std::lock_guard lock(mutex_);
    return SteadyTime(std::chrono::duration_cast<SteadyTime::duration>(elapsed_));
}

WallTime FakeClock::WallNow() const {
    const std::lock_guard lock(mutex_);
    return wall_;
}

void FakeClock::Advance(std::chrono::nanoseconds by) {
    const std::lock_guard lock(mutex_);
    elapsed_ += by;
    wall_ += std::chrono::duration_cast<milliseconds>(by);
}

void FakeClock::SetWall(WallTime wall) {
    const std::lock_guard lock(mutex_);
    wall_ = wall;
}

double EpochSeconds(WallTime time) {
    return static_cast<double>(time.time_since_epoch().count()) / 1000.0;
}

std::string Iso8601(WallTime time) {
    const Calendar calendar = Split(time);
    char date[32];
    std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &calendar.fields);
    char text[48];
    std::snprintf(text, sizeof text, "%s.%03dZ", date, calendar.milliseconds);
    return text;
}

std::string Iso8601Basic(WallTime time) {
    const Calendar calendar = Split(time);
    char text[32];
    std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &calendar.fields);
    return text;
}

std::string HttpDate(WallTime time) {
    static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const Calendar calendar = Split(time);
    char rest[32];
    std::strftime(rest, sizeof rest, "%Y %H:%M:%S GMT", &calendar.fields);
    char text[64];
    std::snprintf(text, sizeof text, "%s, %02d %s %s", kDays[calendar.fields.tm_wday],
                  calendar.fields.tm_mday, kMonths[calendar.fields.tm_mon], rest);
    return text;
}

std::optional<WallTime> ParseIso8601(std::string_view text) {
    constexpr std::string_view kForm = "0000-00-00T00:00:00";
    if (text.size() < kForm.size() + 1 || !text.ends_with('Z')) return std::nullopt;
    std::array<int, 6> parts{};
    size_t part = 0;
    for (size_t i = 0; i < kForm.size(); ++i) {
        if (kForm[i] != '0') {
            if (text[i] != kForm[i]) return std::nullopt;
            ++part;
            continue;
        }
        if (text[i] < '0' || text[i] > '9') return std::nullopt;
        parts[part] = parts[part] * 10 + (text[i] - '0');
    }
    const std::string_view rest = text.substr(kForm.size(), text.size() - kForm.size() - 1);
    if (!rest.empty() && (rest.front() != '.' || rest.size() < 2 ||
                          rest.find_first_not_of("0123456789", 1) != std::string_view::npos)) {
        return std::nullopt;
    }
    const std::chrono::year_month_day day{std::chrono::year(parts[0]),
                                          std::chrono::month(static_cast<unsigned>(parts[1])),
                                          std::chrono::day(static_cast<unsigned>(parts[2]))};
    if (!day.ok() || parts[3] > 23 || parts[4] > 59 || parts[5] > 60) return std::nullopt;
    const auto since = std::chrono::sys_days(day).time_since_epoch() +
                       std::chrono::hours(parts[3]) + std::chrono::minutes(parts[4]) +
                       std::chrono::seconds(parts[5]);
    int64_t thousandths = 0;
    for (size_t i = 1; i <= 3 && !rest.empty(); ++i) {
        thousandths = thousandths * 10 + (i < rest.size() ? rest[i] - '0' : 0);
    }
    return WallTime(std::chrono::duration_cast<milliseconds>(since) + milliseconds(thousandths));
}

std::optional<WallTime> ParseHttpDate(std::string_view text) {
    static constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
    // "Tue, 24 Nov 2026 12:00:00 GMT"
    constexpr size_t kLength = 29;
    if (text.size() != kLength || !text.ends_with(" GMT")) return std::nullopt;
    const size_t month = kMonths.find(text.substr(8, 3));
    if (month == std::string_view::npos || month % 3 != 0) return std::nullopt;
    const size_t number = month / 3 + 1;
    std::string iso(text.substr(12, 4));
    iso += number < 10 ? "-0" : "-";
    iso += std::to_string(number) + "-";
    iso += text.substr(5, 2);
    iso += "T";
    iso += text.substr(17, 8);
    return ParseIso8601(iso + "Z");
}

}  // namespace gyre::core
