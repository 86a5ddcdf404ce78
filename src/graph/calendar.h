#pragma once

#include <cstdint>

namespace gyre::graph {

/// The proleptic Gregorian calendar, for years of up to nine digits.
struct CalendarDay {
    int64_t year = 1970;
    int month = 1;
    int day = 1;
};

constexpr int64_t FloorDiv(int64_t a, int64_t b) {
    return a / b - (a % b != 0 && (a % b < 0) != (b < 0) ? 1 : 0);
}
constexpr int64_t FloorMod(int64_t a, int64_t b) {
    return a - FloorDiv(a, b) * b;
}
constexpr bool IsLeap(int64_t year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}
constexpr int DaysIn(int64_t year, int month) {
    constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && IsLeap(year) ? 29 : kDays[month - 1];
}
/// Days since 1970-01-01. After H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
constexpr int64_t DaysOf(CalendarDay date) {
    const int64_t year = date.year - (date.month <= 2 ? 1 : 0);
    const int64_t era = FloorDiv(year, 400);
    const int64_t of_era = year - era * 400;
    const int64_t of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}
constexpr CalendarDay DayOf(int64_t days) {
    days += 719468;
    const int64_t era = FloorDiv(days, 146097);
    const int64_t of_era = days - era * 146097;
    const int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    const int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    const int64_t shifted = (5 * of_year + 2) / 153;
    const int day = static_cast<int>(of_year - (153 * shifted + 2) / 5 + 1);
    const int month = static_cast<int>(shifted < 10 ? shifted + 3 : shifted - 9);
    return {year + era * 400 + (month <= 2 ? 1 : 0), month, day};
}
/// 1: Monday … 7: Sunday.
constexpr int WeekDay(int64_t days) {
    return static_cast<int>(FloorMod(days + 3, 7)) + 1;
}
/// The Monday of week 1 of a week-based year (ISO 8601).
constexpr int64_t FirstWeek(int64_t year) {
    const int64_t fourth = DaysOf({year, 1, 4});
    return fourth - WeekDay(fourth) + 1;
}
constexpr int64_t WeekYear(int64_t days) {
    const int64_t year = DayOf(days).year;
    if (days < FirstWeek(year)) return year - 1;
    return days >= FirstWeek(year + 1) ? year + 1 : year;
}
constexpr int WeekOf(int64_t days) {
    return static_cast<int>((days - FirstWeek(WeekYear(days))) / 7) + 1;
}

}  // namespace gyre::graph
