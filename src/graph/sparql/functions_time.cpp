// Functions on dates and times ("SPARQL 1.1 Query Language", 17.4.5).
#include <array>

#include "graph/calendar.h"
#include "graph/sparql/functions.h"
#include "graph/sparql/run.h"
#include "graph/sparql/xsd_time.h"
#include "graph/temporal.h"

namespace gyre::graph::sparql {
namespace {

using Arguments = std::span<const Value>;

constexpr int64_t kMillisOfDay = 86'400'000;

bool HasDay(const Value& value) {
    return value.kind == ValueKind::kDateTime || value.kind == ValueKind::kDate;
}
bool HasHour(const Value& value) {
    return value.kind == ValueKind::kDateTime || value.kind == ValueKind::kTime;
}

Value Now(Run& run, Arguments) {
    const int64_t millis = run.budget.StatementMillis();
    Value value;
    value.kind = ValueKind::kDateTime;
    value.time.kind = Temporal::Kind::kDateTime;
    value.time.days = FloorDiv(millis, kMillisOfDay);
    value.time.nanos = FloorMod(millis, kMillisOfDay) * (kNanosOfSecond / 1000);
    return value;
}

Value Year(Run&, Arguments a) {
    return HasDay(a[0]) ? IntegerValue(DayOf(a[0].time.days).year) : Value();
}

Value Month(Run&, Arguments a) {
    return HasDay(a[0]) ? IntegerValue(DayOf(a[0].time.days).month) : Value();
}

Value Day(Run&, Arguments a) {
    return HasDay(a[0]) ? IntegerValue(DayOf(a[0].time.days).day) : Value();
}

Value Hours(Run&, Arguments a) {
    return HasHour(a[0]) ? IntegerValue(a[0].time.nanos / kNanosOfSecond / 3600) : Value();
}

Value Minutes(Run&, Arguments a) {
    return HasHour(a[0]) ? IntegerValue(a[0].time.nanos / kNanosOfSecond / 60 % 60) : Value();
}

Value Seconds(Run&, Arguments a) {
    if (!HasHour(a[0])) return {};
    const int64_t nanos = a[0].time.nanos % (60 * kNanosOfSecond);
    const auto seconds = Divide({nanos, 0}, {kNanosOfSecond, 0});
    return seconds ? DecimalValue(*seconds) : Value();
}

Value Timezone(Run&, Arguments a) {
    if ((!HasDay(a[0]) && !HasHour(a[0])) || !HasTimezone(a[0].time)) return {};
    const int32_t offset = a[0].time.offset;
    const int32_t minutes = (offset < 0 ? -offset : offset) / 60;
    std::string text = offset < 0 ? "-PT" : "PT";
    if (minutes / 60 > 0) text += std::to_string(minutes / 60) + "H";
    if (minutes % 60 > 0) text += std::to_string(minutes % 60) + "M";
    if (minutes == 0) text += "0S";
    return ToValue(rdf::Literal(text, "http://www.w3.org/2001/XMLSchema#dayTimeDuration"));
}

Value Tz(Run&, Arguments a) {
    if (!HasDay(a[0]) && !HasHour(a[0])) return {};
    return StringValue(TimezoneText(a[0].time));
}

constexpr std::array<Function, 9> kTimeFunctions = {{{"NOW", 0, 0, Now},
                                                     {"YEAR", 1, 1, Year},
                                                     {"MONTH", 1, 1, Month},
                                                     {"DAY", 1, 1, Day},
                                                     {"HOURS", 1, 1, Hours},
                                                     {"MINUTES", 1, 1, Minutes},
                                                     {"SECONDS", 1, 1, Seconds},
                                                     {"TIMEZONE", 1, 1, Timezone},
                                                     {"TZ", 1, 1, Tz}}};

}  // namespace

std::span<const Function> TimeFunctions() {
    return kTimeFunctions;
}

}  // namespace gyre::graph::sparql
