// RDF 1.1 XML Syntax (W3C Recommendation, 25 February 2014), 7.2.
#include <algorithm>
#include <map>
#include <pugixml.hpp>
#include <set>
#include <sstream>

#include "core/utf8.h"
#include "graph/rdf/detail/rdf_xml.h"
#include "graph/rdf/iri.h"

namespace gyre::graph::rdf::detail {
namespace {

using pugi::xml_attribute;
using pugi::xml_node;

constexpr size_t kMaxDepth = 200;
constexpr std::string_view kXmlNamespace = "http://www.w3.org/XML/1998/namespace";

/// What a failure says, and where. Thrown nowhere: the walk stops at the first.
struct Wrong {
    ptrdiff_t at = 0;
    std::string message;
};

/// The entities that a document declares itself, put in: XML files of ontologies abbreviate so.
std::string WithoutEntities(std::string text) {
    const size_t begin = text.find("<!DOCTYPE");
    if (begin == std::string::npos) return text;
    const size_t end = text.find("]", begin);
    if (end == std::string::npos) return text;
    std::map<std::string, std::string> entities;
    for (size_t at = text.find("<!ENTITY", begin); at != std::string::npos && at < end;
         at = text.find("<!ENTITY", at + 1)) {
        std::istringstream words(text.substr(at + 8, end - at - 8));
        std::string name;
        words >> name;
        const size_t quote = text.find_first_of("\"'", at + 8);
        if (quote == std::string::npos || quote > end) break;
        const size_t close = text.find(text[quote], quote + 1);
        if (close == std::string::npos) break;
        entities[name] = text.substr(quote + 1, close - quote - 1);
    }
    if (entities.empty()) return text;
    std::string plain = text.substr(0, end);
    for (size_t at = end; at < text.size();) {
        const size_t close = text[at] == '&' ? text.find(';', at) : std::string::npos;
        const auto entity = close == std::string::npos
                                ? entities.end()
                                : entities.find(text.substr(at + 1, close - at - 1));
        if (entity == entities.end()) {
            plain += text[at++];
        } else {
            plain += entity->second;
            at = close + 1;
        }
    }
    return plain;
}

/// What an element inherits.
struct Scope {
    std::map<std::string, std::string, std::less<>> prefixes;
    std::string base, language;
};

class Walker {
  public:
    Walker(const RdfReading& reading) : reading_(reading) {}

    core::Result<bool> Document(const std::string& text) {
        pugi::xml_document document;
        const auto parsed = document.load_buffer(
            text.data(), text.size(),
            (pugi::parse_default | pugi::parse_ws_pcdata | pugi::parse_comments) &
                ~pugi::parse_trim_pcdata,
            pugi::encoding_utf8);
        if (!parsed) {
            reading_.report({LineAt(text, parsed.offset), parsed.description()});
            return false;
        }
        Scope scope;
        scope.base = reading_.base;
        const xml_node root = document.document_element();
        const Scope of_root = Inner(scope, root);
        if (Name(of_root, root.name()) == std::string(kRdf) + "RDF") {
            for (const xml_node child : root.children()) {
                if (child.type() == pugi::node_element) Node(of_root, child, 0);
                if (Stopped()) break;
            }
        } else {
            Node(scope, root, 0);
        }
        if (failure_) return core::Fail(*failure_);
        if (!wrong_) return true;
        reading_.report({LineAt(text, wrong_->at), wrong_->message});
        return false;
    }

  private:
    static uint64_t LineAt(std::string_view text, ptrdiff_t at) {
        const auto end = std::min(static_cast<size_t>(std::max<ptrdiff_t>(at, 0)), text.size());
        return 1 + static_cast<uint64_t>(std::ranges::count(text.substr(0, end), '\n'));
    }
    [[nodiscard]] bool Stopped() const { return failure_ || wrong_; }
    void Refuse(xml_node at, std::string message) {
        if (!wrong_) wrong_ = Wrong{at.offset_debug(), std::move(message)};
    }

    static Scope Inner(const Scope& outer, xml_node element) {
        Scope scope = outer;
        for (const xml_attribute one : element.attributes()) {
            const std::string_view name = one.name();
            if (name == "xmlns") {
                scope.prefixes[""] = one.value();
            } else if (name.starts_with("xmlns:")) {
                scope.prefixes[std::string(name.substr(6))] = one.value();
            } else if (name == "xml:base") {
                scope.base = ResolveIri(outer.base, one.value());
            } else if (name == "xml:lang") {
                scope.language = one.value();
            }
        }
        return scope;
    }
    /// The IRI of a name with a prefix; "" where that is not declared.
    static std::string Name(const Scope& scope, std::string_view name, bool attribute = false) {
        const size_t colon = name.find(':');
        const std::string_view prefix =
            colon == std::string_view::npos ? std::string_view() : name.substr(0, colon);
        if (prefix == "xml") return std::string(kXmlNamespace) + std::string(name.substr(4));
        if (attribute && prefix.empty()) return std::string(name);
        const auto known = scope.prefixes.find(prefix);
        if (known == scope.prefixes.end()) return "";
        return known->second + std::string(name.substr(prefix.empty() ? 0 : colon + 1));
    }
    static bool IsRdf(const std::string& name, std::string_view local) {
        return name.size() == kRdf.size() + local.size() && name.starts_with(kRdf) &&
               name.ends_with(local);
    }
    static bool IsNcName(std::string_view name) {
        if (name.empty() || (name[0] >= '0' && name[0] <= '9') || name[0] == '-' || name[0] == '.')
            return false;
        return name.find_first_of(" /:#?&<>\"'%") == std::string_view::npos;
    }

    struct Attributes {
        std::optional<std::string> about, id, node_id, resource, datatype, parse_type;
        std::vector<std::pair<std::string, std::string>> properties;
    };
    Attributes Read(const Scope& scope, xml_node element) {
        Attributes read;
        for (const xml_attribute one : element.attributes()) {
            const std::string_view raw = one.name();
            if (raw.starts_with("xml:") || raw == "xmlns" || raw.starts_with("xmlns:")) continue;
            const std::string name = Name(scope, raw, true);
            const auto is = [&](std::string_view local) {
                return IsRdf(name, local) || name == local;
            };
            if (name.empty()) {
                Refuse(element, "the prefix of '" + std::string(raw) + "' is not declared");
            } else if (is("about")) {
                read.about = one.value();
            } else if (is("ID")) {
                read.id = one.value();
            } else if (is("nodeID")) {
                read.node_id = one.value();
            } else if (is("resource")) {
                read.resource = one.value();
            } else if (is("datatype")) {
                read.datatype = one.value();
            } else if (is("parseType")) {
                read.parse_type = one.value();
            } else if (IsRdf(name, "li") || is("bagID") || is("aboutEach") ||
                       is("aboutEachPrefix")) {
                Refuse(element, std::string(raw) + " has no place here");
            } else if (name.find(':') != std::string::npos) {
                read.properties.emplace_back(name, one.value());
            }
        }
        for (const auto& id : {read.id, read.node_id}) {
            if (id && !IsNcName(*id)) Refuse(element, "'" + *id + "' is no name");
        }
        return read;
    }
    Term IdOf(const Scope& scope, xml_node element, const std::string& id) {
        Term term = Iri(ResolveIri(scope.base, "#" + id));
        if (!ids_.insert(term.text).second) Refuse(element, "rdf:ID '" + id + "' stands twice");
        return term;
    }
    static Term Labelled(const std::string& id) { return Blank("n" + id); }
    Term Fresh() { return Blank("g" + std::to_string(++fresh_)); }
    static Term Text(const Scope& scope, std::string_view text) {
        return scope.language.empty() ? Literal(text) : LangLiteral(text, scope.language);
    }
    void Emit(const Term& subject, const Term& predicate, const Term& object) {
        if (Stopped()) return;
        if (auto taken = reading_.take({subject, predicate, object, std::nullopt}); !taken) {
            failure_ = std::move(taken.error());
        }
    }
    static Term Rdf(std::string_view local) { return Iri(std::string(kRdf) + std::string(local)); }

    /// nodeElement; gives its subject.
    Term Node(const Scope& outer, xml_node element, size_t depth) {
        const Scope scope = Inner(outer, element);
        const std::string name = Name(scope, element.name());
        const Attributes read = Read(scope, element);
        static constexpr std::string_view kNone[] = {
            "RDF", "ID",       "about", "parseType", "resource",       "nodeID",
            "li",  "datatype", "bagID", "aboutEach", "aboutEachPrefix"};
        if (name.empty()) Refuse(element, "the prefix of its name is not declared");
        if (std::ranges::any_of(kNone, [&](auto one) { return IsRdf(name, one); })) {
            Refuse(element, std::string(element.name()) + " is no node");
        }
        if ((read.about ? 1 : 0) + (read.id ? 1 : 0) + (read.node_id ? 1 : 0) > 1) {
            Refuse(element, "only one of rdf:about, rdf:ID and rdf:nodeID names a node");
        }
        if (depth > kMaxDepth) Refuse(element, "this is nested too deeply");
        const Term subject = read.about     ? Iri(ResolveIri(scope.base, *read.about))
                             : read.id      ? IdOf(scope, element, *read.id)
                             : read.node_id ? Labelled(*read.node_id)
                                            : Fresh();
        if (!IsRdf(name, "Description")) Emit(subject, Iri(kRdfType), Iri(name));
        Properties(scope, subject, read);
        size_t items = 0;
        for (const xml_node child : element.children()) {
            if (Stopped()) break;
            if (child.type() == pugi::node_element) Property(scope, subject, child, items, depth);
        }
        return subject;
    }

    void Properties(const Scope& scope, const Term& subject, const Attributes& read) {
        for (const auto& [name, value] : read.properties) {
            if (name == kRdfType) {
                Emit(subject, Iri(name), Iri(ResolveIri(scope.base, value)));
            } else {
                Emit(subject, Iri(name), Text(scope, value));
            }
        }
    }

    void Property(const Scope& outer, const Term& subject, xml_node element, size_t& items,
                  size_t depth) {
        const Scope scope = Inner(outer, element);
        std::string name = Name(scope, element.name());
        const Attributes read = Read(scope, element);
        static constexpr std::string_view kNone[] = {
            "Description", "RDF",      "ID",    "about",     "parseType",      "resource",
            "nodeID",      "datatype", "bagID", "aboutEach", "aboutEachPrefix"};
        if (name.empty()) Refuse(element, "the prefix of its name is not declared");
        if (std::ranges::any_of(kNone, [&](auto one) { return IsRdf(name, one); })) {
            Refuse(element, std::string(element.name()) + " is no property");
        }
        if (read.node_id && read.resource) {
            Refuse(element, "only one of rdf:nodeID and rdf:resource names a value");
        }
        if (read.parse_type && read.resource) {
            Refuse(element, "rdf:parseType and rdf:resource have no place beside each other");
        }
        if (Stopped()) return;
        if (IsRdf(name, "li")) name = std::string(kRdf) + "_" + std::to_string(++items);
        const Term predicate = Iri(name);
        const Term object = Object(scope, element, read, depth);
        Emit(subject, predicate, object);
        if (!read.id) return;
        const Term statement = IdOf(scope, element, *read.id);
        Emit(statement, Iri(kRdfType), Rdf("Statement"));
        Emit(statement, Rdf("subject"), subject);
        Emit(statement, Rdf("predicate"), predicate);
        Emit(statement, Rdf("object"), object);
    }

    Term Object(const Scope& scope, xml_node element, const Attributes& read, size_t depth) {
        if (read.parse_type == "Resource") {
            const Term node = Fresh();
            size_t items = 0;
            for (const xml_node child : element.children()) {
                if (child.type() == pugi::node_element)
                    Property(scope, node, child, items, depth + 1);
            }
            return node;
        }
        if (read.parse_type == "Collection") return Collection(scope, element, depth);
        if (read.parse_type) return XmlLiteral(element);
        for (const xml_node child : element.children()) {
            if (child.type() == pugi::node_element) return OneNode(scope, element, child, depth);
        }
        const std::string text = AllText(element);
        const bool names = read.resource || read.node_id || !read.properties.empty();
        if (!names) {
            return read.datatype ? Literal(text, ResolveIri(scope.base, *read.datatype))
                                 : Text(scope, text);
        }
        const Term node = read.resource  ? Iri(ResolveIri(scope.base, *read.resource))
                          : read.node_id ? Labelled(*read.node_id)
                                         : Fresh();
        Properties(scope, node, read);
        return node;
    }

    Term OneNode(const Scope& scope, xml_node element, xml_node child, size_t depth) {
        for (const xml_node other : element.children()) {
            const std::string_view text = other.value();
            const bool blank = text.find_first_not_of(" \t\r\n") == std::string_view::npos;
            if ((other.type() == pugi::node_element && other != child) ||
                (other.type() == pugi::node_pcdata && !blank)) {
                Refuse(other, "a property has one value");
            }
        }
        return Node(scope, child, depth + 1);
    }

    static std::string AllText(xml_node element) {
        std::string text;
        for (const xml_node child : element.children()) {
            if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) {
                text += child.value();
            }
        }
        return text;
    }

    Term Collection(const Scope& scope, xml_node element, size_t depth) {
        std::vector<Term> nodes;
        for (const xml_node child : element.children()) {
            if (child.type() == pugi::node_element) nodes.push_back(Node(scope, child, depth + 1));
        }
        if (nodes.empty()) return Iri(kRdfNil);
        const Term head = Fresh();
        Term cell = head;
        for (size_t i = 0; i < nodes.size(); ++i) {
            Emit(cell, Iri(kRdfFirst), nodes[i]);
            const Term rest = i + 1 < nodes.size() ? Fresh() : Iri(kRdfNil);
            Emit(cell, Iri(kRdfRest), rest);
            cell = rest;
        }
        return head;
    }

    // As it stands, not in canonical form: namespaces that are declared outside are not put in.
    static Term XmlLiteral(xml_node element) {
        std::ostringstream text;
        for (const xml_node child : element.children()) {
            child.print(text, "", pugi::format_raw | pugi::format_no_empty_element_tags);
        }
        return Literal(text.str(), std::string(kRdf) + "XMLLiteral");
    }

    const RdfReading& reading_;
    std::set<std::string> ids_;
    uint64_t fresh_ = 0;
    std::optional<Wrong> wrong_;
    std::optional<core::Error> failure_;
};

}  // namespace

core::Result<bool> ReadRdfXml(std::string text, const RdfReading& reading) {
    if (!core::IsUtf8(text)) {
        reading.report({0, "the file is not UTF-8"});
        return false;
    }
    return Walker(reading).Document(WithoutEntities(std::move(text)));
}

}  // namespace gyre::graph::rdf::detail
