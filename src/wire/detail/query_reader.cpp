#include "wire/detail/query_reader.h"

#include <charconv>
#include <map>

#include "core/utf8.h"
#include "wire/detail/scalar.h"

namespace gyre::wire::detail {
namespace {

using core::Json;
using core::Result;

// The fields as a tree by the parts of their dotted names; numbered parts in the order of numbers.
struct Node {
    std::string text;
    bool has_text = false;
    std::map<std::string, Node, std::less<>> below;
};

constexpr int kMaxDepth = 16;

Node MakeTree(const FormFields& fields) {
    Node root;
    for (const auto& [name, value] : fields) {
        Node* node = &root;
        std::string_view rest = name;
        for (int depth = 0; depth < kMaxDepth; ++depth) {
            const size_t dot = rest.find('.');
            node = &node->below[std::string(rest.substr(0, dot))];
            if (dot == std::string_view::npos) break;
            rest.remove_prefix(dot + 1);
        }
        node->text = value;
        node->has_text = true;
    }
    return root;
}

std::map<int, const Node*> ByNumber(const Node& node) {
    std::map<int, const Node*> numbered;
    for (const auto& [name, child] : node.below) {
        int number = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
        if (error == std::errc() && end == name.data() + name.size()) numbered[number] = &child;
    }
    return numbered;
}

const Node* Find(const Node& node, std::string_view name) {
    const auto found = node.below.find(name);
    return found == node.below.end() ? nullptr : &found->second;
}

Result<Json> ReadNode(const Shape& shape, const Node& node, std::string_view name, bool flattened) {
    switch (shape.type) {
        case ShapeType::kStructure: {
            core::JsonObject object;
            for (const Member& member : shape.members) {
                const Node* child = Find(node, member.wire_name);
                if (child == nullptr) continue;
                GYRE_ASSIGN(object[member.name],
                            ReadNode(*member.shape, *child, member.name, member.flattened));
            }
            return object;
        }
        case ShapeType::kList: {
            core::JsonArray items;
            const Node* list = flattened ? &node : Find(node, shape.item_name);
            if (list == nullptr) return items;
            for (const auto& [number, child] : ByNumber(*list)) {
                GYRE_ASSIGN(Json item, ReadNode(*shape.value, *child, name, false));
                items.push_back(std::move(item));
            }
            return items;
        }
        case ShapeType::kMap: {
            core::JsonObject object;
            const Node* entries = flattened ? &node : Find(node, "entry");
            if (entries == nullptr) return object;
            for (const auto& [number, child] : ByNumber(*entries)) {
                const Node* key = Find(*child, "key");
                const Node* value = Find(*child, "value");
                if (key == nullptr || value == nullptr) continue;
                GYRE_ASSIGN(const Json text, ReadNode(*shape.key, *key, name, false));
                GYRE_ASSIGN(object[text.as_string()], ReadNode(*shape.value, *value, name, false));
            }
            return object;
        }
        default: {
            auto value = ScalarFromText(shape, node.text);
            if (!value) {
                return core::Fail(
                    core::Code::kInvalidArgument, "MalformedInput",
                    "'" + core::ToUtf8(node.text) + "' is no value for " + std::string(name));
            }
            return std::move(*value);
        }
    }
}

}  // namespace

Result<Json> ReadFormShape(const Shape& shape, const FormFields& fields) {
    return ReadNode(shape, MakeTree(fields), "", false);
}

}  // namespace gyre::wire::detail
