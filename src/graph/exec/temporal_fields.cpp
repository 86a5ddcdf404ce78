#include "graph/exec/detail/temporal_fields.h"

#include <algorithm>
#include <array>

#include "graph/calendar.h"
#include "graph/exec/cypher_values.h"
#include "graph/number.h"
#include "graph/temporal.h"
#include "graph/time_zone.h"

namespace gyre::graph::exec::detail {
namespace {

using Kind = Temporal::Kind;

/// A map of parts, whose errors it notes.
class Fields {
  public:
    Fields(Context& context, const Map& map) : context_(context), map_(map) {}

    [[nodiscard]] bool Has(const char* name) const { return map_.Find(Value(name)) != nullptr; }
    /// The part, from least to most; `otherwise` where there is none.
    int64_t Whole(const char* name, int64_t otherwise, int64_t least, int64_t most) {
        const Value* value = map_.Find(Value(name));
        if (value == nullptr) return otherwise;
        if (!value->IsNumber() || !IsWhole(*value)) {
            Wrong(std::string(name) + " is an Integer");
            return otherwise;
        }
        const int64_t number = ToInt64(*value);
        if (number >= least && number <= most) return number;
        Wrong(std::string(name) + " is from " + std::to_string(least) + " to " +
              std::to_string(most));
        return otherwise;
    }
    /// Another date or time under that name.
    [[nodiscard]] std::optional<Temporal> Other(const char* name) {
        const Value* value = map_.Find(Value(name));
        if (value == nullptr) return std::nullopt;
        if (const auto* temporal = value->If<Ptr<Temporal>>()) return **temporal;
        Wrong(std::string(name) + " is a date or time");
        return std::nullopt;
    }
    [[nodiscard]] std::optional<Temporal> Zone() {
        const Value* value = map_.Find(Value("timezone"));
        if (value == nullptr) return std::nullopt;
        Temporal zone;
        if (value->Is<std::string>() && ParseZone(value->As<std::string>(), zone)) return zone;
        Wrong("there is no such timezone");
        return std::nullopt;
    }
    void Wrong(const std::string& what) {
        FailCypher(context_, "ArgumentError", "InvalidArgumentValue", what);
    }

  private:
    Context& context_;
    const Map& map_;
};

constexpr int64_t kMostYear = 999'999'999;

/// The day that the fields say, beside a base or not.
int64_t DayFrom(Fields& fields, const std::optional<int64_t>& base) {
    const CalendarDay old = DayOf(base.value_or(0));
    const auto year = [&](int64_t otherwise) {
        if (!base && !fields.Has("year")) fields.Wrong("year is missing");
        return fields.Whole("year", otherwise, -kMostYear, kMostYear);
    };
    if (fields.Has("week") || fields.Has("dayOfWeek")) {
        const int64_t of = year(base ? WeekYear(*base) : 1970);
        const int64_t week = fields.Whole("week", base ? WeekOf(*base) : 1, 1, 53);
        const int64_t day = fields.Whole("dayOfWeek", base ? WeekDay(*base) : 1, 1, 7);
        if (week == 53 && FirstWeek(of) + 52 * 7 >= FirstWeek(of + 1)) {
            fields.Wrong("the year has no week 53");
        }
        return FirstWeek(of) + 7 * (week - 1) + day - 1;
    }
    const int64_t of = year(old.year);
    if (fields.Has("ordinalDay")) {
        const int64_t most = IsLeap(of) ? 366 : 365;
        return DaysOf({of, 1, 1}) + fields.Whole("ordinalDay", 1, 1, most) - 1;
    }
    if (fields.Has("quarter") || fields.Has("dayOfQuarter")) {
        const int quarter_before = (old.month - 1) / 3;
        const int64_t day_before =
            base ? *base - DaysOf({old.year, quarter_before * 3 + 1, 1}) + 1 : 1;
        const auto quarter =
            static_cast<int>(fields.Whole("quarter", base ? quarter_before + 1 : 1, 1, 4));
        const int64_t first = DaysOf({of, (quarter - 1) * 3 + 1, 1});
        const int64_t last =
            quarter == 4 ? DaysOf({of + 1, 1, 1}) : DaysOf({of, quarter * 3 + 1, 1});
        return first + fields.Whole("dayOfQuarter", day_before, 1, last - first) - 1;
    }
    const auto month = static_cast<int>(fields.Whole("month", base ? old.month : 1, 1, 12));
    const int most = DaysIn(of, month);
    const int before = base ? std::min(old.day, most) : 1;
    return DaysOf({of, month, static_cast<int>(fields.Whole("day", before, 1, most))});
}

/// The time of day that the fields say. Parts of a second replace those below the largest that is
/// named: {nanosecond: 2} keeps a base's microseconds.
int64_t ClockFrom(Fields& fields, int64_t base) {
    const int64_t seconds = base / kNanosOfSecond;
    const int64_t hour = fields.Whole("hour", seconds / 3600, 0, 23);
    const int64_t minute = fields.Whole("minute", seconds / 60 % 60, 0, 59);
    const int64_t second = fields.Whole("second", seconds % 60, 0, 59);
    int64_t nanos = base % kNanosOfSecond;
    const bool millis = fields.Has("millisecond");
    const bool micros = fields.Has("microsecond");
    if (millis) {
        nanos = fields.Whole("millisecond", 0, 0, 999) * 1'000'000 + nanos % 1'000'000;
    }
    if (micros) {
        const int64_t most = millis ? 999 : 999'999;
        const int64_t above = millis ? nanos / 1'000'000 * 1'000'000 : 0;
        nanos = above + fields.Whole("microsecond", 0, 0, most) * 1000 + nanos % 1000;
    }
    if (fields.Has("nanosecond")) {
        const int64_t most = micros ? 999 : millis ? 999'999 : 999'999'999;
        const int64_t given = fields.Whole("nanosecond", 0, 0, most);
        const int64_t unit = micros || (given < 1000 && nanos % 1000 == 0) ? 1000
                             : millis || (given < 1'000'000 && nanos % 1'000'000 == 0)
                                 ? 1'000'000
                                 : kNanosOfSecond;
        nanos = nanos / unit * unit + given;
    }
    return ((hour * 60 + minute) * 60 + second) * kNanosOfSecond + nanos;
}

/// A time of day has an offset and no zone.
bool Settle(Context& context, Temporal& temporal) {
    if (!HasZone(temporal.kind)) {
        temporal.zone.clear();
        temporal.offset = 0;
        return true;
    }
    if (temporal.kind == Kind::kTime && !temporal.zone.empty()) {
        temporal.offset = OffsetAt(temporal.zone, context.StatementMillis() / 1000).value_or(0);
        temporal.zone.clear();
    }
    return SettleOffset(temporal);
}

/// {epochSeconds, nanosecond} or {epochMillis, nanosecond}
Temporal FromEpoch(Fields& fields, const std::optional<Temporal>& zone) {
    constexpr int64_t kMost = 30'000'000'000'000;
    const int64_t seconds = fields.Whole("epochSeconds", 0, -kMost, kMost);
    const int64_t millis = fields.Whole("epochMillis", 0, -kMost * 1000, kMost * 1000);
    const int64_t nanos = fields.Whole("nanosecond", 0, 0, kNanosOfSecond - 1);
    const int64_t whole = seconds + FloorDiv(millis, 1000);
    Temporal at;
    at.kind = Kind::kDateTime;
    at.days = FloorDiv(whole, 86400);
    at.nanos = FloorMod(whole, 86400) * kNanosOfSecond + FloorMod(millis, 1000) * 1'000'000 + nanos;
    if (zone) {
        if (auto moved = AtZone(at, *zone)) at = *moved;
    }
    return at;
}

}  // namespace

Temporal Converted(const Temporal& from, Kind kind) {
    Temporal to = from;
    to.kind = kind;
    if (!HasDate(kind)) to.days = 0;
    if (!HasTime(kind) || !HasTime(from.kind)) to.nanos = 0;
    if (!HasZone(kind) || !HasZone(from.kind)) {
        to.offset = 0;
        to.zone.clear();
    }
    if (kind == Kind::kTime) to.zone.clear();
    return to;
}

Temporal StatementTime(Context& context, const Temporal& zone) {
    const int64_t millis = context.StatementMillis();
    Temporal now;
    now.kind = Kind::kDateTime;
    now.days = FloorDiv(millis, 86'400'000);
    now.nanos = FloorMod(millis, 86'400'000) * 1'000'000;
    const auto there = AtZone(now, zone);
    return there ? *there : now;
}

std::optional<Temporal> FromFields(Context& context, Kind kind, const Map& map) {
    Fields fields(context, map);
    const auto zone = fields.Zone();
    if (context.Failed()) return std::nullopt;
    if (map.Size() == (zone ? 1 : 0)) {
        return Converted(StatementTime(context, zone.value_or(Temporal{})), kind);
    }
    if (fields.Has("epochSeconds") || fields.Has("epochMillis")) {
        const Temporal at = FromEpoch(fields, zone);
        if (context.Failed()) return std::nullopt;
        return Converted(at, kind);
    }
    const auto both = fields.Other("datetime");
    const auto date = both ? both : fields.Other("date");
    const auto time = both ? both : fields.Other("time");
    if (context.Failed()) return std::nullopt;
    if ((date && !HasDate(date->kind)) || (time && !HasTime(time->kind))) {
        fields.Wrong("the date or time given has no such part");
        return std::nullopt;
    }
    Temporal made;
    made.kind = kind;
    if (HasDate(kind)) {
        made.days = DayFrom(fields, date ? std::optional(date->days) : std::nullopt);
    }
    if (HasTime(kind)) made.nanos = time ? time->nanos : 0;
    if (time && HasZone(time->kind) && HasZone(kind)) {
        made.zone = time->zone;
        made.offset = time->offset;
    }
    if (context.Failed() || !Settle(context, made)) return std::nullopt;
    if (zone && HasZone(kind)) {
        const bool moves = time && HasZone(time->kind);
        Temporal there = *zone;
        there.kind = kind;
        if (kind == Kind::kTime && !Settle(context, there)) return std::nullopt;
        if (moves) {
            const auto moved = AtZone(made, there);
            if (!moved) return std::nullopt;
            made = *moved;
        } else {
            made.zone = there.zone;
            made.offset = there.offset;
        }
    }
    if (HasTime(kind)) made.nanos = ClockFrom(fields, made.nanos);
    if (context.Failed() || !Settle(context, made)) return std::nullopt;
    return made;
}

std::optional<Temporal> WithFields(Context& context, const Temporal& base, const Map& map) {
    Fields fields(context, map);
    Temporal made = base;
    if (HasDate(made.kind)) made.days = DayFrom(fields, made.days);
    if (HasTime(made.kind)) made.nanos = ClockFrom(fields, made.nanos);
    const auto zone = fields.Zone();
    if (zone && HasZone(made.kind)) {
        made.zone = zone->zone;
        made.offset = zone->offset;
    }
    if (context.Failed() || !Settle(context, made)) return std::nullopt;
    return made;
}

std::optional<Duration> DurationFromFields(Context& context, const Map& map) {
    struct Part {
        const char* name;
        long double months, days, seconds, nanos;
    };
    static constexpr Part kParts[] = {
        {"years", 12, 0, 0, 0},
        {"quarters", 3, 0, 0, 0},
        {"months", 1, 0, 0, 0},
        {"weeks", 0, 7, 0, 0},
        {"days", 0, 1, 0, 0},
        {"hours", 0, 0, 3600, 0},
        {"minutes", 0, 0, 60, 0},
        {"seconds", 0, 0, 1, 0},
        {"milliseconds", 0, 0, 0, 1e6L},
        {"microseconds", 0, 0, 0, 1e3L},
        {"nanoseconds", 0, 0, 0, 1},
    };
    long double months = 0, days = 0, seconds = 0, nanos = 0;
    for (const auto& [key, value] : map.Items()) {
        const auto* part = std::ranges::find_if(kParts, [&](const Part& one) {
            return key.Is<std::string>() && key.As<std::string>() == one.name;
        });
        if (part == std::end(kParts) || !value.IsNumber()) {
            FailCypher(context, "ArgumentError", "InvalidArgumentValue",
                       "a duration has no part " + DisplayText(key) + ", or it is no number");
            return std::nullopt;
        }
        const long double amount = IsWhole(value) ? static_cast<long double>(ToInt64(value))
                                                  : static_cast<long double>(ToDouble(value));
        months += amount * part->months;
        days += amount * part->days;
        seconds += amount * part->seconds;
        nanos += amount * part->nanos;
    }
    auto made = MakeDuration(months, days, seconds, nanos);
    if (!made) {
        FailCypher(context, "ArithmeticError", "NumberOutOfRange", "a duration overflows");
    }
    return made;
}

}  // namespace gyre::graph::exec::detail
