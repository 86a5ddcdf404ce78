#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "graph/value.h"

namespace gyre::graph {

/// openCypher's dates, times and durations: their texts (ISO 8601), order and arithmetic.
/// CIP2015-08-06, "Date and Time".

constexpr int64_t kNanosOfSecond = 1'000'000'000;
constexpr int64_t kNanosOfDay = 86'400 * kNanosOfSecond;
__extension__ using WideNanos = __int128;

[[nodiscard]] constexpr bool HasDate(Temporal::Kind kind) {
    return kind == Temporal::Kind::kDate || kind >= Temporal::Kind::kLocalDateTime;
}
[[nodiscard]] constexpr bool HasTime(Temporal::Kind kind) {
    return kind != Temporal::Kind::kDate;
}
[[nodiscard]] constexpr bool HasZone(Temporal::Kind kind) {
    return kind == Temporal::Kind::kTime || kind == Temporal::Kind::kDateTime;
}

[[nodiscard]] std::string TemporalText(const Temporal& temporal);
[[nodiscard]] std::string DurationText(const Duration& duration);
/// "Z", "+01:00", "-05:30:15"
[[nodiscard]] std::string OffsetText(int32_t offset);

/// All of `text` as a value of that kind; a part that is missing at the end is its least. Nullopt
/// for anything else.
[[nodiscard]] std::optional<Temporal> ParseTemporal(Temporal::Kind kind, std::string_view text);
[[nodiscard]] std::optional<Duration> ParseDuration(std::string_view text);
/// "Z", "+01", "+0100", "+01:00:30", or a zone's name: the offset, or the zone. False for anything
/// else.
[[nodiscard]] bool ParseZone(std::string_view text, Temporal& into);

/// Of a value with a zone's name: its offset from its local time. False for an unknown zone.
[[nodiscard]] bool SettleOffset(Temporal& temporal);
/// Nanoseconds since 1970-01-01T00:00Z of a date-time; of a time, on that day.
[[nodiscard]] WideNanos InstantOf(const Temporal& temporal);
/// The same instant where `zone` and `offset` say.
[[nodiscard]] std::optional<Temporal> AtZone(const Temporal& temporal, const Temporal& zone);
/// Unordered for values of unlike kinds.
[[nodiscard]] std::partial_ordering CompareTemporals(const Temporal& a, const Temporal& b);

/// Of amounts that need not be whole: parts of a month are days, of a day seconds. A month has
/// 30.436875 days. Nullopt when it does not fit.
[[nodiscard]] std::optional<Duration> MakeDuration(long double months, long double days,
                                                   long double seconds, long double nanos);
/// By its average length.
[[nodiscard]] WideNanos LengthOf(const Duration& duration);
/// `sign` is 1 or -1. Nullopt when it does not fit.
[[nodiscard]] std::optional<Temporal> AddDuration(const Temporal& temporal,
                                                  const Duration& duration, int sign);
[[nodiscard]] std::optional<Duration> AddDurations(const Duration& a, const Duration& b, int sign);

enum class SpanUnit : uint8_t { kAll, kMonths, kDays, kSeconds };
/// From one to another; what only one of them has (a date, a zone), the other is lent.
[[nodiscard]] std::optional<Duration> Between(const Temporal& from, const Temporal& to,
                                              SpanUnit unit);

}  // namespace gyre::graph
