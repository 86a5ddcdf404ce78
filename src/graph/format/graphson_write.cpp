#include <cmath>

#include "core/digest.h"
#include "graph/format/element_view.h"
#include "graph/format/graphson.h"
#include "graph/predicate.h"
#include "graph/temporal.h"

namespace gyre::graph::format {
namespace {

std::string FloatJson(double number) {
    if (std::isnan(number)) return "\"NaN\"";
    if (std::isinf(number)) return number < 0 ? "\"-Infinity\"" : "\"Infinity\"";
    return core::JsonText(core::Json(number));
}

}  // namespace

void GraphSonWriter::Text(std::string_view text) {
    out_ += core::JsonText(core::Json(boost::json::string_view(text.data(), text.size())));
}

void GraphSonWriter::Typed(std::string_view type, std::string_view json) {
    if (!typed_) {
        out_ += json;
        return;
    }
    Open(type);
    out_ += json;
    Close();
}

void GraphSonWriter::Open(std::string_view type) {
    if (!typed_) return;
    out_ += "{\"@type\":\"";
    out_ += type;
    out_ += "\",\"@value\":";
}

void GraphSonWriter::Close() {
    if (typed_) out_ += '}';
}

void GraphSonWriter::Items(std::string_view type, const Values& items) {
    if (!version2_) Open(type);
    out_ += '[';
    for (size_t i = 0; i < items.size(); ++i) {
        if (i > 0) out_ += ',';
        Value(items[i]);
    }
    out_ += ']';
    if (!version2_) Close();
}

void GraphSonWriter::Key(const graph::Value& key) {
    if (const auto* vertex = key.If<VertexRef>()) {
        return Text(DisplayText(ViewOf(context_, *vertex, false).id));
    }
    Text(DisplayText(key));
}

void GraphSonWriter::Map(const graph::Map& map) {
    const bool flat = typed_ && !version2_;
    if (flat) Open("g:Map");
    out_ += flat ? '[' : '{';
    bool first = true;
    for (const auto& [key, value] : map.Items()) {
        if (!first) out_ += ',';
        first = false;
        if (flat)
            Value(key);
        else
            Key(key);
        out_ += flat ? ',' : ':';
        Value(value);
    }
    out_ += flat ? ']' : '}';
    if (flat) Close();
}

void GraphSonWriter::Vertex(VertexRef vertex) {
    const VertexView view = ViewOf(context_, vertex, !tokens_);
    Open("g:Vertex");
    out_ += "{\"id\":";
    Value(view.id);
    out_ += ",\"label\":";
    Text(view.label);
    if (!typed_) out_ += ",\"type\":\"vertex\"";
    if (!view.properties.empty()) {
        out_ += ",\"properties\":{";
        for (size_t i = 0; i < view.properties.size(); ++i) {
            const bool begins = i == 0 || view.properties[i - 1]->key != view.properties[i]->key;
            if (begins) {
                if (i > 0) out_ += "],";
                Text(view.properties[i]->key);
                out_ += ":[";
            } else {
                out_ += ',';
            }
            Property(*view.properties[i], true);
        }
        out_ += "]}";
    }
    out_ += '}';
    Close();
}

void GraphSonWriter::Edge(const EdgeRef& edge) {
    const EdgeView view = ViewOf(context_, edge, !tokens_);
    Open("g:Edge");
    out_ += "{\"id\":";
    Value(view.id);
    out_ += ",\"label\":";
    Text(view.label);
    if (!typed_) out_ += ",\"type\":\"edge\"";
    out_ += ",\"inVLabel\":";
    Text(view.in.label);
    out_ += ",\"outVLabel\":";
    Text(view.out.label);
    out_ += ",\"inV\":";
    Value(view.in.id);
    out_ += ",\"outV\":";
    Value(view.out.id);
    if (!view.properties.empty()) {
        out_ += ",\"properties\":{";
        bool first = true;
        for (const auto& [key, value] : view.properties) {
            if (!first) out_ += ',';
            first = false;
            Text(key);
            out_ += ':';
            if (typed_)
                Property(key, value);
            else
                Value(value);
        }
        out_ += '}';
    }
    out_ += '}';
    Close();
}

void GraphSonWriter::Property(const graph::VertexProperty& property, bool in_vertex) {
    Open("g:VertexProperty");
    out_ += "{\"id\":";
    Value(graph::Value(property.id));
    out_ += ",\"value\":";
    Value(property.value);
    if (typed_ || !in_vertex) {
        out_ += ",\"label\":";
        Text(property.key);
    }
    if (!property.meta.empty()) {
        out_ += ",\"properties\":{";
        bool first = true;
        for (const auto& [key, value] : property.meta) {
            if (!first) out_ += ',';
            first = false;
            Text(key);
            out_ += ':';
            Value(value);
        }
        out_ += '}';
    }
    out_ += '}';
    Close();
}

void GraphSonWriter::Property(const std::string& key, const graph::Value& value) {
    Open("g:Property");
    out_ += "{\"key\":";
    Text(key);
    out_ += ",\"value\":";
    Value(value);
    out_ += '}';
    Close();
}

void GraphSonWriter::Path(const graph::Path& path) {
    Open("g:Path");
    out_ += "{\"labels\":";
    Values labels;
    for (const auto& names : path.labels) {
        auto set = std::make_shared<Set>();
        for (const std::string& name : names) set->Add(graph::Value(name));
        labels.emplace_back(std::move(set));
    }
    Items("g:List", labels);
    out_ += ",\"objects\":";
    Items("g:List", path.objects);
    out_ += '}';
    Close();
}

void GraphSonWriter::Tree(const graph::Tree& tree) {
    Open("g:Tree");
    out_ += '[';
    bool first = true;
    for (const auto& [key, branch] : tree.branches) {
        if (!first) out_ += ',';
        first = false;
        out_ += "{\"key\":";
        Value(key);
        out_ += ",\"value\":";
        Tree(*branch);
        out_ += '}';
    }
    out_ += ']';
    Close();
}

/// As TinkerGraph is written: {"vertices": […], "edges": […]}.
void GraphSonWriter::Graph(const Subgraph& graph) {
    Open("tinker:graph");
    out_ += "{\"vertices\":[";
    for (size_t i = 0; i < graph.vertices.items.size(); ++i) {
        if (i > 0) out_ += ',';
        Vertex(graph.vertices.items[i].As<VertexRef>());
    }
    out_ += "],\"edges\":[";
    for (size_t i = 0; i < graph.edges.items.size(); ++i) {
        if (i > 0) out_ += ',';
        Edge(graph.edges.items[i].As<EdgeRef>());
    }
    out_ += "]}";
    Close();
}

/// A map with one more entry: a list of metrics.
void GraphSonWriter::Map(const graph::Map& map, std::string_view key,
                         const std::vector<Metrics>& steps) {
    const bool flat = typed_ && !version2_;
    if (flat) Open("g:Map");
    out_ += flat ? '[' : '{';
    for (const auto& [name, value] : map.Items()) {
        Key(name);
        out_ += flat ? ',' : ':';
        Value(value);
        out_ += ',';
    }
    Text(key);
    out_ += flat ? ',' : ':';
    if (!version2_) Open("g:List");
    out_ += '[';
    for (size_t i = 0; i < steps.size(); ++i) {
        if (i > 0) out_ += ',';
        const Metrics& step = steps[i];
        auto counts = std::make_shared<graph::Map>(), annotations = std::make_shared<graph::Map>();
        for (const auto& [name, count] : step.counts) counts->Put(name, count);
        for (const auto& [name, value] : step.annotations) annotations->Put(name, value);
        graph::Map one;
        one.Put("id", step.id);
        one.Put("name", step.name);
        one.Put("dur", static_cast<double>(step.nanos) / 1e6);
        one.Put("counts", std::move(counts));
        one.Put("annotations", std::move(annotations));
        Open("g:Metrics");
        if (step.nested.empty())
            Map(one);
        else
            Map(one, "metrics", step.nested);
        Close();
    }
    out_ += ']';
    if (!version2_) Close();
    out_ += flat ? ']' : '}';
    if (flat) Close();
}

void GraphSonWriter::Traverser(const graph::Value& value, int64_t bulk) {
    Open("g:Traverser");
    out_ += "{\"bulk\":";
    Value(graph::Value(bulk));
    out_ += ",\"value\":";
    Value(value);
    out_ += '}';
    Close();
}

struct GraphSonWriter::Visit {
    GraphSonWriter& w;

    void operator()(std::monostate) { w.out_ += "null"; }
    void operator()(bool v) { w.out_ += v ? "true" : "false"; }
    void operator()(int8_t v) { w.Typed("gx:Byte", std::to_string(v)); }
    void operator()(int16_t v) { w.Typed("gx:Int16", std::to_string(v)); }
    void operator()(int32_t v) { w.Typed("g:Int32", std::to_string(v)); }
    void operator()(int64_t v) { w.Typed("g:Int64", std::to_string(v)); }
    void operator()(float v) {
        w.Typed("g:Float", FloatJson(std::strtod(DisplayText(graph::Value(v)).c_str(), nullptr)));
    }
    void operator()(double v) { w.Typed("g:Double", FloatJson(v)); }
    void operator()(const BigInteger& v) { w.Typed("gx:BigInteger", v.digits); }
    void operator()(const BigDecimal& v) { w.Typed("gx:BigDecimal", v.digits); }
    void operator()(const std::string& v) { w.Text(v); }
    void operator()(const Char& v) { Quoted("gx:Char", DisplayText(graph::Value(v))); }
    void operator()(const Binary& v) { Quoted("gx:ByteBuffer", core::Base64Encode(v.bytes)); }
    void operator()(const Uuid& v) { Quoted("g:UUID", UuidText(v)); }
    void operator()(const Duration& v) {
        if (v.months != 0) return w.Text(DurationText(v));  // it has no length
        Quoted("gx:Duration", DurationText(v));
    }
    void operator()(const Date& v) {
        const bool with_offset = w.context_ != nullptr && w.context_->query.rules.Is38();
        if (with_offset) return Quoted("gx:OffsetDateTime", DateText(v));
        w.Typed("g:Date", std::to_string(v.milliseconds));
    }
    void operator()(Token v) {
        Quoted("g:" + std::string(TokenClass(v.kind)), std::string(TokenName(v)));
    }
    void operator()(VertexRef v) { w.Vertex(v); }
    void operator()(const EdgeRef& v) { w.Edge(v); }
    void operator()(const Ptr<VertexProperty>& v) { w.Property(*v, false); }
    void operator()(const Ptr<graph::Property>& v) { w.Property(v->key, v->value); }
    void operator()(const Ptr<graph::Path>& v) { w.Path(*v); }
    void operator()(const Ptr<List>& v) { w.Items("g:List", v->items); }
    void operator()(const Ptr<Set>& v) { w.Items("g:Set", v->items); }
    void operator()(const Ptr<graph::Map>& v) { w.Map(*v); }
    void operator()(const Ptr<Entry>& v) {
        graph::Map one;
        one.Put(v->key, v->value);
        w.Map(one);
    }
    void operator()(const Ptr<graph::Tree>& v) { w.Tree(*v); }
    void operator()(const Ptr<BulkSet>& v) {
        Values flat;
        const bool bulked = w.typed_ && !w.version2_;
        for (const auto& [item, bulk] : v->items) {
            flat.insert(flat.end(), bulked ? 1 : static_cast<size_t>(bulk), item);
            if (bulked) flat.emplace_back(bulk);
        }
        w.Items(bulked ? "g:BulkSet" : "g:List", flat);
    }
    void operator()(const Ptr<ElementReference>& v) {
        w.Open("g:Vertex");
        w.out_ += "{\"id\":";
        w.Value(v->id);
        w.out_ += ",\"label\":";
        w.Text(v->label);
        w.out_ += '}';
        w.Close();
    }
    void operator()(const Ptr<Subgraph>& v) { w.Graph(*v); }
    void operator()(const Ptr<TraversalMetrics>& v) {
        graph::Map map;
        map.Put("dur", static_cast<double>(v->nanos) / 1e6);
        w.Open("g:TraversalMetrics");
        w.Map(map, "metrics", v->steps);
        w.Close();
    }
    template <typename Other>
    void operator()(const Other& v) {
        w.Text(DisplayText(graph::Value(v)));
    }
    void Quoted(const std::string& type, const std::string& text) {
        w.Open(type);
        w.Text(text);
        w.Close();
    }
};

void GraphSonWriter::Value(const graph::Value& value) {
    std::visit(Visit{*this}, value.Get());
}

std::string WrapGraphSon(Mime mime, const Response& response, std::string_view items) {
    std::string text = "{\"requestId\":\"" + UuidText(response.id) + "\",\"status\":{\"message\":";
    GraphSonWriter writer(nullptr, true, mime, text);
    const bool typed3 = mime == Mime::kGraphSon3;
    const std::string_view empty = typed3 ? "{\"@type\":\"g:Map\",\"@value\":[]}" : "{}";
    writer.Text(response.message);
    text += ",\"code\":" + std::to_string(response.code) + ",\"attributes\":";
    if (response.attributes.Size() == 0)
        text += empty;
    else
        writer.Map(response.attributes);
    text += "},\"result\":{\"data\":";
    if (response.code != 200 && response.code != 206) {
        text += "null";
    } else {
        text += typed3 ? "{\"@type\":\"g:List\",\"@value\":[" : "[";
        text += items;
        text += typed3 ? "]}" : "]";
    }
    text += ",\"meta\":";
    text += empty;
    return text + "}}";
}

}  // namespace gyre::graph::format
