#include "graph/temporal.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "graph/calendar.h"
#include "graph/time_zone.h"

namespace gyre::graph {
namespace {

using Kind = Temporal::Kind;

std::string YearText(int64_t year) {
    char text[32];
    if (year > 9999) {
        std::snprintf(text, sizeof text, "+%lld", static_cast<long long>(year));
    } else if (year < 0) {
        std::snprintf(text, sizeof text, "-%04lld", static_cast<long long>(-year));
    } else {
        std::snprintf(text, sizeof text, "%04lld", static_cast<long long>(year));
    }
    return text;
}

std::string DayText(int64_t days) {
    const CalendarDay day = DayOf(days);
    char text[16];
    std::snprintf(text, sizeof text, "-%02d-%02d", day.month, day.day);
    return YearText(day.year) + text;
}

/// ".645", ".645876" or ".645876123"; "" for 0.
std::string FractionText(int64_t nanos) {
    if (nanos == 0) return "";
    char text[16];
    std::snprintf(text, sizeof text, ".%09lld", static_cast<long long>(nanos));
    std::string whole = text;
    while (whole.ends_with("000")) whole.resize(whole.size() - 3);
    return whole;
}

std::string ClockText(int64_t nanos) {
    const int64_t seconds = nanos / kNanosOfSecond;
    char text[16];
    std::snprintf(text, sizeof text, "%02d:%02d", static_cast<int>(seconds / 3600),
                  static_cast<int>(seconds / 60 % 60));
    std::string whole = text;
    if (nanos % (60 * kNanosOfSecond) == 0) return whole;
    std::snprintf(text, sizeof text, ":%02d", static_cast<int>(seconds % 60));
    return whole + text + FractionText(nanos % kNanosOfSecond);
}

/// Cuts pieces off a text.
class Cursor {
  public:
    explicit Cursor(std::string_view text) : text_(text) {}
    [[nodiscard]] bool AtEnd() const { return text_.empty(); }
    [[nodiscard]] std::string_view Rest() const { return text_; }
    [[nodiscard]] size_t Digits() const {
        size_t count = 0;
        while (count < text_.size() && text_[count] >= '0' && text_[count] <= '9') ++count;
        return count;
    }
    bool Take(char c) {
        if (!text_.starts_with(c)) return false;
        text_.remove_prefix(1);
        return true;
    }
    template <typename Whole>
    bool Number(size_t digits, Whole& into) {
        if (digits == 0 || Digits() < digits || digits > 18) return false;
        int64_t number = 0;
        for (size_t i = 0; i < digits; ++i) number = number * 10 + (text_[i] - '0');
        into = static_cast<Whole>(number);
        text_.remove_prefix(digits);
        return true;
    }
    /// Behind a point or a comma: nanoseconds.
    bool Fraction(int64_t& nanos) {
        const size_t digits = Digits();
        if (digits == 0 || digits > 9) return false;
        if (!Number(digits, nanos)) return false;
        for (size_t i = digits; i < 9; ++i) nanos *= 10;
        return true;
    }

  private:
    std::string_view text_;
};

bool ReadYear(Cursor& cursor, int64_t& year) {
    const bool negative = cursor.Take('-');
    const bool signed_year = negative || cursor.Take('+');
    size_t digits = 4;
    if (signed_year) {
        digits = cursor.Digits();
        // "+20150721" has no mark of where the year ends
        if (digits < 4 || digits > 9) return false;
    }
    if (!cursor.Number(digits, year)) return false;
    if (negative) year = -year;
    return true;
}

bool ReadDate(Cursor& cursor, int64_t& days) {
    int64_t year = 0;
    if (!ReadYear(cursor, year)) return false;
    const bool dashed = cursor.Take('-');
    if (cursor.Take('W')) {
        int week = 1, day = 1;
        if (!cursor.Number(2, week)) return false;
        const bool more = dashed ? cursor.Take('-') : cursor.Digits() == 1;
        if (more && !cursor.Number(1, day)) return false;
        if (week < 1 || day < 1 || day > 7) return false;
        days = FirstWeek(year) + 7 * (week - 1) + day - 1;
        return WeekYear(days) == year || week <= 52;
    }
    const size_t digits = cursor.Digits();
    if (digits == 3) {  // the day of the year
        int day = 0;
        if (!cursor.Number(3, day) || day < 1 || day > (IsLeap(year) ? 366 : 365)) return false;
        days = DaysOf({year, 1, 1}) + day - 1;
        return true;
    }
    CalendarDay date{year, 1, 1};
    if (digits > 0) {
        if (!cursor.Number(2, date.month)) return false;
        const bool more = dashed ? cursor.Take('-') : cursor.Digits() == 2;
        if (more && !cursor.Number(2, date.day)) return false;
    } else if (dashed) {
        return false;
    }
    if (date.month < 1 || date.month > 12 || date.day < 1 || date.day > DaysIn(year, date.month)) {
        return false;
    }
    days = DaysOf(date);
    return true;
}

bool ReadClock(Cursor& cursor, int64_t& nanos) {
    int64_t hour = 0, minute = 0, second = 0, fraction = 0;
    if (!cursor.Number(2, hour)) return false;
    const bool colons = cursor.Take(':');
    if ((colons || cursor.Digits() >= 2) && !cursor.Number(2, minute)) return false;
    const bool more = colons ? cursor.Take(':') : cursor.Digits() >= 2;
    if (more) {
        if (!cursor.Number(2, second)) return false;
        if ((cursor.Take('.') || cursor.Take(',')) && !cursor.Fraction(fraction)) return false;
    }
    if (hour > 23 || minute > 59 || second > 59) return false;
    nanos = ((hour * 60 + minute) * 60 + second) * kNanosOfSecond + fraction;
    return true;
}

bool ReadOffset(Cursor& cursor, int32_t& offset) {
    offset = 0;
    if (cursor.Take('Z') || cursor.Take('z')) return true;
    const bool west = cursor.Take('-');
    if (!west && !cursor.Take('+')) return false;
    int32_t part = 0;
    const bool single = cursor.Digits() == 1;
    if (!cursor.Number(single ? 1 : 2, part)) return false;
    offset = part * 3600;
    for (const int32_t unit : {60, 1}) {
        const bool colon = cursor.Take(':');
        if (!colon && cursor.Digits() < 2) break;
        if (!cursor.Number(2, part) || part > 59) return false;
        offset += part * unit;
    }
    if (west) offset = -offset;
    return std::abs(offset) <= 18 * 3600;
}

bool ReadZone(Cursor& cursor, Temporal& into) {
    const std::string_view rest = cursor.Rest();
    bool has_offset = false;
    if (!rest.empty() && rest[0] != '[') {
        if (!ReadOffset(cursor, into.offset)) return false;
        has_offset = true;
    }
    if (!cursor.Take('[')) return has_offset;
    const std::string_view name = cursor.Rest();
    if (!name.ends_with(']')) return false;
    into.zone = std::string(name.substr(0, name.size() - 1));
    cursor = Cursor({});
    return true;
}

}  // namespace

std::string OffsetText(int32_t offset) {
    if (offset == 0) return "Z";
    const int32_t size = std::abs(offset);
    char text[16];
    if (size % 60 == 0) {
        std::snprintf(text, sizeof text, "%c%02d:%02d", offset < 0 ? '-' : '+', size / 3600,
                      size / 60 % 60);
    } else {
        std::snprintf(text, sizeof text, "%c%02d:%02d:%02d", offset < 0 ? '-' : '+', size / 3600,
                      size / 60 % 60, size % 60);
    }
    return text;
}

std::string TemporalText(const Temporal& temporal) {
    std::string text;
    if (HasDate(temporal.kind)) text = DayText(temporal.days);
    if (HasDate(temporal.kind) && HasTime(temporal.kind)) text += 'T';
    if (HasTime(temporal.kind)) text += ClockText(temporal.nanos);
    if (HasZone(temporal.kind)) text += OffsetText(temporal.offset);
    if (!temporal.zone.empty()) text += "[" + temporal.zone + "]";
    return text;
}

bool ParseZone(std::string_view text, Temporal& into) {
    into.zone.clear();
    Cursor cursor(text);
    if (ReadOffset(cursor, into.offset) && cursor.AtEnd()) return true;
    into.zone = std::string(text);
    return OffsetAt(into.zone, 0).has_value();
}

namespace {

/// Whether the zone has this offset at this instant.
bool IsOffsetOfZone(const Temporal& temporal) {
    if (temporal.zone.empty()) return true;
    const int64_t local = temporal.days * 86400 + temporal.nanos / kNanosOfSecond;
    return OffsetAt(temporal.zone, local - temporal.offset) == temporal.offset;
}

}  // namespace

bool SettleOffset(Temporal& temporal) {
    if (temporal.zone.empty()) return true;
    const auto offset =
        OffsetAtLocal(temporal.zone, temporal.days * 86400 + temporal.nanos / kNanosOfSecond);
    if (offset) temporal.offset = *offset;
    return offset.has_value();
}

std::optional<Temporal> ParseTemporal(Kind kind, std::string_view text) {
    Temporal temporal;
    temporal.kind = kind;
    Cursor cursor(text);
    if (HasDate(kind) && !ReadDate(cursor, temporal.days)) return std::nullopt;
    const bool both = HasDate(kind) && HasTime(kind);
    if (HasTime(kind) && (!both || cursor.Take('T')) && !ReadClock(cursor, temporal.nanos)) {
        return std::nullopt;
    }
    if (HasZone(kind) && !cursor.AtEnd()) {
        if (!ReadZone(cursor, temporal)) return std::nullopt;
        if (kind == Kind::kTime && !temporal.zone.empty()) return std::nullopt;
        // An hour that comes twice is told apart by the offset beside the zone's name.
        if (!IsOffsetOfZone(temporal) && !SettleOffset(temporal)) return std::nullopt;
    }
    if (!cursor.AtEnd()) return std::nullopt;
    return temporal;
}

std::string DurationText(const Duration& duration) {
    std::string text = "P";
    const auto append = [&](int64_t amount, char unit) {
        if (amount != 0) text += std::to_string(amount) + unit;
    };
    append(duration.months / 12, 'Y');
    append(duration.months % 12, 'M');
    append(duration.days, 'D');
    if (duration.seconds != 0 || duration.nanos != 0) {
        int64_t seconds = duration.seconds;
        int64_t nanos = duration.nanos;
        const bool negative = seconds < 0;
        if (negative && nanos != 0) {
            ++seconds;
            nanos = kNanosOfSecond - nanos;
        }
        text += 'T';
        append(seconds / 3600, 'H');
        append(seconds / 60 % 60, 'M');
        seconds %= 60;
        if (seconds != 0 || nanos != 0) {
            if (seconds == 0 && negative) text += '-';
            text += std::to_string(seconds);
            if (nanos != 0) {
                char fraction[16];
                std::snprintf(fraction, sizeof fraction, ".%09lld", static_cast<long long>(nanos));
                text += fraction;
                text.erase(text.find_last_not_of('0') + 1);
            }
            text += 'S';
        }
    }
    return text == "P" ? "PT0S" : text;
}

namespace {

/// "P2012-02-02T14:37:21.545"
std::optional<Duration> ParseAsDate(std::string_view text) {
    Cursor cursor(text);
    int64_t years = 0, months = 0, days = 0, nanos = 0;
    if (!cursor.Number(4, years) || !cursor.Take('-') || !cursor.Number(2, months) ||
        !cursor.Take('-') || !cursor.Number(2, days)) {
        return std::nullopt;
    }
    if (cursor.Take('T') && !ReadClock(cursor, nanos)) return std::nullopt;
    if (!cursor.AtEnd()) return std::nullopt;
    return MakeDuration(static_cast<long double>(years * 12 + months),
                        static_cast<long double>(days), 0, static_cast<long double>(nanos));
}

}  // namespace

std::optional<Duration> ParseDuration(std::string_view text) {
    const bool all_negative = text.starts_with("-P");
    if (all_negative || text.starts_with("+P")) text.remove_prefix(1);
    if (!text.starts_with('P') || text.size() < 2 || text.size() > 200) return std::nullopt;
    text.remove_prefix(1);
    const bool as_date = text.size() > 4 && text[4] == '-' && text[0] >= '0' && text[0] <= '9';
    if (as_date) return ParseAsDate(text);
    long double months = 0, days = 0, seconds = 0;
    bool time = false;
    while (!text.empty()) {
        if (text[0] == 'T' && !time) {
            time = true;
            text.remove_prefix(1);
            if (text.empty()) return std::nullopt;
        }
        const size_t size = text.find_first_not_of("0123456789.,+-");
        if (size == 0 || size == std::string_view::npos) return std::nullopt;
        std::string number(text.substr(0, size));
        std::ranges::replace(number, ',', '.');
        char* end = nullptr;
        long double amount = std::strtold(number.c_str(), &end);
        if (end != number.c_str() + number.size()) return std::nullopt;
        if (all_negative) amount = -amount;
        const char unit = text[size];
        text.remove_prefix(size + 1);
        if (!time && unit == 'Y') {
            months += amount * 12;
        } else if (!time && unit == 'M') {
            months += amount;
        } else if (!time && unit == 'W') {
            days += amount * 7;
        } else if (!time && unit == 'D') {
            days += amount;
        } else if (time && unit == 'H') {
            seconds += amount * 3600;
        } else if (time && unit == 'M') {
            seconds += amount * 60;
        } else if (time && unit == 'S') {
            seconds += amount;
        } else {
            return std::nullopt;
        }
    }
    return MakeDuration(months, days, seconds, 0);
}

}  // namespace gyre::graph
