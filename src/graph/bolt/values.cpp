#include "graph/bolt/values.h"

#include <algorithm>

#include "graph/calendar.h"
#include "graph/exec/cypher_values.h"
#include "graph/exec/element.h"
#include "graph/exec/evaluate.h"
#include "graph/number.h"
#include "graph/temporal.h"

namespace gyre::graph::bolt {
namespace {

using Kind = Temporal::Kind;

class ValueWriter {
  public:
    ValueWriter(PackWriter& writer, exec::Context& context, const Dialect& dialect)
        : writer_(writer), context_(context), dialect_(dialect) {}

    void Write(const Value& given) {
        const Value value = exec::Wide(given);
        if (value.IsNull()) return writer_.Null();
        if (value.Is<bool>()) return writer_.Boolean(value.As<bool>());
        if (value.IsNumber()) {
            return value.Is<int64_t>() ? writer_.Integer(value.As<int64_t>())
                                       : writer_.Float(ToDouble(value));
        }
        if (const auto* vertex = value.If<VertexRef>()) return Node(*vertex);
        if (const auto* edge = value.If<EdgeRef>()) return Relationship(*edge, true);
        if (const auto* path = value.If<Ptr<graph::Path>>()) return Path(**path);
        if (const auto* list = value.If<Ptr<graph::List>>()) return Items((*list)->items);
        if (const auto* map = value.If<Ptr<graph::Map>>()) return Pairs(**map);
        if (const auto* temporal = value.If<Ptr<Temporal>>()) return Time(**temporal);
        if (const auto* span = value.If<Duration>()) {
            writer_.Structure('E', 4);
            for (const int64_t part : {span->months, span->days, span->seconds}) {
                writer_.Integer(part);
            }
            return writer_.Integer(span->nanos);
        }
        writer_.Text(DisplayText(value));
    }

  private:
    void Items(const Values& items) {
        writer_.List(items.size());
        for (const Value& item : items) Write(item);
    }
    void Pairs(const graph::Map& map) {
        writer_.Map(map.Size());
        for (const auto& [key, value] : map.Items()) {
            writer_.Text(DisplayText(key));
            Write(value);
        }
    }
    std::string IdText(const Value& element) {
        Value id;
        return exec::IdOf(context_, element, id) ? DisplayText(id) : "";
    }
    void Node(VertexRef vertex) {
        writer_.Structure('N', dialect_.Modern() ? 4 : 3);
        writer_.Integer(static_cast<int64_t>(vertex.id));
        const auto row = context_.graph.Vertex(vertex.id);
        writer_.List(row ? row->labels.size() : 0);
        if (row) {
            for (const NameId label : row->labels) writer_.Text(context_.graph.NameText(label));
        }
        Pairs(*exec::PropertiesMap(context_, Value(vertex)));
        if (dialect_.Modern()) writer_.Text(IdText(Value(vertex)));
    }
    void Relationship(const EdgeRef& edge, bool bound) {
        const size_t fields = (bound ? 5U : 3U) + (!dialect_.Modern() ? 0U : bound ? 3U : 1U);
        writer_.Structure(bound ? 'R' : 'r', fields);
        writer_.Integer(static_cast<int64_t>(edge.id));
        if (bound) {
            writer_.Integer(static_cast<int64_t>(edge.out));
            writer_.Integer(static_cast<int64_t>(edge.in));
        }
        writer_.Text(context_.graph.NameText(edge.label));
        Pairs(*exec::PropertiesMap(context_, Value(edge)));
        if (!dialect_.Modern()) return;
        writer_.Text(IdText(Value(edge)));
        if (!bound) return;
        writer_.Text(IdText(Value(VertexRef{edge.out})));
        writer_.Text(IdText(Value(VertexRef{edge.in})));
    }
    /// Distinct nodes, distinct relationships, and where each next one of them is, the
    /// relationship negative against its direction.
    void Path(const graph::Path& path) {
        Values nodes, edges;
        std::vector<int64_t> places;
        const auto place = [](Values& among, const Value& one) {
            const auto found = std::ranges::find_if(
                among, [&](const Value& other) { return SameValue(one, other); });
            const auto at = found - among.begin();
            if (found == among.end()) among.push_back(one);
            return static_cast<int64_t>(at);
        };
        for (size_t i = 0; i < path.objects.size(); ++i) {
            const Value& one = path.objects[i];
            if (i % 2 == 0) {
                const int64_t at = place(nodes, one);
                if (i > 0) places.push_back(at);
                continue;
            }
            const int64_t at = place(edges, one) + 1;
            const bool along = one.Is<EdgeRef>() && path.objects[i - 1].Is<VertexRef>() &&
                               one.As<EdgeRef>().out == path.objects[i - 1].As<VertexRef>().id;
            places.push_back(along ? at : -at);
        }
        writer_.Structure('P', 3);
        Items(nodes);
        writer_.List(edges.size());
        for (const Value& edge : edges) Relationship(edge.As<EdgeRef>(), false);
        writer_.List(places.size());
        for (const int64_t at : places) writer_.Integer(at);
    }
    void Time(const Temporal& at) {
        const int64_t local = at.days * 86400 + at.nanos / kNanosOfSecond;
        const int64_t nanos = at.nanos % kNanosOfSecond;
        switch (at.kind) {
            case Kind::kDate:
                writer_.Structure('D', 1);
                return writer_.Integer(at.days);
            case Kind::kLocalTime:
                writer_.Structure('t', 1);
                return writer_.Integer(at.nanos);
            case Kind::kTime:
                writer_.Structure('T', 2);
                writer_.Integer(at.nanos);
                return writer_.Integer(at.offset);
            case Kind::kLocalDateTime:
                writer_.Structure('d', 2);
                writer_.Integer(local);
                return writer_.Integer(nanos);
            case Kind::kDateTime:
                break;
        }
        const bool named = !at.zone.empty();
        const bool utc = dialect_.Modern();
        writer_.Structure(named ? (utc ? 'i' : 'f') : (utc ? 'I' : 'F'), 3);
        writer_.Integer(utc ? local - at.offset : local);
        writer_.Integer(nanos);
        if (named)
            writer_.Text(at.zone);
        else
            writer_.Integer(at.offset);
    }

    PackWriter& writer_;
    exec::Context& context_;
    const Dialect& dialect_;
};

}  // namespace

void WriteValue(PackWriter& writer, exec::Context& context, const Dialect& dialect,
                const Value& value) {
    ValueWriter(writer, context, dialect).Write(value);
}

}  // namespace gyre::graph::bolt
