#include <algorithm>
#include <cmath>
#include <limits>

#include "graph/calendar.h"
#include "graph/temporal.h"
#include "graph/time_zone.h"

namespace gyre::graph {
namespace {

using Kind = Temporal::Kind;
using Partial = std::partial_ordering;

/// Days are kept within years of nine digits, which every sum here can carry.
constexpr int64_t kMostDays = 366'000'000'000;
constexpr long double kMost = 9e15L;
constexpr long double kDaysOfMonth = 30.436875L;

/// Nanoseconds of the local date and time.
WideNanos LocalOf(const Temporal& temporal) {
    return WideNanos{temporal.days} * kNanosOfDay + temporal.nanos;
}

void SetLocal(Temporal& temporal, WideNanos local) {
    WideNanos days = local / kNanosOfDay;
    if (local % kNanosOfDay < 0) --days;
    temporal.days = static_cast<int64_t>(days);
    temporal.nanos = static_cast<int64_t>(local - days * kNanosOfDay);
}

bool AddMonths(Temporal& temporal, int64_t months) {
    CalendarDay day = DayOf(temporal.days);
    int64_t all = 0;
    if (__builtin_add_overflow(day.year * 12 + day.month - 1, months, &all)) return false;
    day.year = FloorDiv(all, 12);
    if (day.year > 999'999'999 || day.year < -999'999'999) return false;
    day.month = static_cast<int>(FloorMod(all, 12)) + 1;
    day.day = std::min(day.day, DaysIn(day.year, day.month));
    temporal.days = DaysOf(day);
    return true;
}

bool AddDays(Temporal& temporal, int64_t days) {
    if (__builtin_add_overflow(temporal.days, days, &temporal.days)) return false;
    return temporal.days <= kMostDays && temporal.days >= -kMostDays;
}

/// Truncated towards zero; what rounding has cut off a whole billionth is put back.
long double Whole(long double amount) {
    const long double nearest = std::round(amount);
    return std::fabs(amount - nearest) < 1e-12L ? nearest : std::trunc(amount);
}

std::optional<Duration> Normal(int64_t months, int64_t days, WideNanos nanos) {
    WideNanos seconds = nanos / kNanosOfSecond;
    if (nanos % kNanosOfSecond < 0) --seconds;
    if (seconds > std::numeric_limits<int64_t>::max() ||
        seconds < std::numeric_limits<int64_t>::min()) {
        return std::nullopt;
    }
    return Duration{months, days, static_cast<int64_t>(seconds),
                    static_cast<int32_t>(nanos - seconds * kNanosOfSecond)};
}

WideNanos NanosOf(const Duration& duration) {
    return WideNanos{duration.seconds} * kNanosOfSecond + duration.nanos;
}

/// The end's local time where the start is, so that calendar units can be counted.
Temporal Beside(const Temporal& from, Temporal to) {
    if (!HasZone(from.kind) || !HasZone(to.kind)) return to;
    const auto moved = AtZone(to, from);
    return moved ? *moved : to;
}

int64_t MonthsBetween(const Temporal& from, const Temporal& to) {
    int64_t end = to.days;
    if (end > from.days && to.nanos < from.nanos) --end;
    if (end < from.days && to.nanos > from.nanos) ++end;
    const CalendarDay a = DayOf(from.days), b = DayOf(end);
    const int64_t packed = (b.year * 12 + b.month) * 32 + b.day;
    return (packed - ((a.year * 12 + a.month) * 32 + a.day)) / 32;
}

int64_t DaysBetween(const Temporal& from, const Temporal& to) {
    return static_cast<int64_t>((LocalOf(to) - LocalOf(from)) / kNanosOfDay);
}

/// Nanoseconds from one to the other: by the instant where both have one.
WideNanos Elapsed(const Temporal& from, const Temporal& to) {
    if (HasZone(from.kind) && HasZone(to.kind)) return InstantOf(to) - InstantOf(from);
    return LocalOf(to) - LocalOf(from);
}

}  // namespace

WideNanos InstantOf(const Temporal& temporal) {
    return LocalOf(temporal) - WideNanos{temporal.offset} * kNanosOfSecond;
}

std::optional<Temporal> AtZone(const Temporal& temporal, const Temporal& zone) {
    Temporal moved = temporal;
    moved.zone = zone.zone;
    moved.offset = zone.offset;
    const WideNanos instant = InstantOf(temporal);
    if (!moved.zone.empty()) {
        WideNanos seconds = instant / kNanosOfSecond;
        if (instant % kNanosOfSecond < 0) --seconds;
        const auto offset = OffsetAt(moved.zone, static_cast<int64_t>(seconds));
        if (!offset) return std::nullopt;
        moved.offset = *offset;
    }
    SetLocal(moved, instant + WideNanos{moved.offset} * kNanosOfSecond);
    if (!HasDate(moved.kind)) moved.days = 0;
    return moved;
}

std::partial_ordering CompareTemporals(const Temporal& a, const Temporal& b) {
    if (a.kind != b.kind) return Partial::unordered;
    if (const auto order = InstantOf(a) <=> InstantOf(b); order != 0) return order;
    if (const auto order = LocalOf(a) <=> LocalOf(b); order != 0) return order;
    return a.zone.compare(b.zone) <=> 0;
}

std::optional<Duration> MakeDuration(long double months, long double days, long double seconds,
                                     long double nanos) {
    const long double whole_months = Whole(months);
    days += (months - whole_months) * kDaysOfMonth;
    const long double whole_days = Whole(days);
    seconds += (days - whole_days) * 86400;
    const long double whole_seconds = Whole(seconds);
    nanos += (seconds - whole_seconds) * 1e9L;
    const long double most[] = {whole_months, whole_days, whole_seconds, nanos};
    for (const long double amount : most) {
        if (!(std::fabs(amount) < kMost)) return std::nullopt;
    }
    const long double near = std::round(nanos);
    const long double whole_nanos = std::fabs(nanos - near) < 1e-3L ? near : std::trunc(nanos);
    return Normal(static_cast<int64_t>(whole_months), static_cast<int64_t>(whole_days),
                  static_cast<WideNanos>(whole_seconds) * kNanosOfSecond +
                      static_cast<WideNanos>(whole_nanos));
}

WideNanos LengthOf(const Duration& duration) {
    constexpr WideNanos kNanosOfMonth = WideNanos{2'629'746} * kNanosOfSecond;
    return duration.months * kNanosOfMonth + WideNanos{duration.days} * kNanosOfDay +
           NanosOf(duration);
}

std::optional<Temporal> AddDuration(const Temporal& temporal, const Duration& duration, int sign) {
    Temporal sum = temporal;
    const WideNanos nanos = NanosOf(duration) * sign;
    if (!HasDate(sum.kind)) {
        SetLocal(sum, sum.nanos + nanos % kNanosOfDay);
        sum.days = 0;
        return sum;
    }
    if (!AddMonths(sum, duration.months * sign) || !AddDays(sum, duration.days * sign)) {
        return std::nullopt;
    }
    if (sum.kind == Kind::kDate) {  // whole days of its time count
        if (!AddDays(sum, static_cast<int64_t>(nanos / kNanosOfDay))) return std::nullopt;
        return sum;
    }
    if (nanos / kNanosOfDay > kMostDays || nanos / kNanosOfDay < -kMostDays) return std::nullopt;
    if (sum.zone.empty()) {
        SetLocal(sum, LocalOf(sum) + nanos);
        return sum;
    }
    if (!SettleOffset(sum)) return std::nullopt;
    const Temporal zone = sum;
    SetLocal(sum, LocalOf(sum) + nanos);
    return AtZone(sum, zone);
}

std::optional<Duration> AddDurations(const Duration& a, const Duration& b, int sign) {
    int64_t months = 0, days = 0;
    const bool wrong = sign > 0 ? __builtin_add_overflow(a.months, b.months, &months) ||
                                      __builtin_add_overflow(a.days, b.days, &days)
                                : __builtin_sub_overflow(a.months, b.months, &months) ||
                                      __builtin_sub_overflow(a.days, b.days, &days);
    if (wrong) return std::nullopt;
    return Normal(months, days, NanosOf(a) + NanosOf(b) * sign);
}

std::optional<Duration> Between(const Temporal& from, const Temporal& to, SpanUnit unit) {
    Temporal a = from, b = to;
    const bool dates = HasDate(a.kind) || HasDate(b.kind);
    if (!HasDate(a.kind)) a.days = b.days;
    if (!HasDate(b.kind)) b.days = a.days;
    if (HasZone(a.kind) != HasZone(b.kind)) {  // the one without is where the other is
        Temporal& without = HasZone(a.kind) ? b : a;
        const Temporal& with = HasZone(a.kind) ? a : b;
        without.zone = with.zone;
        without.offset = with.offset;
        if (!SettleOffset(without)) return std::nullopt;
    }
    if (dates) {
        const bool zoned = HasZone(a.kind) || HasZone(b.kind);
        a.kind = b.kind = zoned ? Kind::kDateTime : Kind::kLocalDateTime;
    }
    const bool both_dates = HasDate(from.kind) && HasDate(to.kind);
    const bool counts_dates = both_dates && unit != SpanUnit::kSeconds;
    if (!counts_dates) {
        if (unit == SpanUnit::kMonths) return Duration{};
        if (unit == SpanUnit::kDays) {
            return Duration{0, static_cast<int64_t>(Elapsed(a, b) / kNanosOfDay), 0, 0};
        }
        return Normal(0, 0, Elapsed(a, b));
    }
    const Temporal end = Beside(a, b);
    if (unit == SpanUnit::kMonths) return Duration{MonthsBetween(a, end), 0, 0, 0};
    if (unit == SpanUnit::kDays) return Duration{0, DaysBetween(a, end), 0, 0};
    Temporal at = a;
    const int64_t months = MonthsBetween(at, end);
    if (!AddMonths(at, months)) return std::nullopt;
    const int64_t days = DaysBetween(at, end);
    if (!AddDays(at, days) || !SettleOffset(at)) return std::nullopt;
    return Normal(months, days, Elapsed(at, b));
}

}  // namespace gyre::graph
