#include <map>

#include "core/utf8.h"
#include "graph/file/graph_file.h"
#include "graph/format/element_view.h"

namespace gyre::graph::file {
namespace {

using core::Code;

constexpr std::string_view kHead =
    R"(<?xml version="1.0" ?><graphml xmlns="http://graphml.graphdrawing.org/xmlns" )"
    R"(xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" )"
    R"(xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns )"
    R"(http://graphml.graphdrawing.org/xmlns/1.1/graphml.xsd">)";

std::string_view AttributeType(const Value& value) {
    if (value.Is<int32_t>()) return "int";
    if (value.Is<int64_t>()) return "long";
    if (value.Is<float>()) return "float";
    if (value.Is<double>()) return "double";
    if (value.Is<bool>()) return "boolean";
    return "string";
}

tl::unexpected<core::Error> CannotHold(const std::string& what) {
    return core::Fail(Code::kInvalidArgument, "InvalidParameterException",
                      what + " not directly supported by GraphML format");
}

/// As TinkerPop's writer: the keys with the type of their first value, then vertices, then edges.
class Writer {
  public:
    Writer(exec::Context& context, const Put& put) : context_(context), put_(put) {}

    core::Status Graph() {
        GYRE_TRY(ForVertices([&](const format::VertexView& view) { return NoteKeys(view); }));
        GYRE_TRY(ForEdges([&](const format::EdgeView& view) {
            for (const auto& [key, value] : view.properties) {
                edge_keys_.try_emplace(key, AttributeType(value));
            }
            return core::Status();
        }));
        text_ += kHead;
        GYRE_TRY(Keys(vertex_keys_, edge_keys_, "node", "labelV", "V"));
        GYRE_TRY(Keys(edge_keys_, vertex_keys_, "edge", "labelE", "E"));
        text_ += R"(<graph id="G" edgedefault="directed">)";
        GYRE_TRY(ForVertices([&](const format::VertexView& view) { return Vertex(view); }));
        GYRE_TRY(ForEdges([&](const format::EdgeView& view) { return Edge(view); }));
        text_ += "</graph></graphml>";
        return put_(text_);
    }

  private:
    using KeyTypes = std::map<std::string, std::string_view>;

    template <typename Use>
    core::Status ForVertices(const Use& use) {
        VertexScan scan = context_.graph.Vertices();
        uint64_t vertex = 0;
        while (context_.GoOn() && scan.Next(vertex)) {
            GYRE_TRY(use(format::ViewOf(&context_, VertexRef{vertex}, true)));
            GYRE_TRY(Flush());
        }
        return context_.Failed() ? core::Fail(context_.Failure()) : core::Status();
    }
    template <typename Use>
    core::Status ForEdges(const Use& use) {
        const auto scan = context_.graph.Edges();
        EdgeRef edge;
        while (context_.GoOn() && scan->Next(edge)) {
            GYRE_TRY(use(format::ViewOf(&context_, edge, true)));
            GYRE_TRY(Flush());
        }
        return context_.Failed() ? core::Fail(context_.Failure()) : core::Status();
    }
    core::Status Flush() {
        constexpr size_t kPiece = 1U << 16U;
        if (text_.size() < kPiece) return {};
        GYRE_TRY(put_(text_));
        text_.clear();
        return {};
    }

    core::Status NoteKeys(const format::VertexView& view) {
        const std::string* last = nullptr;
        for (const auto& property : view.properties) {
            if (last != nullptr && *last == property->key) {
                return CannotHold("Multiple properties exist for the provided key: [" + *last +
                                  "]. Multi-properties are");
            }
            if (!property->meta.empty()) {
                return CannotHold("The property " + property->key +
                                  " has properties. Meta-properties are");
            }
            last = &property->key;
            vertex_keys_.try_emplace(property->key, AttributeType(property->value));
        }
        return {};
    }
    core::Status Keys(KeyTypes keys, const KeyTypes& others, const char* of, const char* label,
                      const char* suffix) {
        if (!keys.try_emplace(label, "string").second) {
            return CannotHold("A property is named " + std::string(label) + ": that is");
        }
        for (const auto& [key, type] : keys) {
            text_ += "<key id=\"";
            GYRE_TRY(Text(others.contains(key) ? key + suffix : key));
            text_ += std::string("\" for=\"") + of + "\" attr.name=\"";
            GYRE_TRY(Text(key));
            text_ += "\" attr.type=\"" + std::string(type) + "\"></key>";
        }
        return {};
    }
    core::Status Vertex(const format::VertexView& view) {
        text_ += "<node id=\"";
        GYRE_TRY(Text(DisplayText(view.id)));
        text_ += "\">";
        GYRE_TRY(Data("labelV", view.label));
        for (const auto& property : view.properties) {
            const bool both = edge_keys_.contains(property->key);
            GYRE_TRY(Data(both ? property->key + "V" : property->key, TextOf(property->value)));
        }
        text_ += "</node>";
        return {};
    }
    core::Status Edge(const format::EdgeView& view) {
        text_ += "<edge id=\"";
        GYRE_TRY(Text(DisplayText(view.id)));
        text_ += "\" source=\"";
        GYRE_TRY(Text(DisplayText(view.out.id)));
        text_ += "\" target=\"";
        GYRE_TRY(Text(DisplayText(view.in.id)));
        text_ += "\">";
        GYRE_TRY(Data("labelE", view.label));
        for (const auto& [key, value] : view.properties) {
            GYRE_TRY(Data(vertex_keys_.contains(key) ? key + "E" : key, TextOf(value)));
        }
        text_ += "</edge>";
        return {};
    }
    static std::string TextOf(const Value& value) {
        return value.IsNull() ? "" : DisplayText(value);
    }
    core::Status Data(const std::string& key, const std::string& value) {
        text_ += "<data key=\"";
        GYRE_TRY(Text(key));
        text_ += "\">";
        GYRE_TRY(Text(value));
        text_ += "</data>";
        return {};
    }
    core::Status Text(std::string_view text) {
        if (!core::IsUtf8(text)) return CannotHold("A text that is not UTF-8 is");
        for (const char c : text) {
            switch (c) {
                case '&':
                    text_ += "&amp;";
                    break;
                case '<':
                    text_ += "&lt;";
                    break;
                case '>':
                    text_ += "&gt;";
                    break;
                case '"':
                    text_ += "&quot;";
                    break;
                case '\t':
                case '\n':
                case '\r':  // a reader would take them for blanks
                    text_ += "&#" + std::to_string(int{c}) + ";";
                    break;
                default:
                    if (static_cast<uint8_t>(c) < 0x20) return CannotHold("Control characters are");
                    text_ += c;
            }
        }
        return {};
    }

    exec::Context& context_;
    const Put& put_;
    std::string text_;
    KeyTypes vertex_keys_, edge_keys_;
};

}  // namespace

core::Status WriteGraphMl(exec::Context& context, const Put& put) {
    return Writer(context, put).Graph();
}

}  // namespace gyre::graph::file
