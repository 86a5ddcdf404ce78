#include "graph/sparql/xsd_time.h"

#include <charconv>

#include "graph/calendar.h"
#include "graph/temporal.h"

namespace gyre::graph::sparql {
namespace {

/// Takes `text` apart from its front.
class Reader {
  public:
    explicit Reader(std::string_view text) : text_(text) {}

    bool Digits(size_t count, int64_t& number) {
        if (text_.size() < count) return false;
        number = 0;
        for (size_t i = 0; i < count; ++i) {
            if (text_[i] < '0' || text_[i] > '9') return false;
            number = number * 10 + (text_[i] - '0');
        }
        text_.remove_prefix(count);
        return true;
    }
    bool Take(char c) {
        if (!text_.starts_with(c)) return false;
        text_.remove_prefix(1);
        return true;
    }
    [[nodiscard]] size_t DigitsAhead() const {
        size_t count = 0;
        while (count < text_.size() && text_[count] >= '0' && text_[count] <= '9') ++count;
        return count;
    }
    [[nodiscard]] bool Ended() const { return text_.empty(); }

  private:
    std::string_view text_;
};

bool ReadDate(Reader& reader, int64_t& days) {
    const bool negative = reader.Take('-');
    const size_t digits = reader.DigitsAhead();
    int64_t year = 0, month = 0, day = 0;
    if (digits < 4 || digits > 9 || !reader.Digits(digits, year) || !reader.Take('-') ||
        !reader.Digits(2, month) || !reader.Take('-') || !reader.Digits(2, day)) {
        return false;
    }
    if (negative) year = -year;
    if (month < 1 || month > 12 || day < 1 || day > DaysIn(year, static_cast<int>(month))) {
        return false;
    }
    days = DaysOf({year, static_cast<int>(month), static_cast<int>(day)});
    return true;
}

bool ReadTime(Reader& reader, Temporal& time) {
    int64_t hour = 0, minute = 0, second = 0, nanos = 0;
    if (!reader.Digits(2, hour) || !reader.Take(':') || !reader.Digits(2, minute) ||
        !reader.Take(':') || !reader.Digits(2, second)) {
        return false;
    }
    if (reader.Take('.')) {
        size_t digits = reader.DigitsAhead();
        if (digits == 0) return false;
        int64_t scale = kNanosOfSecond / 10, digit = 0;
        for (; digits > 0; --digits, scale /= 10) {
            if (!reader.Digits(1, digit)) return false;
            nanos += digit * scale;
        }
    }
    const bool midnight = hour == 24 && minute == 0 && second == 0 && nanos == 0;
    if ((hour > 23 && !midnight) || minute > 59 || second > 59) return false;
    time.nanos = ((hour * 60 + minute) * 60 + second) * kNanosOfSecond + nanos;
    if (midnight) {
        time.nanos = 0;
        ++time.days;
    }
    return true;
}

/// False for what is no timezone; `has` tells whether there is one.
bool ReadZone(Reader& reader, Temporal& time, bool& has) {
    has = !reader.Ended();
    if (!has || reader.Take('Z')) return reader.Ended();
    const bool negative = reader.Take('-');
    if (!negative && !reader.Take('+')) return false;
    int64_t hours = 0, minutes = 0;
    if (!reader.Digits(2, hours) || !reader.Take(':') || !reader.Digits(2, minutes) || hours > 14 ||
        minutes > 59) {
        return false;
    }
    time.offset = static_cast<int32_t>((hours * 60 + minutes) * 60) * (negative ? -1 : 1);
    return reader.Ended();
}

std::string Padded(int64_t number, size_t width) {
    std::string text = std::to_string(number);
    return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}

WideNanos Instant(const Temporal& time) {
    return WideNanos{time.days} * kNanosOfDay + time.nanos -
           WideNanos{time.offset} * kNanosOfSecond;
}

}  // namespace

std::optional<Temporal> ParseXsdDateTime(std::string_view text) {
    Reader reader(text);
    Temporal time;
    bool zone = false;
    if (!ReadDate(reader, time.days) || !reader.Take('T') || !ReadTime(reader, time) ||
        !ReadZone(reader, time, zone)) {
        return std::nullopt;
    }
    time.kind = zone ? Temporal::Kind::kDateTime : Temporal::Kind::kLocalDateTime;
    return time;
}

std::optional<Temporal> ParseXsdDate(std::string_view text) {
    Reader reader(text);
    Temporal time;
    bool zone = false;
    if (!ReadDate(reader, time.days) || !ReadZone(reader, time, zone)) return std::nullopt;
    time.kind = zone ? Temporal::Kind::kDateTime : Temporal::Kind::kLocalDateTime;
    return time;
}

std::optional<Temporal> ParseXsdTime(std::string_view text) {
    Reader reader(text);
    Temporal time;
    bool zone = false;
    if (!ReadTime(reader, time) || !ReadZone(reader, time, zone)) return std::nullopt;
    time.days = 0;
    time.kind = zone ? Temporal::Kind::kTime : Temporal::Kind::kLocalTime;
    return time;
}

bool HasTimezone(const Temporal& time) {
    return HasZone(time.kind);
}

std::string TimezoneText(const Temporal& time) {
    if (!HasTimezone(time)) return "";
    if (time.offset == 0) return "Z";
    const int32_t minutes = (time.offset < 0 ? -time.offset : time.offset) / 60;
    return (time.offset < 0 ? "-" : "+") + Padded(minutes / 60, 2) + ":" + Padded(minutes % 60, 2);
}

std::string XsdTimeText(const Temporal& time) {
    std::string text;
    if (HasDate(time.kind)) {
        const CalendarDay day = DayOf(time.days);
        if (day.year < 0) text += '-';
        text += Padded(day.year < 0 ? -day.year : day.year, 4) + "-" + Padded(day.month, 2) + "-" +
                Padded(day.day, 2) + "T";
    }
    const int64_t seconds = time.nanos / kNanosOfSecond;
    text += Padded(seconds / 3600, 2) + ":" + Padded(seconds / 60 % 60, 2) + ":" +
            Padded(seconds % 60, 2);
    if (const int64_t nanos = time.nanos % kNanosOfSecond; nanos != 0) {
        std::string fraction = Padded(nanos, 9);
        while (fraction.ends_with('0')) fraction.pop_back();
        text += "." + fraction;
    }
    return text + TimezoneText(time);
}

std::partial_ordering CompareXsdTimes(const Temporal& a, const Temporal& b) {
    constexpr WideNanos kMostOffset = WideNanos{14} * 3600 * kNanosOfSecond;
    const WideNanos x = Instant(a), y = Instant(b);
    if (HasTimezone(a) != HasTimezone(b)) {
        const WideNanos apart = x < y ? y - x : x - y;
        if (apart <= kMostOffset) return std::partial_ordering::unordered;
    }
    return x <=> y;
}

}  // namespace gyre::graph::sparql
