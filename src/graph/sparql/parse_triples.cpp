// Triples, in patterns and in templates.
#include <charconv>

#include "graph/sparql/detail/parser.h"

namespace gyre::graph::sparql::detail {
namespace {

constexpr std::string_view kHints = "http://aws.amazon.com/neptune/vocab/v01/QueryHints#";

PatternTerm Variable(Slot slot) {
    return {PatternTerm::Kind::kVariable, slot, {}};
}
PatternTerm Constant(Term term) {
    return {PatternTerm::Kind::kTerm, 0, std::move(term)};
}
PatternTerm Iri(std::string_view iri) {
    return Constant(rdf::Iri(iri));
}

}  // namespace

bool Parser::BeginsTriples() const {
    return Is(Lexeme::kVariable) || IsIri() || Is(Lexeme::kBlank) || IsSign("(") || IsSign("[") ||
           IsLiteral();
}

core::Status Parser::TriplesBlock(const TripleSink& sink) {
    while (BeginsTriples()) {
        const size_t before = sink.triples.size(), at = Now().at;
        GYRE_TRY(SameSubject(sink));
        GYRE_TRY(TakeHints(sink, before, at));
        if (TakeSign(".")) continue;
        if (BeginsTriples()) return Expected("'.', ';' or ','");
        break;
    }
    return {};
}

/// Neptune's hints look like triples but are none ("SPARQL query hints", Neptune documentation):
/// the time and the query's id are heeded, the others say how to look, which is decided here.
core::Status Parser::TakeHints(const TripleSink& sink, size_t from, size_t at) {
    const auto is_hint = [](const TriplePattern& triple) {
        const PatternTerm& subject = triple.subject;
        if (subject.kind != PatternTerm::Kind::kTerm || !subject.term.IsIri()) return false;
        std::string_view iri = subject.term.text;
        if (!iri.starts_with(kHints)) return false;
        iri.remove_prefix(kHints.size());
        return iri == "Query" || iri == "SubQuery" || iri == "Group" || iri == "Prior";
    };
    for (size_t i = from; i < sink.triples.size();) {
        const TriplePattern& triple = sink.triples[i];
        if (!is_hint(triple)) {
            ++i;
            continue;
        }
        if (triple.predicate.term.text == std::string(kHints) + "queryTimeout") {
            const std::string& text = triple.object.term.text;
            int64_t millis = 0;
            const char* last = text.data() + text.size();
            const auto [end, error] = std::from_chars(text.data(), last, millis);
            if (error != std::errc() || end != last || millis <= 0) {
                return Wrong(at, "queryTimeout is a number of milliseconds");
            }
            if (timeout_ms_) return Wrong(at, "Query hint 'queryTimeout' must be set only once");
            timeout_ms_ = millis;
        } else if (triple.predicate.term.text == std::string(kHints) + "queryId") {
            query_id_ = triple.object.term.text;
        }
        sink.triples.erase(sink.triples.begin() + static_cast<ptrdiff_t>(i));
    }
    return {};
}

core::Status Parser::SameSubject(const TripleSink& sink) {
    GYRE_TRY(Enter());
    if (IsSign("[") && !IsSign("]", 1)) {
        GYRE_ASSIGN(const PatternTerm subject, BlankProperties(sink));
        GYRE_TRY(PropertyList(sink, subject, false));
    } else if (IsSign("(") && !IsSign(")", 1)) {
        GYRE_ASSIGN(const PatternTerm subject, Collection(sink));
        GYRE_TRY(PropertyList(sink, subject, false));
    } else {
        GYRE_ASSIGN(const PatternTerm subject, VarOrTerm(sink));
        GYRE_TRY(PropertyList(sink, subject, true));
    }
    Leave();
    return {};
}

core::Status Parser::PropertyList(const TripleSink& sink, const PatternTerm& subject, bool needed) {
    while (true) {
        if (Is(Lexeme::kVariable)) {
            if (!sink.variables) return Wrong(Now().at, "data has no variables");
            GYRE_ASSIGN(const Slot slot, NeedSlot());
            const PatternTerm verb = Variable(slot);
            GYRE_TRY(ObjectList(sink, subject, &verb, nullptr));
        } else if (sink.paths == nullptr && (IsIri() || IsWord("a"))) {
            PatternTerm verb = Iri(rdf::kRdfType);
            if (!TakeWord("a")) {
                GYRE_ASSIGN(const std::string iri, NeedIri());
                verb = Iri(iri);
            }
            GYRE_TRY(ObjectList(sink, subject, &verb, nullptr));
        } else if (sink.paths != nullptr &&
                   (IsIri() || IsWord("a") || IsSign("^") || IsSign("!") || IsSign("("))) {
            GYRE_ASSIGN(const SharedPath path, Path());
            GYRE_TRY(ObjectList(sink, subject, nullptr, path));
        } else if (needed) {
            return Expected("a predicate");
        }
        if (!IsSign(";")) return {};
        while (TakeSign(";")) needed = false;
    }
}

core::Status Parser::ObjectList(const TripleSink& sink, const PatternTerm& subject,
                                const PatternTerm* verb, const SharedPath& path) {
    do {
        GYRE_ASSIGN(const PatternTerm object, GraphNode(sink));
        if (verb != nullptr) {
            sink.triples.push_back({subject, *verb, object});
        } else {
            AddPath(sink, subject, path, object);
        }
    } while (TakeSign(","));
    return {};
}

// Links and sequences are triple patterns ("SPARQL 1.1 Query Language", 18.2.2.3).
void Parser::AddPath(const TripleSink& sink, const PatternTerm& subject, const SharedPath& path,
                     const PatternTerm& object) {
    switch (path->kind) {
        case PropertyPath::Kind::kLink:
            sink.triples.push_back({subject, Constant(path->link), object});
            return;
        case PropertyPath::Kind::kInverse:
            return AddPath(sink, object, path->of.front(), subject);
        case PropertyPath::Kind::kSequence: {
            PatternTerm from = subject;
            for (size_t i = 0; i + 1 < path->of.size(); ++i) {
                const PatternTerm to = Variable(FreshSlot());
                AddPath(sink, from, path->of[i], to);
                from = to;
            }
            return AddPath(sink, from, path->of.back(), object);
        }
        default:
            sink.paths->push_back({subject, path, object});
    }
}

core::Result<PatternTerm> Parser::GraphNode(const TripleSink& sink) {
    if (IsSign("[") && !IsSign("]", 1)) return BlankProperties(sink);
    if (IsSign("(") && !IsSign(")", 1)) return Collection(sink);
    return VarOrTerm(sink);
}

core::Result<PatternTerm> Parser::BlankProperties(const TripleSink& sink) {
    if (!sink.blanks) return Wrong(Now().at, "blank nodes are not allowed here");
    GYRE_TRY(Enter());
    GYRE_TRY(NeedSign("["));
    PatternTerm blank = FreshBlank(sink);
    GYRE_TRY(PropertyList(sink, blank, true));
    GYRE_TRY(NeedSign("]"));
    Leave();
    return blank;
}

core::Result<PatternTerm> Parser::Collection(const TripleSink& sink) {
    if (!sink.blanks) return Wrong(Now().at, "blank nodes are not allowed here");
    GYRE_TRY(Enter());
    GYRE_TRY(NeedSign("("));
    std::vector<PatternTerm> items;
    while (!TakeSign(")")) {
        GYRE_ASSIGN(PatternTerm item, GraphNode(sink));
        items.push_back(std::move(item));
    }
    Leave();
    PatternTerm rest = Iri(rdf::kRdfNil);
    for (size_t i = items.size(); i-- > 0;) {
        const PatternTerm cell = FreshBlank(sink);
        sink.triples.push_back({cell, Iri(rdf::kRdfFirst), items[i]});
        sink.triples.push_back({cell, Iri(rdf::kRdfRest), rest});
        rest = cell;
    }
    return rest;
}

PatternTerm Parser::FreshBlank(const TripleSink& sink) {
    if (sink.is_template) {
        return {PatternTerm::Kind::kBlank, template_blank_count_++, {}};
    }
    return Variable(FreshSlot());
}

core::Result<PatternTerm> Parser::LabelledBlank(const TripleSink& sink, const Token& token) {
    if (!sink.blanks) return Wrong(token.at, "blank nodes are not allowed here");
    const auto [home, first] = label_bgps_.emplace(token.text, bgp_);
    if (!first && home->second != bgp_) {
        return Wrong(token.at,
                     "the blank node _:" + token.text + " belongs to another basic graph pattern");
    }
    if (sink.is_template) {
        const auto [entry, added] = template_blanks_.emplace(token.text, template_blank_count_);
        if (added) ++template_blank_count_;
        return PatternTerm{PatternTerm::Kind::kBlank, entry->second, {}};
    }
    const auto known = scope_->blanks.find(token.text);
    if (known != scope_->blanks.end()) return Variable(known->second);
    const Slot slot = FreshSlot();
    scope_->blanks.emplace(token.text, slot);
    return Variable(slot);
}

core::Result<PatternTerm> Parser::VarOrTerm(const TripleSink& sink) {
    if (Is(Lexeme::kVariable)) {
        if (!sink.variables) return Wrong(Now().at, "data has no variables");
        GYRE_ASSIGN(const Slot slot, NeedSlot());
        return Variable(slot);
    }
    if (IsIri()) {
        GYRE_ASSIGN(const std::string iri, NeedIri());
        return Iri(iri);
    }
    if (Is(Lexeme::kBlank)) {
        const Token token = tokens_[next_++];
        return LabelledBlank(sink, token);
    }
    if (IsSign("[") && IsSign("]", 1)) {
        if (!sink.blanks) return Wrong(Now().at, "blank nodes are not allowed here");
        next_ += 2;
        return FreshBlank(sink);
    }
    if (IsSign("(") && IsSign(")", 1)) {
        next_ += 2;
        return Iri(rdf::kRdfNil);
    }
    if (!IsLiteral()) return Expected("a term or a variable");
    GYRE_ASSIGN(Term literal, NeedLiteral());
    return Constant(std::move(literal));
}

core::Result<PatternTerm> Parser::VarOrIri(bool variables) {
    if (Is(Lexeme::kVariable)) {
        if (!variables) return Wrong(Now().at, "data has no variables");
        GYRE_ASSIGN(const Slot slot, NeedSlot());
        return Variable(slot);
    }
    GYRE_ASSIGN(const std::string iri, NeedIri("a variable or an IRI"));
    return Iri(iri);
}

}  // namespace gyre::graph::sparql::detail
