#include "graph/rdf/term.h"

#include <algorithm>

#include "graph/storage/codec.h"

namespace gyre::graph::rdf {
namespace {

constexpr char kIriByte = 'i', kPlainByte = 's', kLangByte = 'l', kTypedByte = 't';

}  // namespace

std::string_view Term::Datatype() const {
    if (!language.empty()) return kRdfLangString;
    return datatype.empty() ? kXsdString : std::string_view(datatype);
}

Term Iri(std::string_view iri) {
    return {Term::Kind::kIri, std::string(iri), {}, {}};
}

Term Blank(std::string_view label) {
    return {Term::Kind::kBlank, std::string(label), {}, {}};
}

Term Literal(std::string_view lexical, std::string_view datatype) {
    if (datatype == kXsdString) datatype = {};
    return {Term::Kind::kLiteral, std::string(lexical), std::string(datatype), {}};
}

// A region of two letters is written large, a script of four with a large first letter, the rest
// small (RFC 5646, 2.1.1).
Term LangLiteral(std::string_view lexical, std::string_view language) {
    std::string tag(language);
    const auto is_large = [](char c) { return c >= 'A' && c <= 'Z'; };
    const auto is_small = [](char c) { return c >= 'a' && c <= 'z'; };
    bool after_single = false;
    for (size_t begin = 0; begin <= tag.size();) {
        const size_t end = std::min(tag.find('-', begin), tag.size());
        const size_t size = end - begin;
        for (size_t i = begin; i < end; ++i) {
            const bool subtag = begin > 0 && !after_single;
            const bool large = subtag && (size == 2 || (size == 4 && i == begin));
            if (large ? is_small(tag[i]) : is_large(tag[i]))
                tag[i] = static_cast<char>(tag[i] ^ 0x20);
        }
        after_single = after_single || size == 1;
        begin = end + 1;
    }
    return {Term::Kind::kLiteral, std::string(lexical), {}, std::move(tag)};
}

std::string EncodeTerm(const Term& term) {
    std::string bytes;
    if (term.IsIri()) {
        bytes = kIriByte;
    } else if (!term.language.empty()) {
        bytes = kLangByte;
        AppendText(bytes, term.language);
    } else if (!term.datatype.empty()) {
        bytes = kTypedByte;
        AppendText(bytes, term.datatype);
    } else {
        bytes = kPlainByte;
    }
    return bytes += term.text;
}

bool DecodeTerm(std::string_view bytes, Term& term) {
    if (bytes.empty()) return false;
    const char kind = bytes.front();
    bytes.remove_prefix(1);
    term = {kind == kIriByte ? Term::Kind::kIri : Term::Kind::kLiteral, {}, {}, {}};
    if (kind == kLangByte && !ReadText(bytes, term.language)) return false;
    if (kind == kTypedByte && !ReadText(bytes, term.datatype)) return false;
    term.text = std::string(bytes);
    return true;
}

void AppendEscaped(std::string& text, std::string_view lexical) {
    for (const char c : lexical) {
        switch (c) {
            case '"':
                text += "\\\"";
                break;
            case '\\':
                text += "\\\\";
                break;
            case '\n':
                text += "\\n";
                break;
            case '\r':
                text += "\\r";
                break;
            case '\t':
                text += "\\t";
                break;
            default:
                text += c;
        }
    }
}

void AppendNTriples(std::string& text, const Term& term) {
    if (term.IsIri()) {
        text += '<';
        text += term.text;
        text += '>';
        return;
    }
    if (term.IsBlank()) {
        text += "_:";
        text += term.text;
        return;
    }
    text += '"';
    AppendEscaped(text, term.text);
    text += '"';
    if (!term.language.empty()) {
        text += '@';
        text += term.language;
    } else if (!term.datatype.empty()) {
        text += "^^<";
        text += term.datatype;
        text += '>';
    }
}

}  // namespace gyre::graph::rdf
