#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>
#include <pugixml.hpp>

#include "core/utf8.h"
#include "graph/exec/write.h"
#include "graph/file/graph_file.h"

namespace gyre::graph::file {
namespace {

using core::Code;
using pugi::xml_node;

/// Data under these keys are labels, as TinkerPop's writer has them.
constexpr std::string_view kVertexLabel = "labelV";
constexpr std::string_view kEdgeLabel = "labelE";

tl::unexpected<core::Error> Wrong(std::string message) {
    return core::Fail(Code::kInvalidArgument, "InvalidParameterException",
                      "the file is no GraphML: " + std::move(message));
}

/// Without the prefix of its namespace.
std::string_view NameOf(const xml_node& node) {
    const std::string_view name = node.name();
    const size_t colon = name.find(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

std::string TextOf(const xml_node& node) {
    std::string text;
    for (const xml_node& child : node) {
        if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) {
            text += child.value();
        }
    }
    return text;
}

/// The parser takes bytes, and references to halves of a pair, as they are.
struct AllUtf8 final : pugi::xml_tree_walker {
    bool for_each(xml_node& node) override {
        return core::IsUtf8(node.value()) &&
               std::ranges::all_of(node.attributes(),
                                   [](const auto& one) { return core::IsUtf8(one.value()); });
    }
};

template <typename Whole>
std::optional<Value> WholeOf(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    Whole number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return Value(number);
}

std::optional<double> RealOf(const std::string& text) {
    char* end = nullptr;
    const double number = std::strtod(text.c_str(), &end);
    if (text.empty() || end != text.c_str() + text.size()) return std::nullopt;
    return number;
}

class Reader {
  public:
    explicit Reader(Transaction& graph) : graph_(graph) {}

    core::Status Document(std::string_view text) {
        pugi::xml_document document;
        const auto parsed = document.load_buffer(text.data(), text.size(),
                                                 pugi::parse_default | pugi::parse_ws_pcdata_single,
                                                 pugi::encoding_utf8);
        if (!parsed) {
            return Wrong(std::string(parsed.description()) + ", at byte " +
                         std::to_string(parsed.offset));
        }
        AllUtf8 texts;
        if (!document.traverse(texts)) return Wrong("a text in it is not UTF-8");
        const xml_node root = document.document_element();
        if (NameOf(root) != "graphml") return Wrong("its root is not graphml");
        // An edge may stand before the vertices at its ends, and an end need not be said at all.
        for (const std::string_view wanted : {"key", "node", "edge"}) {
            GYRE_TRY(ForEach(root, wanted, [&](const xml_node& node) {
                return wanted == "key" ? Key(node) : wanted == "node" ? Vertex(node) : Edge(node);
            }));
        }
        return {};
    }

  private:
    struct KeyOf {
        std::string name, type;
    };
    using Named = std::vector<std::pair<NameId, Value>>;

    /// Graphs may lie in graphs: gone through without a stack of calls.
    template <typename Use>
    static core::Status ForEach(const xml_node& root, std::string_view wanted, const Use& use) {
        xml_node at = root;
        while (at) {
            if (NameOf(at) == wanted) GYRE_TRY(use(at));
            if (at.first_child()) {
                at = at.first_child();
                continue;
            }
            while (at != root && !at.next_sibling()) at = at.parent();
            at = at == root ? xml_node() : at.next_sibling();
        }
        return {};
    }

    core::Status Key(const xml_node& node) {
        keys_[node.attribute("id").value()] = {node.attribute("attr.name").value(),
                                               node.attribute("attr.type").value()};
        return {};
    }
    core::Result<Value> ValueOf(const KeyOf& key, std::string text) {
        std::optional<Value> value;
        if (key.type == "int") {
            value = WholeOf<int32_t>(text);
        } else if (key.type == "long") {
            value = WholeOf<int64_t>(text);
        } else if (key.type == "float" || key.type == "double") {
            const auto real = RealOf(text);
            if (real) value = key.type == "float" ? Value(static_cast<float>(*real)) : Value(*real);
        } else if (key.type == "boolean") {
            value = Value(text == "true" || text == "True" || text == "TRUE");
        } else {
            return Value(std::move(text));
        }
        if (!value) return Wrong("'" + text + "' is no " + key.type);
        return *value;
    }
    /// Of an element's data: its properties, and its label where it is said.
    core::Result<Named> Data(const xml_node& element, std::string_view label_key,
                             std::string& label) {
        Named named;
        for (const xml_node& child : element) {
            if (NameOf(child) != "data") continue;
            const auto key = keys_.find(child.attribute("key").value());
            if (key == keys_.end()) continue;
            if (key->first == label_key) {
                label = TextOf(child);
                continue;
            }
            GYRE_ASSIGN(Value value, ValueOf(key->second, TextOf(child)));
            named.emplace_back(graph_.Intern(key->second.name), std::move(value));
        }
        return named;
    }
    core::Status Vertex(const xml_node& node) {
        const std::string id = node.attribute("id").value();
        if (id.empty()) return Wrong("a node has no id");
        std::string label;
        GYRE_ASSIGN(const Named named, Data(node, kVertexLabel, label));
        VertexRow row;
        row.id = Value(id);
        row.labels = exec::LabelsOf(graph_, label);
        for (const auto& [key, value] : named) row.values.push_back({key, value, 0, {}});
        GYRE_ASSIGN(vertices_[id], graph_.AddVertex(std::move(row)));
        return {};
    }
    core::Result<uint64_t> End(const xml_node& edge, const char* name) {
        const std::string id = edge.attribute(name).value();
        if (id.empty()) return Wrong("an edge has no " + std::string(name));
        const auto known = vertices_.find(id);
        if (known != vertices_.end()) return known->second;
        VertexRow row;
        row.id = Value(id);
        row.labels = exec::LabelsOf(graph_, "");
        GYRE_ASSIGN(const uint64_t vertex, graph_.AddVertex(std::move(row)));
        vertices_[id] = vertex;
        return vertex;
    }
    core::Status Edge(const xml_node& node) {
        std::string label = "edge";
        EdgeRow row;
        GYRE_ASSIGN(row.values, Data(node, kEdgeLabel, label));
        GYRE_ASSIGN(row.out, End(node, "source"));
        GYRE_ASSIGN(row.in, End(node, "target"));
        row.label = graph_.Intern(label);
        if (const std::string id = node.attribute("id").value(); !id.empty()) row.id = Value(id);
        GYRE_TRY(graph_.AddEdge(std::move(row)));
        return {};
    }

    Transaction& graph_;
    std::map<std::string, KeyOf, std::less<>> keys_;
    std::map<std::string, uint64_t> vertices_;
};

}  // namespace

core::Status ReadGraphMl(Transaction& graph, std::string_view text) {
    return Reader(graph).Document(text);
}

}  // namespace gyre::graph::file
