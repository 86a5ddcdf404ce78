#include "core/clock.h"

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

}  // namespace gyre::core
