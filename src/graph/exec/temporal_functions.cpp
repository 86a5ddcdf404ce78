#include <algorithm>
#include <array>
#include <utility>

#include "graph/calendar.h"
#include "graph/exec/cypher_values.h"
#include "graph/exec/detail/temporal_fields.h"
#include "graph/exec/evaluate.h"
#include "graph/number.h"
#include "graph/temporal.h"

namespace gyre::graph::exec {
namespace {

using Kind = Temporal::Kind;

constexpr std::pair<std::string_view, Kind> kKinds[] = {
    {"date", Kind::kDate},         {"localtime", Kind::kLocalTime},
    {"time", Kind::kTime},         {"localdatetime", Kind::kLocalDateTime},
    {"datetime", Kind::kDateTime},
};

void Wrong(Context& context, const std::string& what) {
    FailCypher(context, "ArgumentError", "InvalidArgumentValue", what);
}

template <typename Made>
Value Given(const std::optional<Made>& made) {
    if (!made) return Value();
    if constexpr (std::is_same_v<Made, Duration>)
        return Value(*made);
    else
        return Value(std::make_shared<Made>(*made));
}

/// date(…) and the like: of a text, a map, another date or time, or now.
Value Construct(Context& context, Kind kind, const Values& a) {
    if (a.empty())
        return Given(
            std::optional(detail::Converted(detail::StatementTime(context, Temporal{}), kind)));
    if (a[0].IsNull()) return Value();
    if (const auto* map = a[0].If<Ptr<Map>>())
        return Given(detail::FromFields(context, kind, **map));
    if (const auto* text = a[0].If<std::string>()) {
        const auto parsed = ParseTemporal(kind, *text);
        if (!parsed) Wrong(context, "'" + *text + "' is no such date or time");
        return Given(parsed);
    }
    if (const auto* other = a[0].If<Ptr<Temporal>>()) {
        const bool lacks = (HasDate(kind) && !HasDate((*other)->kind)) ||
                           (HasTime(kind) && !HasTime((*other)->kind) && kind != Kind::kDateTime &&
                            kind != Kind::kLocalDateTime);
        if (lacks) {
            Wrong(context, "the date or time given has no such part");
            return Value();
        }
        return Given(std::optional(detail::Converted(**other, kind)));
    }
    FailCypher(context, "TypeError", "InvalidArgumentType",
               "a date or time cannot be made of " + std::string(TypeName(a[0])));
    return Value();
}

/// date.statement(zone): now, where the zone is.
Value Now(Context& context, Kind kind, const Values& a) {
    Temporal zone;
    if (!a.empty() && a[0].IsNull()) return Value();
    if (!a.empty() && (!a[0].Is<std::string>() || !ParseZone(a[0].As<std::string>(), zone))) {
        Wrong(context, "there is no such timezone");
        return Value();
    }
    return Given(std::optional(detail::Converted(detail::StatementTime(context, zone), kind)));
}

/// The unit's first day; nullopt where the unit is smaller than a day.
std::optional<int64_t> FirstDay(std::string_view unit, int64_t days) {
    const CalendarDay day = DayOf(days);
    const auto year = [&](int64_t size) { return DaysOf({FloorDiv(day.year, size) * size, 1, 1}); };
    if (unit == "millennium") return year(1000);
    if (unit == "century") return year(100);
    if (unit == "decade") return year(10);
    if (unit == "year") return year(1);
    if (unit == "weekYear") return FirstWeek(WeekYear(days));
    if (unit == "quarter") return DaysOf({day.year, (day.month - 1) / 3 * 3 + 1, 1});
    if (unit == "month") return DaysOf({day.year, day.month, 1});
    if (unit == "week") return days - WeekDay(days) + 1;
    if (unit == "day") return days;
    return std::nullopt;
}

std::optional<int64_t> NanosOf(std::string_view unit) {
    if (unit == "hour") return 3600 * kNanosOfSecond;
    if (unit == "minute") return 60 * kNanosOfSecond;
    if (unit == "second") return kNanosOfSecond;
    if (unit == "millisecond") return 1'000'000;
    if (unit == "microsecond") return 1'000;
    return std::nullopt;
}

/// date.truncate(unit, value, {…})
Value Truncate(Context& context, Kind kind, const Values& a) {
    if (std::ranges::any_of(a, &Value::IsNull)) return Value();
    const auto* unit = a[0].If<std::string>();
    const auto* given = a.size() > 1 ? a[1].If<Ptr<Temporal>>() : nullptr;
    if (unit == nullptr || (a.size() > 1 && given == nullptr)) {
        Wrong(context, "truncate() takes a unit and a date or time");
        return Value();
    }
    const Temporal from = given ? **given : detail::StatementTime(context, Temporal{});
    if (HasDate(kind) && !HasDate(from.kind)) {
        Wrong(context, "the date or time given has no such part");
        return Value();
    }
    Temporal cut = detail::Converted(from, kind);
    if (const auto first = FirstDay(*unit, cut.days)) {
        if (HasDate(kind)) cut.days = *first;
        cut.nanos = 0;
    } else if (const auto size = NanosOf(*unit); size && HasTime(kind)) {
        cut.nanos -= cut.nanos % *size;
    } else {
        Wrong(context, "there is no such unit to truncate to: " + *unit);
        return Value();
    }
    const auto* map = a.size() > 2 ? a[2].If<Ptr<Map>>() : nullptr;
    return Given(detail::WithFields(context, cut, map ? **map : Map()));
}

Value MakeSpan(Context& context, const Value& of) {
    if (of.IsNull() || of.Is<Duration>()) return of;
    if (const auto* map = of.If<Ptr<Map>>())
        return Given(detail::DurationFromFields(context, **map));
    const auto* text = of.If<std::string>();
    const auto parsed = text ? ParseDuration(*text) : std::nullopt;
    if (!parsed) Wrong(context, "this is no duration");
    return Given(parsed);
}

Value Span(Context& context, SpanUnit unit, const Values& a) {
    if (a[0].IsNull() || a[1].IsNull()) return Value();
    const auto *from = a[0].If<Ptr<Temporal>>(), *to = a[1].If<Ptr<Temporal>>();
    if (from == nullptr || to == nullptr) {
        FailCypher(context, "TypeError", "InvalidArgumentType",
                   "a duration is between two dates or times");
        return Value();
    }
    const auto between = Between(**from, **to, unit);
    if (!between) Wrong(context, "the duration does not fit");
    return Given(between);
}

Value FromEpoch(Context& context, const Values& a, bool millis) {
    Map fields;
    fields.Put(Value(millis ? "epochMillis" : "epochSeconds"), a[0]);
    if (a.size() > 1) fields.Put(Value("nanosecond"), a[1]);
    return Given(detail::FromFields(context, Kind::kDateTime, fields));
}

Value PartOfDate(const Temporal& t, const std::string& part) {
    const CalendarDay day = DayOf(t.days);
    const int quarter = (day.month - 1) / 3;
    if (part == "year") return Value(day.year);
    if (part == "quarter") return Value(int64_t{quarter + 1});
    if (part == "month") return Value(int64_t{day.month});
    if (part == "week") return Value(int64_t{WeekOf(t.days)});
    if (part == "weekYear") return Value(WeekYear(t.days));
    if (part == "dayOfQuarter") {
        return Value(t.days - DaysOf({day.year, quarter * 3 + 1, 1}) + 1);
    }
    if (part == "quarterDay") return PartOfDate(t, "dayOfQuarter");
    if (part == "day") return Value(int64_t{day.day});
    if (part == "ordinalDay") return Value(t.days - DaysOf({day.year, 1, 1}) + 1);
    if (part == "dayOfWeek" || part == "weekDay") return Value(int64_t{WeekDay(t.days)});
    return Value();
}

Value PartOfClock(const Temporal& t, const std::string& part) {
    const int64_t seconds = t.nanos / kNanosOfSecond, below = t.nanos % kNanosOfSecond;
    if (part == "hour") return Value(seconds / 3600);
    if (part == "minute") return Value(seconds / 60 % 60);
    if (part == "second") return Value(seconds % 60);
    if (part == "millisecond") return Value(below / 1'000'000);
    if (part == "microsecond") return Value(below / 1'000);
    if (part == "nanosecond") return Value(below);
    return Value();
}

Value PartOfZone(const Temporal& t, const std::string& part) {
    if (part == "timezone") return Value(t.zone.empty() ? OffsetText(t.offset) : t.zone);
    if (part == "offset") return Value(OffsetText(t.offset));
    if (part == "offsetMinutes") return Value(int64_t{t.offset / 60});
    if (part == "offsetSeconds") return Value(int64_t{t.offset});
    if (t.kind != Kind::kDateTime) return Value();
    const int64_t seconds = t.days * 86400 + t.nanos / kNanosOfSecond - t.offset;
    if (part == "epochSeconds") return Value(seconds);
    if (part == "epochMillis") {
        return Value(seconds * 1000 + t.nanos % kNanosOfSecond / 1'000'000);
    }
    return Value();
}

Value PartOfSpan(const Duration& d, const std::string& part) {
    const std::pair<std::string_view, int64_t> parts[] = {
        {"years", d.months / 12},
        {"quarters", d.months / 3},
        {"months", d.months},
        {"weeks", d.days / 7},
        {"days", d.days},
        {"hours", d.seconds / 3600},
        {"minutes", d.seconds / 60},
        {"seconds", d.seconds},
        {"quartersOfYear", d.months / 3 % 4},
        {"monthsOfQuarter", d.months % 3},
        {"monthsOfYear", d.months % 12},
        {"daysOfWeek", d.days % 7},
        {"minutesOfHour", d.seconds / 60 % 60},
        {"secondsOfMinute", d.seconds % 60},
        {"millisecondsOfSecond", d.nanos / 1'000'000},
        {"microsecondsOfSecond", d.nanos / 1'000},
        {"nanosecondsOfSecond", d.nanos},
    };
    for (const auto& [name, amount] : parts) {
        if (part == name) return Value(amount);
    }
    const WideNanos nanos = WideNanos{d.seconds} * kNanosOfSecond + d.nanos;
    if (part == "milliseconds") return Value(static_cast<int64_t>(nanos / 1'000'000));
    if (part == "microseconds") return Value(static_cast<int64_t>(nanos / 1'000));
    if (part == "nanoseconds") return Value(static_cast<int64_t>(nanos));
    return Value();
}

/// Neptune's day(), month() and year(): of a date-time as it is in UTC.
Value DatePart(Context& context, const std::string& part, const Value& of) {
    if (of.IsNull()) return Value();
    const auto* temporal = of.If<Ptr<Temporal>>();
    if (temporal == nullptr || !HasDate((*temporal)->kind)) {
        FailCypher(context, "TypeError", "InvalidArgumentType",
                   part + "() is not for " + std::string(TypeName(of)));
        return Value();
    }
    if ((*temporal)->kind != Kind::kDateTime) return PartOfTime(of, part);
    return PartOfTime(Given(AtZone(**temporal, Temporal{})), part);
}

}  // namespace

Value PartOfTime(const Value& time, const std::string& part) {
    if (const auto* duration = time.If<Duration>()) return PartOfSpan(*duration, part);
    const Temporal& t = *time.As<Ptr<Temporal>>();
    Value value;
    if (HasDate(t.kind)) value = PartOfDate(t, part);
    if (value.IsNull() && HasTime(t.kind)) value = PartOfClock(t, part);
    if (value.IsNull() && HasZone(t.kind)) value = PartOfZone(t, part);
    return value;
}

bool CallTemporalFunction(Context& context, const std::string& name, const Values& a,
                          Value& result) {
    const std::string_view whole = name;
    const std::string_view first = whole.substr(0, whole.find('.'));
    const std::string_view rest = first.size() < whole.size() ? whole.substr(first.size() + 1) : "";
    if (first == "duration") {
        if (rest.empty()) {
            result = MakeSpan(context, a[0]);
        } else {
            result = Span(context,
                          rest == "inmonths"    ? SpanUnit::kMonths
                          : rest == "indays"    ? SpanUnit::kDays
                          : rest == "inseconds" ? SpanUnit::kSeconds
                                                : SpanUnit::kAll,
                          a);
        }
        return true;
    }
    if (name == "day" || name == "month" || name == "year") {
        result = DatePart(context, name, a[0]);
        return true;
    }
    if (name == "epochmillis") {
        if (!a[0].Is<Ptr<Temporal>>()) return true;
        result = PartOfTime(a[0], "epochMillis");
        return true;
    }
    for (const auto& [kind_name, kind] : kKinds) {
        if (kind_name != first) continue;
        if (rest.empty())
            result = Construct(context, kind, a);
        else if (rest == "truncate")
            result = Truncate(context, kind, a);
        else if (rest.starts_with("fromepoch"))
            result = FromEpoch(context, a, rest == "fromepochmillis");
        else
            result = Now(context, kind, a);
        return true;
    }
    return false;
}

}  // namespace gyre::graph::exec
