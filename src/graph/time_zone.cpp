#include "graph/time_zone.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "graph/calendar.h"

namespace gyre::graph {
namespace {

constexpr size_t kMostBytes = 1 << 20;

/// The rule of the years after the last change that the file lists: "CET-1CEST,M3.5.0,M10.5.0/3".
struct YearlyRule {
    struct Change {
        int month = 0, week = 0, day = 0;
        int64_t time = 7200;
    };
    int32_t standard = 0;
    int32_t summer = 0;
    bool changes = false;
    Change begins, ends;
};

struct Zone {
    std::vector<int64_t> at;       ///< instants of changes
    std::vector<int32_t> offsets;  ///< from each of them on
    int32_t first = 0;             ///< before them
    std::optional<YearlyRule> rule;
};

class RuleReader {
  public:
    explicit RuleReader(std::string_view text) : text_(text) {}
    std::optional<YearlyRule> Read() {
        YearlyRule rule;
        if (!Name() || !Offset(rule.standard)) return std::nullopt;
        if (text_.empty()) return rule;
        rule.changes = true;
        if (!Name()) return std::nullopt;
        rule.summer = rule.standard + 3600;
        if (!text_.starts_with(',') && !Offset(rule.summer)) return std::nullopt;
        if (!Change(rule.begins) || !Change(rule.ends)) return std::nullopt;
        return rule;
    }

  private:
    bool Take(char c) {
        if (!text_.starts_with(c)) return false;
        text_.remove_prefix(1);
        return true;
    }
    bool Name() {
        const bool quoted = Take('<');
        const size_t end = quoted ? text_.find('>') : text_.find_first_of("+-0123456789,");
        if (end == std::string_view::npos) return quoted ? false : (text_ = {}, true);
        text_.remove_prefix(quoted ? end + 1 : end);
        return true;
    }
    bool Number(int64_t& into) {
        const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), into);
        if (error != std::errc() || into > 1000) return false;
        text_.remove_prefix(static_cast<size_t>(end - text_.data()));
        return true;
    }
    bool Time(int64_t& seconds) {
        const bool negative = Take('-');
        if (!negative) Take('+');
        int64_t part = 0;
        if (!Number(part)) return false;
        seconds = part * 3600;
        for (const int64_t unit : {60, 1}) {
            if (!Take(':')) break;
            if (!Number(part)) return false;
            seconds += part * unit;
        }
        if (negative) seconds = -seconds;
        return true;
    }
    bool Offset(int32_t& offset) {  // POSIX counts them west
        int64_t seconds = 0;
        if (!Time(seconds)) return false;
        offset = static_cast<int32_t>(-seconds);
        return true;
    }
    bool Change(YearlyRule::Change& change) {
        int64_t month = 0, week = 0, day = 0;
        if (!Take(',') || !Take('M') || !Number(month) || !Take('.') || !Number(week) ||
            !Take('.') || !Number(day) || month < 1 || month > 12 || week < 1 || day > 6) {
            return false;
        }
        change.month = static_cast<int>(month);
        change.week = static_cast<int>(week);
        change.day = static_cast<int>(day);
        return !Take('/') || Time(change.time);
    }

    std::string_view text_;
};

/// The local second of the year's change, as if it were UTC.
int64_t ChangeOf(const YearlyRule::Change& change, int64_t year) {
    const int64_t first = DaysOf({year, change.month, 1});
    int64_t day = first + FloorMod(change.day - WeekDay(first), 7) + 7 * (change.week - 1);
    while (day >= first + DaysIn(year, change.month)) day -= 7;
    return day * 86400 + change.time;
}

int32_t OffsetOf(const YearlyRule& rule, int64_t instant) {
    if (!rule.changes) return rule.standard;
    const int64_t year = DayOf(FloorDiv(instant + rule.standard, 86400)).year;
    const int64_t begins = ChangeOf(rule.begins, year) - rule.standard;
    const int64_t ends = ChangeOf(rule.ends, year) - rule.summer;
    const bool summer =
        begins < ends ? instant >= begins && instant < ends : instant >= begins || instant < ends;
    return summer ? rule.summer : rule.standard;
}

class ZoneReader {
  public:
    explicit ZoneReader(std::string_view bytes) : bytes_(bytes) {}
    /// Of version 2 or later, whose second block has instants of 64 bits.
    std::unique_ptr<Zone> Read() {
        Header header;
        if (!ReadHeader(header) || header.version < '2') return nullptr;
        const size_t skip = header.changes * 5 + header.types * 6 + header.letters +
                            header.leaps * 8 + header.standard + header.utc;
        if (skip > bytes_.size()) return nullptr;
        bytes_.remove_prefix(skip);
        if (!ReadHeader(header)) return nullptr;
        auto zone = std::make_unique<Zone>();
        const size_t body = header.changes * 9 + header.types * 6 + header.letters +
                            header.leaps * 12 + header.standard + header.utc;
        if (body > bytes_.size() || header.types == 0) return nullptr;
        const std::string_view indexes = bytes_.substr(header.changes * 8, header.changes);
        const std::string_view types = bytes_.substr(header.changes * 9, header.types * 6);
        for (size_t i = 0; i < header.changes; ++i) {
            const auto type = static_cast<uint8_t>(indexes[i]);
            if (type >= header.types) return nullptr;
            zone->at.push_back(static_cast<int64_t>(Number(bytes_.substr(i * 8, 8))));
            zone->offsets.push_back(OffsetOfType(types, type));
        }
        zone->first = OffsetOfType(types, 0);
        std::string_view footer = bytes_.substr(body);
        if (footer.starts_with('\n')) footer.remove_prefix(1);
        footer = footer.substr(0, footer.find('\n'));
        if (!footer.empty()) zone->rule = RuleReader(footer).Read();
        return zone;
    }

  private:
    struct Header {
        char version = 0;
        size_t utc = 0, standard = 0, leaps = 0, changes = 0, types = 0, letters = 0;
    };
    static uint64_t Number(std::string_view bytes) {
        uint64_t number = 0;
        for (const char c : bytes) number = number << 8 | static_cast<uint8_t>(c);
        return number;
    }
    static int32_t OffsetOfType(std::string_view types, size_t type) {
        return static_cast<int32_t>(Number(types.substr(type * 6, 4)));
    }
    bool ReadHeader(Header& header) {
        if (bytes_.size() < 44 || !bytes_.starts_with("TZif")) return false;
        header.version = bytes_[4];
        size_t* const counts[] = {&header.utc,     &header.standard, &header.leaps,
                                  &header.changes, &header.types,    &header.letters};
        for (size_t i = 0; i < 6; ++i) {
            *counts[i] = static_cast<size_t>(Number(bytes_.substr(20 + i * 4, 4)));
            if (*counts[i] > kMostBytes) return false;
        }
        bytes_.remove_prefix(44);
        return true;
    }

    std::string_view bytes_;
};

int32_t OffsetIn(const Zone& zone, int64_t instant) {
    const auto after = std::ranges::upper_bound(zone.at, instant);
    if (after == zone.at.begin()) return zone.first;
    if (after == zone.at.end() && zone.rule) return OffsetOf(*zone.rule, instant);
    return zone.offsets[static_cast<size_t>(after - zone.at.begin()) - 1];
}

bool IsZoneName(const std::string& name) {
    const bool plain = std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '+' || c == '/';
    });
    return plain && !name.empty() && name.size() < 100 && name[0] != '/';
}

std::unique_ptr<Zone> Load(const std::string& name) {
    if (!IsZoneName(name)) return nullptr;
    const auto path = std::filesystem::path("/usr/share/zoneinfo") / name;
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) return nullptr;
    std::ifstream file(path, std::ios::binary);
    std::string bytes;
    char buffer[4096];
    while (bytes.size() < kMostBytes && (file.read(buffer, sizeof buffer), file.gcount() > 0)) {
        bytes.append(buffer, static_cast<size_t>(file.gcount()));
    }
    return ZoneReader(bytes).Read();
}

/// Null for an unknown one. What it points to stays.
const Zone* Find(const std::string& name) {
    static std::mutex mutex;
    static std::map<std::string, std::unique_ptr<Zone>> zones;
    const std::lock_guard lock(mutex);
    const auto found = zones.find(name);
    if (found != zones.end()) return found->second.get();
    auto zone = Load(name);
    if (!zone) return nullptr;
    return zones.emplace(name, std::move(zone)).first->second.get();
}

}  // namespace

std::optional<int32_t> OffsetAt(const std::string& zone, int64_t instant) {
    const Zone* found = Find(zone);
    if (found == nullptr) return std::nullopt;
    return OffsetIn(*found, instant);
}

std::optional<int32_t> OffsetAtLocal(const std::string& zone, int64_t local) {
    const Zone* found = Find(zone);
    if (found == nullptr) return std::nullopt;
    // The offsets of a day before and a day after are the only two that can be meant.
    const int32_t before = OffsetIn(*found, local - 86400 - 50400);
    if (OffsetIn(*found, local - before) == before) return before;
    const int32_t after = OffsetIn(*found, local + 86400);
    if (OffsetIn(*found, local - after) == after) return after;
    const int32_t now = OffsetIn(*found, local - before);
    return OffsetIn(*found, local - now) == now ? now : before;
}

}  // namespace gyre::graph
