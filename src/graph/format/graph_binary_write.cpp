#include <algorithm>
#include <bit>
#include <chrono>

#include "graph/format/element_view.h"
#include "graph/format/graph_binary.h"
#include "graph/format/graph_binary_types.h"
#include "graph/number.h"
#include "graph/predicate.h"

namespace gyre::graph::format {
namespace {

uint8_t TypeOf(TokenKind kind) {
    switch (kind) {
        case TokenKind::kT:
            return kBinaryT;
        case TokenKind::kOrder:
            return kBinaryOrder;
        case TokenKind::kScope:
            return kBinaryScope;
        case TokenKind::kPop:
            return kBinaryPop;
        case TokenKind::kColumn:
            return kBinaryColumn;
        case TokenKind::kDirection:
            return kBinaryDirection;
        case TokenKind::kOperator:
            return kBinaryOperator;
        case TokenKind::kBarrier:
            return kBinaryBarrier;
        case TokenKind::kPick:
            return kBinaryPick;
        case TokenKind::kCardinality:
            return kBinaryCardinality;
        case TokenKind::kMerge:
            return kBinaryMerge;
        case TokenKind::kTimeUnit:
            return kBinaryTimeUnit;
        case TokenKind::kGType:
            return kBinaryGType;
    }
    return kBinaryT;
}

/// Two's complement, the highest byte first, of decimal digits.
std::string TwosComplement(std::string digits) {
    const bool negative = digits.starts_with('-');
    if (negative) digits.erase(0, 1);
    std::string bytes;  // magnitude, the lowest byte first
    for (const char digit : digits) {
        if (digit < '0' || digit > '9') continue;
        unsigned carry = static_cast<unsigned>(digit - '0');
        for (char& byte : bytes) {
            carry += static_cast<uint8_t>(byte) * 10U;
            byte = static_cast<char>(carry);
            carry >>= 8;
        }
        if (carry != 0) bytes += static_cast<char>(carry);
    }
    bytes += '\0';  // room for the sign
    if (negative) {
        unsigned carry = 1;
        for (char& byte : bytes) {
            carry += static_cast<uint8_t>(~byte);
            byte = static_cast<char>(carry);
            carry >>= 8;
        }
    }
    std::ranges::reverse(bytes);
    return bytes;
}

}  // namespace

void BinaryWriter::Type(uint8_t type) {
    out_ += static_cast<char>(type);
    out_ += '\0';
}

template <typename Whole>
void BinaryWriter::Number(Whole number) {
    const auto bits = static_cast<std::make_unsigned_t<Whole>>(number);
    for (int shift = static_cast<int>(sizeof bits) * 8 - 8; shift >= 0; shift -= 8) {
        out_ += static_cast<char>(bits >> shift);
    }
}

void BinaryWriter::BareText(std::string_view text) {
    Number(static_cast<int32_t>(text.size()));
    out_ += text;
}

void BinaryWriter::Items(uint8_t type, const Values& items) {
    Type(type);
    Number(static_cast<int32_t>(items.size()));
    for (const graph::Value& item : items) Value(item);
}

void BinaryWriter::BareMap(const graph::Map& map) {
    Number(static_cast<int32_t>(map.Size()));
    for (const auto& [key, value] : map.Items()) {
        Value(key);
        Value(value);
    }
}

void BinaryWriter::BareTree(const graph::Tree& tree) {
    Number(static_cast<int32_t>(tree.branches.size()));
    for (const auto& [key, branch] : tree.branches) {
        Value(key);
        BareTree(*branch);
    }
}

void BinaryWriter::Traverser(const graph::Value& value, int64_t bulk) {
    Type(kBinaryTraverser);
    Number(bulk);
    Value(value);
}

void BinaryWriter::VertexProperty(const graph::VertexProperty& property) {
    Type(kBinaryVertexProperty);
    Value(graph::Value(property.id));
    BareText(property.key);
    Value(property.value);
    Null();  // the vertex
    if (property.meta.empty() || tokens_) return Null();
    Type(kBinaryList);
    Number(static_cast<int32_t>(property.meta.size()));
    for (const auto& [key, value] : property.meta) {
        Type(kBinaryProperty);
        BareText(key);
        Value(value);
        Null();
    }
}

/// Of a graph that stands for itself: no element refers to another but by its id.
void BinaryWriter::GraphVertex(const graph::Value& vertex) {
    const VertexView view = ViewOf(context_, vertex.As<VertexRef>(), true);
    Value(view.id);
    BareText(view.label);
    Number(static_cast<int32_t>(view.properties.size()));
    for (const auto& property : view.properties) {
        Value(graph::Value(property->id));
        BareText(property->key);
        Value(property->value);
        Null();  // the vertex
        BareProperties(property->meta);
    }
}

void BinaryWriter::GraphEdge(const graph::Value& edge) {
    const EdgeView view = ViewOf(context_, edge.As<EdgeRef>(), true);
    Value(view.id);
    BareText(view.label);
    Value(view.in.id);
    Null();  // its label
    Value(view.out.id);
    Null();
    Null();  // the graph
    BareProperties(view.properties);
}

void BinaryWriter::BareProperties(
    const std::vector<std::pair<std::string, graph::Value>>& properties) {
    Number(static_cast<int32_t>(properties.size()));
    for (const auto& [key, value] : properties) {
        Type(kBinaryProperty);
        BareText(key);
        Value(value);
        Null();
    }
}

void BinaryWriter::BareMetrics(const std::vector<Metrics>& steps) {
    Number(static_cast<int32_t>(steps.size()));
    for (const Metrics& step : steps) {
        Type(kBinaryMetrics);
        BareText(step.id);
        BareText(step.name);
        Number(step.nanos);
        graph::Map counts, annotations;
        for (const auto& [name, count] : step.counts) counts.Put(graph::Value(name), count);
        for (const auto& [name, value] : step.annotations) annotations.Put(name, value);
        BareMap(counts);
        BareMap(annotations);
        BareMetrics(step.nested);
    }
}

struct BinaryWriter::Visit {
    BinaryWriter& w;

    template <typename Whole>
    void Number(uint8_t type, Whole number) {
        w.Type(type);
        w.Number(number);
    }
    void Text(uint8_t type, std::string_view text) {
        w.Type(type);
        w.BareText(text);
    }
    void operator()(std::monostate) { w.Null(); }
    void operator()(bool v) { Number(kBinaryBoolean, static_cast<int8_t>(v)); }
    void operator()(int8_t v) { Number(kBinaryByte, v); }
    void operator()(int16_t v) { Number(kBinaryShort, v); }
    void operator()(int32_t v) { Number(kBinaryInt, v); }
    void operator()(int64_t v) { Number(kBinaryLong, v); }
    void operator()(float v) { Number(kBinaryFloat, std::bit_cast<int32_t>(v)); }
    void operator()(double v) { Number(kBinaryDouble, std::bit_cast<int64_t>(v)); }
    void operator()(const BigInteger& v) { Text(kBinaryBigInteger, TwosComplement(v.digits)); }
    void operator()(const BigDecimal& v) {
        const Unscaled unscaled = UnscaledOf(v);
        Number(kBinaryBigDecimal, static_cast<int32_t>(unscaled.scale));
        w.BareText(TwosComplement(unscaled.digits));
    }
    void operator()(const std::string& v) { Text(kBinaryString, v); }
    void operator()(const Binary& v) { Text(kBinaryByteBuffer, v.bytes); }
    void operator()(const Char& v) {
        w.Type(kBinaryChar);
        w.out_ += DisplayText(graph::Value(v));
    }
    /// One of months has no length.
    void operator()(const Duration& v) {
        int64_t seconds = 0;
        if (v.months != 0 || __builtin_mul_overflow(v.days, 86'400, &seconds) ||
            __builtin_add_overflow(seconds, v.seconds, &seconds)) {
            return Text(kBinaryString, DisplayText(graph::Value(v)));
        }
        Number(kBinaryDuration, seconds);
        w.Number(v.nanos);
    }
    void operator()(const Uuid& v) {
        w.Type(kBinaryUuid);
        w.out_.append(reinterpret_cast<const char*>(v.bytes.data()), v.bytes.size());
    }
    void operator()(const Date& v) {
        if (w.context_ == nullptr || !w.context_->query.rules.Is38()) {
            return Number(kBinaryDate, v.milliseconds);
        }
        // Since 3.8 a date-time with its offset: what a calendar and a clock there show.
        constexpr int64_t kDay = 86'400'000;
        const int64_t local = v.milliseconds + int64_t{v.offset_seconds} * 1000;
        const int64_t days = local / kDay - (local % kDay < 0 ? 1 : 0);
        const std::chrono::year_month_day day{
            std::chrono::sys_days(std::chrono::days(static_cast<int32_t>(days)))};
        w.Type(kBinaryOffsetDateTime);
        w.Number(static_cast<int32_t>(int{day.year()}));
        w.Number(static_cast<uint8_t>(unsigned{day.month()}));
        w.Number(static_cast<uint8_t>(unsigned{day.day()}));
        w.Number((local - days * kDay) * 1'000'000);
        w.Number(v.offset_seconds);
    }
    void operator()(Token v) {
        w.Type(TypeOf(v.kind));
        Text(kBinaryString, TokenName(v));
    }
    void operator()(VertexRef v) {
        const VertexView view = ViewOf(w.context_, v, !w.tokens_);
        w.Type(kBinaryVertex);
        w.Value(view.id);
        w.BareText(view.label);
        if (view.properties.empty()) return w.Null();
        w.Type(kBinaryList);
        w.Number(static_cast<int32_t>(view.properties.size()));
        for (const auto& property : view.properties) w.VertexProperty(*property);
    }
    void operator()(const EdgeRef& v) {
        const EdgeView view = ViewOf(w.context_, v, !w.tokens_);
        w.Type(kBinaryEdge);
        w.Value(view.id);
        w.BareText(view.label);
        w.Value(view.in.id);
        w.BareText(view.in.label);
        w.Value(view.out.id);
        w.BareText(view.out.label);
        w.Null();  // the graph
        if (view.properties.empty()) return w.Null();
        w.Type(kBinaryList);
        w.Number(static_cast<int32_t>(view.properties.size()));
        for (const auto& [key, value] : view.properties) {
            w.Type(kBinaryProperty);
            w.BareText(key);
            w.Value(value);
            w.Null();
        }
    }
    void operator()(const Ptr<graph::VertexProperty>& v) { w.VertexProperty(*v); }
    void operator()(const Ptr<Property>& v) {
        w.Type(kBinaryProperty);
        w.BareText(v->key);
        w.Value(v->value);
        w.Null();
    }
    void operator()(const Ptr<Path>& v) {
        w.Type(kBinaryPath);
        Values labels;
        for (const auto& names : v->labels) {
            auto set = std::make_shared<Set>();
            for (const std::string& name : names) set->Add(graph::Value(name));
            labels.emplace_back(std::move(set));
        }
        w.Items(kBinaryList, labels);
        w.Items(kBinaryList, v->objects);
    }
    void operator()(const Ptr<List>& v) { w.Items(kBinaryList, v->items); }
    void operator()(const Ptr<Set>& v) { w.Items(kBinarySet, v->items); }
    void operator()(const Ptr<graph::Map>& v) {
        w.Type(kBinaryMap);
        w.BareMap(*v);
    }
    void operator()(const Ptr<Entry>& v) {
        graph::Map one;
        one.Put(v->key, v->value);
        w.Type(kBinaryMap);
        w.BareMap(one);
    }
    void operator()(const Ptr<graph::Tree>& v) {
        w.Type(kBinaryTree);
        w.BareTree(*v);
    }
    void operator()(const Ptr<BulkSet>& v) {
        w.Type(kBinaryBulkSet);
        w.Number(static_cast<int32_t>(v->items.size()));
        for (const auto& [value, bulk] : v->items) {
            w.Value(value);
            w.Number(bulk);
        }
    }
    void operator()(const Ptr<Subgraph>& v) {
        w.Type(kBinaryGraph);
        w.Number(static_cast<int32_t>(v->vertices.items.size()));
        for (const graph::Value& vertex : v->vertices.items) w.GraphVertex(vertex);
        w.Number(static_cast<int32_t>(v->edges.items.size()));
        for (const graph::Value& edge : v->edges.items) w.GraphEdge(edge);
    }
    void operator()(const Ptr<TraversalMetrics>& v) {
        w.Type(kBinaryTraversalMetrics);
        w.Number(v->nanos);
        w.BareMetrics(v->steps);
    }
    template <typename Other>
    void operator()(const Other& v) {
        Text(kBinaryString, DisplayText(graph::Value(v)));
    }
};

void BinaryWriter::Value(const graph::Value& value) {
    std::visit(Visit{*this}, value.Get());
}

std::string WrapBinary(const Response& response, std::string_view items, size_t count) {
    std::string bytes;
    BinaryWriter writer(nullptr, true, bytes);
    const auto number = [&](int32_t value) {
        for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
    };
    bytes += '\x81';
    bytes += '\0';  // the id is there
    bytes.append(reinterpret_cast<const char*>(response.id.bytes.data()), 16);
    number(response.code);
    bytes += '\0';
    number(static_cast<int32_t>(response.message.size()));
    bytes += response.message;
    writer.BareMap(response.attributes);
    writer.BareMap({});
    if (response.code != 200 && response.code != 206) return bytes.append("\xfe\x01", 2);
    bytes += static_cast<char>(kBinaryList);
    bytes += '\0';
    number(static_cast<int32_t>(count));
    return bytes.append(items);
}

}  // namespace gyre::graph::format
