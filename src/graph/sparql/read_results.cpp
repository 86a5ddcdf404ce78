#include "graph/sparql/read_results.h"

#include <algorithm>
#include <pugixml.hpp>

#include "core/json.h"
#include "core/utf8.h"

namespace gyre::graph::sparql {
namespace {

using rdf::Term;

tl::unexpected<core::Error> BadResults(const std::string& why) {
    return core::Fail(core::Code::kInvalidArgument, "BadRequestException",
                      "the endpoint's results cannot be read: " + why);
}

bool IsLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool IsLetterOrDigit(char c) {
    return IsLetter(c) || (c >= '0' && c <= '9');
}

/// What may stand between < and > (SPARQL's IRIREF).
bool IsIriText(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        return static_cast<unsigned char>(c) > 0x20 &&
               std::string_view("<>\"{}|^`\\").find(c) == std::string_view::npos;
    });
}

/// As SPARQL writes one: LANGTAG begins with a letter.
bool IsLanguage(std::string_view tag) {
    return !tag.empty() && IsLetter(tag.front()) && tag.back() != '-' &&
           std::ranges::all_of(tag, [](char c) { return c == '-' || IsLetterOrDigit(c); });
}

/// A term as either format names its parts.
core::Result<Term> TermOf(std::string_view kind, std::string_view text, std::string_view datatype,
                          std::string_view language) {
    if (kind == "bnode") return rdf::Blank(text);
    if (kind == "uri") {
        if (!IsIriText(text)) return BadResults("<" + std::string(text) + "> is no IRI");
        return rdf::Iri(text);
    }
    if (kind != "literal" && kind != "typed-literal") {
        return BadResults("terms of the type '" + std::string(kind) + "' are not known");
    }
    if (!language.empty()) {
        if (!IsLanguage(language))
            return BadResults("'" + std::string(language) + "' is no language");
        return rdf::LangLiteral(text, language);
    }
    if (!IsIriText(datatype)) return BadResults("<" + std::string(datatype) + "> is no IRI");
    return rdf::Literal(text, datatype);
}

/// Where a variable's terms stand in rows; none: the head has not named it.
std::optional<size_t> Column(const ResultTable& table, std::string_view variable) {
    const auto found = std::ranges::find(table.variables, variable);
    if (found == table.variables.end()) return std::nullopt;
    return static_cast<size_t>(found - table.variables.begin());
}

core::Status AddXmlRow(ResultTable& table, const pugi::xml_node& result) {
    auto& row = table.rows.emplace_back(table.variables.size());
    for (const pugi::xml_node binding : result.children("binding")) {
        const auto column = Column(table, binding.attribute("name").value());
        if (!column) continue;
        for (const pugi::xml_node value : binding.children()) {
            if (value.type() != pugi::node_element) continue;
            GYRE_ASSIGN(row[*column], TermOf(value.name(), value.text().get(),
                                             value.attribute("datatype").value(),
                                             value.attribute("xml:lang").value()));
            break;
        }
    }
    return {};
}

}  // namespace

core::Result<ResultTable> ReadJsonResults(std::string_view text) {
    const auto json = core::ParseJson(text);
    if (!json) return BadResults(json.error().message);
    const core::Json* const head = core::JsonFind(*json, "head");
    const core::Json* const variables = head != nullptr ? core::JsonFind(*head, "vars") : nullptr;
    const core::Json* const results = core::JsonFind(*json, "results");
    const core::Json* const rows =
        results != nullptr ? core::JsonFind(*results, "bindings") : nullptr;
    if (rows == nullptr || !rows->is_array()) return BadResults("they have no bindings");
    ResultTable table;
    if (variables != nullptr && variables->is_array()) {
        for (const core::Json& one : variables->get_array()) {
            if (!one.is_string()) return BadResults("a variable's name is no text");
            table.variables.emplace_back(std::string_view(one.get_string()));
        }
    }
    for (const core::Json& one : rows->get_array()) {
        if (!one.is_object()) return BadResults("a row is no object");
        auto& row = table.rows.emplace_back(table.variables.size());
        for (const auto& [name, term] : one.get_object()) {
            const auto column = Column(table, name);
            if (!column) continue;
            GYRE_ASSIGN(
                row[*column],
                TermOf(core::JsonStringOr(term, "type"), core::JsonStringOr(term, "value"),
                       core::JsonStringOr(term, "datatype"), core::JsonStringOr(term, "xml:lang")));
        }
    }
    return table;
}

core::Result<ResultTable> ReadXmlResults(std::string_view text) {
    if (!core::IsUtf8(text)) return BadResults("they are not UTF-8");
    pugi::xml_document document;
    const auto parsed = document.load_buffer(
        text.data(), text.size(), pugi::parse_default | pugi::parse_ws_pcdata, pugi::encoding_utf8);
    if (!parsed) return BadResults(parsed.description());
    const pugi::xml_node root = document.child("sparql");
    if (!root.child("results")) return BadResults("they have no <results>");
    ResultTable table;
    for (const pugi::xml_node variable : root.child("head").children("variable")) {
        table.variables.emplace_back(variable.attribute("name").value());
    }
    for (const pugi::xml_node result : root.child("results").children("result")) {
        GYRE_TRY(AddXmlRow(table, result));
    }
    return table;
}

}  // namespace gyre::graph::sparql
