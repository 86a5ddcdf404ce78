#include "wire/detail/xml_reader.h"

#include <pugixml.hpp>
#include <string>

#include "wire/detail/scalar.h"

namespace gyre::wire::detail {
namespace {

using core::Json;
using core::Result;

constexpr int kMaxDepth = 32;

tl::unexpected<core::Error> Malformed(const std::string& what) {
    return core::Fail(core::Code::kInvalidArgument, "MalformedXML",
                      "The XML you provided was not well-formed or did not validate against our "
                      "published schema (" +
                          what + ")");
}

// The element's name without a namespace prefix.
std::string_view LocalName(const pugi::xml_node& node) {
    const std::string_view name = node.name();
    const size_t colon = name.find(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

Result<Json> ReadElement(const Shape& shape, const pugi::xml_node& element, int depth);

// All of an element's text, which comments and CDATA sections may cut into pieces.
Result<std::string> ReadText(const pugi::xml_node& element) {
    std::string text;
    for (const pugi::xml_node& child : element.children()) {
        if (child.type() == pugi::node_element)
            return Malformed("an element in " + std::string(LocalName(element)));
        text += child.value();
    }
    return text;
}

Result<Json> ReadItems(const Shape& shape, const pugi::xml_node& parent, std::string_view name,
                       int depth) {
    core::JsonArray items;
    for (const pugi::xml_node& child : parent.children()) {
        if (child.type() != pugi::node_element || LocalName(child) != name) continue;
        GYRE_ASSIGN(Json item, ReadElement(*shape.value, child, depth + 1));
        items.push_back(std::move(item));
    }
    return items;
}

Result<Json> ReadStructure(const Shape& shape, const pugi::xml_node& element, int depth) {
    core::JsonObject object;
    for (const Member& member : shape.members) {
        if (member.location != Location::kBody) continue;
        if (member.attribute) {
            const auto attribute = element.attribute(std::string(member.wire_name).c_str());
            if (!attribute) continue;
            auto value = ScalarFromText(*member.shape, attribute.value());
            if (!value) return Malformed("the value of " + std::string(member.wire_name));
            object[member.name] = std::move(*value);
            continue;
        }
        if (member.shape->type == ShapeType::kList && member.flattened) {
            GYRE_ASSIGN(Json items, ReadItems(*member.shape, element, member.wire_name, depth));
            if (!items.as_array().empty()) object[member.name] = std::move(items);
            continue;
        }
        for (const pugi::xml_node& child : element.children()) {
            if (child.type() != pugi::node_element || LocalName(child) != member.wire_name)
                continue;
            if (object.contains(member.name))
                return Malformed(std::string(member.wire_name) + " stands twice");
            GYRE_ASSIGN(object[member.name], ReadElement(*member.shape, child, depth + 1));
        }
    }
    return object;
}

Result<Json> ReadElement(const Shape& shape, const pugi::xml_node& element, int depth) {
    if (depth > kMaxDepth) return Malformed("nested too deeply");
    switch (shape.type) {
        case ShapeType::kStructure:
            return ReadStructure(shape, element, depth);
        case ShapeType::kList:
            return ReadItems(shape, element, shape.item_name, depth);
        case ShapeType::kMap:
            return Malformed("a map");
        default: {
            GYRE_ASSIGN(const std::string text, ReadText(element));
            auto value = ScalarFromText(shape, text);
            if (!value) return Malformed("the value of " + std::string(LocalName(element)));
            return std::move(*value);
        }
    }
}

// XML has no such character, and what comes after one would be lost: another key would be removed.
bool HasNull(std::string_view body) {
    if (body.find('\0') != body.npos) return true;
    for (size_t at = body.find("&#"); at != body.npos; at = body.find("&#", at + 1)) {
        size_t digits = at + 2;
        if (digits < body.size() && body[digits] == 'x') ++digits;
        const size_t end = body.find_first_not_of('0', digits);
        if (end != body.npos && end > digits && body[end] == ';') return true;
    }
    return false;
}

}  // namespace

Result<Json> ReadXmlShape(const Shape& shape, std::string_view body) {
    if (HasNull(body)) return Malformed("a null character");
    pugi::xml_document document;
    constexpr unsigned kOptions = pugi::parse_escapes | pugi::parse_cdata | pugi::parse_eol |
                                  pugi::parse_ws_pcdata_single;  // a key may be one blank
    const auto parsed =
        document.load_buffer(body.data(), body.size(), kOptions, pugi::encoding_utf8);
    if (!parsed) {
        return Malformed(std::string(parsed.description()) + " at byte " +
                         std::to_string(parsed.offset));
    }
    pugi::xml_node root;
    for (const pugi::xml_node& node : document.children()) {
        if (node.type() != pugi::node_element) continue;
        if (root) return Malformed("two outermost elements");
        root = node;
    }
    if (!root) return Malformed("no element");
    return ReadElement(shape, root, 0);
}

}  // namespace gyre::wire::detail
