#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "core/utf8.h"
#include "graph/predicate.h"
#include "graph/temporal.h"
#include "graph/value.h"

namespace gyre::graph {
namespace {

std::string Joined(const Values& items, const char* open, const char* close) {
    std::string text = open;
    for (size_t i = 0; i < items.size(); ++i) {
        if (i > 0) text += ", ";
        text += DisplayText(items[i]);
    }
    return text + close;
}

/// As Java's Double.toString: at least one digit behind the point.
template <typename Float>
std::string FloatText(Float number) {
    if (std::isnan(number)) return "NaN";
    if (std::isinf(number)) return number < 0 ? "-Infinity" : "Infinity";
    char buffer[64];
    const auto magnitude = std::fabs(number);
    const bool plain = number == 0 || (magnitude >= Float(1e-3) && magnitude < Float(1e7));
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, number,
                                   plain ? std::chars_format::fixed : std::chars_format::scientific)
                         .ptr;
    std::string text(buffer, end);
    if (plain) return text.find('.') == std::string::npos ? text + ".0" : text;
    // 1.5e+20 is 1.5E20 there
    const size_t e = text.find('e');
    std::string mantissa = text.substr(0, e);
    if (mantissa.find('.') == std::string::npos) mantissa += ".0";
    int exponent = 0;
    const size_t digits = text[e + 1] == '+' ? e + 2 : e + 1;
    std::from_chars(text.data() + digits, text.data() + text.size(), exponent);
    return mantissa + "E" + std::to_string(exponent);
}

void AddMetrics(const std::vector<Metrics>& steps, int64_t whole, size_t depth, std::string& text) {
    const auto count = [](const Metrics& step, std::string_view name) {
        for (const auto& [key, value] : step.counts) {
            if (key == name) return std::to_string(value);
        }
        return std::string();
    };
    for (const Metrics& step : steps) {
        std::string name = std::string(depth * 2, ' ') + step.name;
        constexpr size_t kWidth = 68;
        if (name.size() > kWidth) name = name.substr(0, kWidth - 3) + "...";
        const double share =
            whole > 0 ? static_cast<double>(step.nanos) * 100 / static_cast<double>(whole) : 0;
        char line[256];
        std::snprintf(line, sizeof line, "%-68s %12s %12s %12.3f %8.2f\n", name.c_str(),
                      count(step, "elementCount").c_str(), count(step, "traverserCount").c_str(),
                      static_cast<double>(step.nanos) / 1e6, share);
        text += line;
        AddMetrics(step.nested, whole, depth + 1, text);
    }
}

/// A table, as TinkerPop's console shows it.
std::string MetricsText(const TraversalMetrics& metrics) {
    std::string text = "Traversal Metrics\n";
    char line[256];
    std::snprintf(line, sizeof line, "%-68s %12s %12s %12s %8s\n", "Step", "Count", "Traversers",
                  "Time (ms)", "% Dur");
    text += line + std::string(117, '=') + "\n";
    AddMetrics(metrics.steps, metrics.nanos, 0, text);
    std::snprintf(line, sizeof line, "%68s %12s %12s %12.3f %8s", ">TOTAL", "-", "-",
                  static_cast<double>(metrics.nanos) / 1e6, "-");
    return text + line;
}

/// At most 20 characters, as the reference shows a property's value.
std::string Abbreviated(std::string text) {
    constexpr size_t kMostShown = 20;
    size_t characters = 0, cut = 0;
    for (size_t i = 0; i < text.size(); ++i) {
        if ((static_cast<uint8_t>(text[i]) & 0xC0) == 0x80) continue;
        if (characters++ == kMostShown - 3) cut = i;
    }
    if (characters <= kMostShown) return text;
    text.resize(cut);
    return text + "...";
}

struct Display {
    std::string operator()(std::monostate) const { return "null"; }
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(float v) const { return FloatText(v); }
    std::string operator()(double v) const { return FloatText(v); }
    std::string operator()(const BigInteger& v) const { return v.digits; }
    std::string operator()(const BigDecimal& v) const { return v.digits; }
    std::string operator()(const std::string& v) const { return v; }
    std::string operator()(Char v) const {
        std::string text;
        core::AppendUtf8(text, v.code);
        return text;
    }
    /// As Java shows it: not what is in it.
    std::string operator()(const Binary& v) const {
        const std::string size = std::to_string(v.bytes.size());
        return "java.nio.HeapByteBuffer[pos=0 lim=" + size + " cap=" + size + "]";
    }
    std::string operator()(const Uuid& v) const { return UuidText(v); }
    std::string operator()(const Date& v) const { return DateText(v); }
    std::string operator()(Token v) const { return std::string(TokenName(v)); }
    std::string operator()(VertexRef v) const { return "v[#" + std::to_string(v.id) + "]"; }
    std::string operator()(const EdgeRef& v) const { return "e[#" + std::to_string(v.id) + "]"; }
    std::string operator()(const Ptr<VertexProperty>& v) const {
        return "vp[" + v->key + "->" + Abbreviated(DisplayText(v->value)) + "]";
    }
    std::string operator()(const Ptr<Property>& v) const {
        return "p[" + v->key + "->" + Abbreviated(DisplayText(v->value)) + "]";
    }
    std::string operator()(const Ptr<Path>& v) const { return Joined(v->objects, "path[", "]"); }
    std::string operator()(const Ptr<List>& v) const { return Joined(v->items, "[", "]"); }
    std::string operator()(const Ptr<Set>& v) const { return Joined(v->items, "[", "]"); }
    std::string operator()(const Ptr<Map>& v) const {
        std::string text = "{";
        for (const auto& [key, value] : v->Items()) {
            if (text.size() > 1) text += ", ";
            text += DisplayText(key) + "=" + DisplayText(value);
        }
        return text + "}";
    }
    std::string operator()(const Ptr<Entry>& v) const {
        return DisplayText(v->key) + "=" + DisplayText(v->value);
    }
    std::string operator()(const Ptr<Tree>& v) const {
        std::string text = "{";
        for (const auto& [key, tree] : v->branches) {
            if (text.size() > 1) text += ", ";
            text += DisplayText(key) + "=" + (*this)(tree);
        }
        return text + "}";
    }
    std::string operator()(const Ptr<BulkSet>& v) const {
        std::string text = "{";
        for (const auto& [value, bulk] : v->items) {
            if (text.size() > 1) text += ", ";
            text += DisplayText(value) + "=" + std::to_string(bulk);
        }
        return text + "}";
    }
    std::string operator()(const Ptr<Predicate>& v) const { return std::string(v->Name()); }
    std::string operator()(const Ptr<Bytecode>&) const { return "[traversal]"; }
    std::string operator()(const Ptr<Strategy>& v) const { return v->name; }
    std::string operator()(const Ptr<CardinalityValue>& v) const { return DisplayText(v->value); }
    std::string operator()(const Ptr<Temporal>& v) const { return TemporalText(*v); }
    std::string operator()(const Duration& v) const { return DurationText(v); }
    std::string operator()(const Ptr<ElementReference>& v) const {
        using Of = ElementReference::Kind;
        if (v->kind == Of::kVertexProperty) {
            return "vp[" + v->label + "->" + Abbreviated(DisplayText(v->value)) + "]";
        }
        if (v->kind == Of::kVertex) return "v[" + DisplayText(v->id) + "]";
        return "e[" + DisplayText(v->id) + "][" + DisplayText(v->out) + "-" + v->label + "->" +
               DisplayText(v->in) + "]";
    }
    std::string operator()(const Ptr<Subgraph>& v) const {
        return "graph[vertices:" + std::to_string(v->vertices.items.size()) +
               " edges:" + std::to_string(v->edges.items.size()) + "]";
    }
    std::string operator()(const Ptr<TraversalMetrics>& v) const { return MetricsText(*v); }
    std::string operator()(const Ptr<Lambda>& v) const { return "lambda[" + v->script + "]"; }
    template <typename Whole>
    std::string operator()(Whole v) const {
        return std::to_string(v);
    }
};

}  // namespace

std::string DisplayText(const Value& value) {
    return std::visit(Display{}, value.Get());
}

std::string UuidText(const Uuid& uuid) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string text;
    for (size_t i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        text += kHex[uuid.bytes[i] >> 4];
        text += kHex[uuid.bytes[i] & 15];
    }
    return text;
}

bool ParseUuid(std::string_view text, Uuid& uuid) {
    if (text.size() != 36) return false;
    size_t at = 0;
    for (size_t i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            if (text[at++] != '-') return false;
        }
        unsigned byte = 0;
        const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + 2, byte, 16);
        if (error != std::errc() || end != text.data() + at + 2) return false;
        uuid.bytes[i] = static_cast<uint8_t>(byte);
        at += 2;
    }
    return true;
}

bool ParseDate(std::string_view text, Date& date) {
    const auto number = [&](size_t digits, int& into) {
        if (text.size() < digits) return false;
        const auto [end, error] = std::from_chars(text.data(), text.data() + digits, into);
        if (error != std::errc() || end != text.data() + digits) return false;
        text.remove_prefix(digits);
        return true;
    };
    const auto skip = [&](char c) {
        if (!text.starts_with(c)) return false;
        text.remove_prefix(1);
        return true;
    };
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, milli = 0;
    if (!number(4, year) || !skip('-') || !number(2, month) || !skip('-') || !number(2, day)) {
        return false;
    }
    if (skip('T') || skip(' ')) {
        if (!number(2, hour) || !skip(':') || !number(2, minute)) return false;
        if (skip(':') && !number(2, second)) return false;
        if (skip('.')) {
            int scale = 100;
            if (text.empty() || text[0] < '0' || text[0] > '9') return false;
            while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
                milli += (text[0] - '0') * scale;
                scale /= 10;
                text.remove_prefix(1);
            }
        }
    }
    int offset = 0;
    if (text.starts_with('+') || text.starts_with('-')) {
        const int sign = text[0] == '-' ? -1 : 1;
        text.remove_prefix(1);
        int hours = 0, minutes = 0;
        if (!number(2, hours)) return false;
        skip(':');
        if (!text.empty() && !number(2, minutes)) return false;
        offset = sign * (hours * 3600 + minutes * 60);
    } else {
        skip('Z');
    }
    const std::chrono::year_month_day calendar{std::chrono::year(year),
                                               std::chrono::month(static_cast<unsigned>(month)),
                                               std::chrono::day(static_cast<unsigned>(day))};
    if (!text.empty() || !calendar.ok() || hour > 23 || minute > 59 || second > 59) return false;
    const int64_t days = std::chrono::sys_days(calendar).time_since_epoch().count();
    date.offset_seconds = offset;
    date.milliseconds = ((days * 24 + hour) * 60 + minute) * 60'000 + second * 1000 + milli -
                        int64_t{offset} * 1000;
    return true;
}

std::string DateText(const Date& date) {
    const int64_t local = date.milliseconds + int64_t{date.offset_seconds} * 1000;
    const auto days = std::chrono::floor<std::chrono::days>(std::chrono::milliseconds(local));
    const std::chrono::year_month_day calendar{std::chrono::sys_days(days)};
    const int64_t within = local - std::chrono::milliseconds(days).count();
    char text[64];
    int size =
        std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d",
                      static_cast<int>(calendar.year()), static_cast<unsigned>(calendar.month()),
                      static_cast<unsigned>(calendar.day()), static_cast<int>(within / 3'600'000),
                      static_cast<int>(within / 60'000 % 60), static_cast<int>(within / 1000 % 60));
    std::string whole(text, static_cast<size_t>(size));
    if (within % 1000 != 0) {
        size = std::snprintf(text, sizeof text, ".%03d", static_cast<int>(within % 1000));
        whole.append(text, static_cast<size_t>(size));
    }
    if (date.offset_seconds == 0) return whole + "Z";
    const int minutes = std::abs(date.offset_seconds) / 60;
    size = std::snprintf(text, sizeof text, "%c%02d:%02d", date.offset_seconds < 0 ? '-' : '+',
                         minutes / 60, minutes % 60);
    return whole.append(text, static_cast<size_t>(size));
}

std::string_view TypeName(const Value& value) {
    static constexpr std::string_view kNames[] = {"null",
                                                  "Boolean",
                                                  "Byte",
                                                  "Short",
                                                  "Integer",
                                                  "Long",
                                                  "Float",
                                                  "Double",
                                                  "BigInteger",
                                                  "BigDecimal",
                                                  "String",
                                                  "Character",
                                                  "UUID",
                                                  "Date",
                                                  "Enum",
                                                  "Vertex",
                                                  "Edge",
                                                  "VertexProperty",
                                                  "Property",
                                                  "Path",
                                                  "List",
                                                  "Set",
                                                  "Map",
                                                  "Map.Entry",
                                                  "Tree",
                                                  "BulkSet",
                                                  "P",
                                                  "Traversal",
                                                  "TraversalStrategy",
                                                  "Cardinality",
                                                  "Element",
                                                  "Temporal",
                                                  "Duration",
                                                  "Graph",
                                                  "TraversalMetrics",
                                                  "Lambda",
                                                  "ByteBuffer"};
    static_assert(std::size(kNames) == std::variant_size_v<Value::Variant>);
    if (const auto* known = value.If<Ptr<ElementReference>>()) {
        static constexpr std::string_view kElements[] = {"Vertex", "Edge", "VertexProperty"};
        return kElements[static_cast<size_t>((*known)->kind)];
    }
    return kNames[value.Index()];
}

}  // namespace gyre::graph
