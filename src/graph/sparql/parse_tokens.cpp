// The parser's ways with single tokens, and the prologue.
#include <charconv>

#include "graph/rdf/iri.h"
#include "graph/sparql/detail/parser.h"
#include "net/http_message.h"

namespace gyre::graph::sparql::detail {
namespace {

constexpr size_t kMaxDepth = 400;
constexpr size_t kMaxLinks = 2000;

std::string Shown(const Token& token, std::string_view text) {
    if (token.kind == Lexeme::kEnd) return "the end of the query";
    return "'" + std::string(text.substr(token.at, token.end - token.at)) + "'";
}

}  // namespace

bool Parser::IsSign(std::string_view sign, size_t ahead) const {
    return Now(ahead).kind == Lexeme::kSign && Now(ahead).text == sign;
}
bool Parser::IsWord(std::string_view word, size_t ahead) const {
    return Now(ahead).kind == Lexeme::kWord && net::EqualsIgnoreCase(Now(ahead).text, word);
}
bool Parser::TakeSign(std::string_view sign) {
    if (!IsSign(sign)) return false;
    ++next_;
    return true;
}
bool Parser::TakeWord(std::string_view word) {
    if (!IsWord(word)) return false;
    ++next_;
    return true;
}
core::Status Parser::NeedSign(std::string_view sign) {
    if (!TakeSign(sign)) return Expected("'" + std::string(sign) + "'");
    return {};
}
core::Status Parser::NeedWord(std::string_view word) {
    if (!TakeWord(word)) return Expected(std::string(word));
    return {};
}

tl::unexpected<core::Error> Parser::Expected(const std::string& what) const {
    return Wrong(Now().at, "expected " + what + ", found " + Shown(Now(), text_));
}
tl::unexpected<core::Error> Parser::Wrong(size_t at, const std::string& what) const {
    return core::Fail(SyntaxError(text_, at, what));
}

core::Status Parser::Enter() {
    if (++depth_ > kMaxDepth) return Wrong(Now().at, "this is nested too deeply");
    return {};
}

core::Status Parser::Chain() {
    if (++links_ > kMaxLinks) {
        return Wrong(Now().at, "this query has more than " + std::to_string(kMaxLinks) +
                                   " operators in a row: use IN, VALUES or several queries");
    }
    return {};
}

bool Parser::IsIri() const {
    return Is(Lexeme::kIri) || Is(Lexeme::kPrefixed);
}

core::Result<std::string> Parser::NeedIri(const std::string& what) {
    const Token& token = Now();
    if (token.kind == Lexeme::kIri) {
        ++next_;
        return rdf::ResolveIri(base_, token.text);
    }
    if (token.kind != Lexeme::kPrefixed) return Expected(what);
    const auto prefix = prefixes_.find(token.prefix);
    if (prefix == prefixes_.end()) {
        return Wrong(token.at, "the prefix '" + token.prefix + ":' is not declared");
    }
    ++next_;
    return prefix->second + token.text;
}

core::Result<std::string> Parser::NeedVariable() {
    if (!Is(Lexeme::kVariable)) return Expected("a variable");
    return tokens_[next_++].text;
}

core::Result<Slot> Parser::NeedSlot() {
    GYRE_ASSIGN(const std::string name, NeedVariable());
    return SlotOf(name);
}

core::Result<uint64_t> Parser::NeedWhole() {
    if (!Is(Lexeme::kInteger)) return Expected("a whole number");
    const std::string& text = Now().text;
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return Wrong(Now().at, "this number is too large");
    ++next_;
    return number;
}

core::Status Parser::Prologue() {
    while (true) {
        if (TakeWord("BASE")) {
            if (!Is(Lexeme::kIri)) return Expected("an IRI");
            base_ = rdf::ResolveIri(base_, Now().text);
            ++next_;
        } else if (TakeWord("PREFIX")) {
            if (!Is(Lexeme::kPrefixed) || !Now().text.empty()) return Expected("a prefix and ':'");
            const std::string prefix = tokens_[next_++].prefix;
            if (!Is(Lexeme::kIri)) return Expected("an IRI");
            prefixes_[prefix] = rdf::ResolveIri(base_, tokens_[next_++].text);
        } else {
            return {};
        }
    }
}

Slot Parser::SlotOf(const std::string& variable) {
    const auto [entry, added] =
        scope_->slots.emplace(variable, static_cast<Slot>(scope_->names.size()));
    if (added) scope_->names.push_back(variable);
    return entry->second;
}

Slot Parser::FreshSlot() {
    scope_->names.emplace_back();
    return static_cast<Slot>(scope_->names.size() - 1);
}

bool Parser::IsLiteral() const {
    if (IsWord("true") || IsWord("false")) return true;
    const auto number = [&](size_t ahead) {
        const Lexeme kind = Now(ahead).kind;
        return kind == Lexeme::kInteger || kind == Lexeme::kDecimal || kind == Lexeme::kDouble;
    };
    if ((IsSign("+") || IsSign("-")) && number(1)) return Now().end == Now(1).at;
    return Is(Lexeme::kString) || number(0);
}

core::Result<Term> Parser::NeedLiteral() {
    if (!IsLiteral()) return Expected("a literal");
    if (Is(Lexeme::kWord)) {
        const bool truth = IsWord("true");
        ++next_;
        return rdf::Literal(truth ? "true" : "false", rdf::kXsdBoolean);
    }
    if (Is(Lexeme::kString)) {
        const std::string text = tokens_[next_++].text;
        if (Is(Lexeme::kLanguage)) return rdf::LangLiteral(text, tokens_[next_++].text);
        if (!TakeSign("^^")) return rdf::Literal(text);
        GYRE_ASSIGN(const std::string datatype, NeedIri("the datatype's IRI"));
        return rdf::Literal(text, datatype);
    }
    std::string text;
    if (Is(Lexeme::kSign)) text = tokens_[next_++].text;
    const Token& number = tokens_[next_++];
    text += number.text;
    return rdf::Literal(text, number.kind == Lexeme::kInteger   ? rdf::kXsdInteger
                              : number.kind == Lexeme::kDecimal ? rdf::kXsdDecimal
                                                                : rdf::kXsdDouble);
}

}  // namespace gyre::graph::sparql::detail
