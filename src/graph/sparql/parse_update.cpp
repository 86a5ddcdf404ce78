// SPARQL 1.1 Update.
#include <algorithm>

#include "graph/sparql/detail/parser.h"
#include "graph/sparql/parse.h"

namespace gyre::graph::sparql {
namespace detail {

core::Result<UpdateRequest> Parser::OneUpdate() {
    UpdateRequest request;
    GYRE_TRY(Prologue());
    while (!Is(Lexeme::kEnd)) {
        GYRE_ASSIGN(Update update, Operation());
        request.operations.push_back(std::move(update));
        if (!TakeSign(";")) break;
        GYRE_TRY(Prologue());
    }
    if (!Is(Lexeme::kEnd)) return Expected("';' or the end of the request");
    request.timeout_ms = timeout_ms_;
    request.query_id = query_id_;
    return request;
}

core::Result<Update> Parser::Operation() {
    Update update;
    Open(update.select);
    update.select.where = EmptyPattern();
    template_blanks_.clear();
    template_blank_count_ = 0;
    bgp_ = ++bgps_;
    using Kind = Update::Kind;
    if (IsWord("INSERT") && IsWord("DATA", 1)) {
        GYRE_TRY(Data(update, true));
    } else if (IsWord("DELETE") && IsWord("DATA", 1)) {
        GYRE_TRY(Data(update, false));
    } else if (IsWord("DELETE") && IsWord("WHERE", 1)) {
        GYRE_TRY(DeleteWhere(update));
    } else if (IsWord("INSERT") || IsWord("DELETE") || IsWord("WITH")) {
        GYRE_TRY(Modify(update));
    } else if (TakeWord("LOAD")) {
        update.kind = Kind::kLoad;
        update.silent = TakeWord("SILENT");
        GYRE_ASSIGN(update.source.iri, NeedIri());
        if (TakeWord("INTO")) {
            GYRE_TRY(NeedWord("GRAPH"));
            GYRE_ASSIGN(update.target.iri, NeedIri());
        }
    } else if (TakeWord("CLEAR") || TakeWord("DROP")) {
        update.kind = Kind::kClear;
        update.silent = TakeWord("SILENT");
        GYRE_ASSIGN(update.target, Target(false));
    } else if (TakeWord("CREATE")) {
        update.kind = Kind::kCreate;
        update.silent = TakeWord("SILENT");
        GYRE_TRY(NeedWord("GRAPH"));
        GYRE_ASSIGN(update.target.iri, NeedIri());
    } else if (TakeWord("COPY")) {
        GYRE_TRY(Manage(update, Kind::kCopy));
    } else if (TakeWord("MOVE")) {
        GYRE_TRY(Manage(update, Kind::kMove));
    } else if (TakeWord("ADD")) {
        GYRE_TRY(Manage(update, Kind::kAdd));
    } else {
        return Expected("INSERT, DELETE, WITH, LOAD, CLEAR, CREATE, DROP, COPY, MOVE or ADD");
    }
    Close(update.select);
    update.base = base_;
    return update;
}

core::Status Parser::Manage(Update& update, Update::Kind kind) {
    update.kind = kind;
    update.silent = TakeWord("SILENT");
    GYRE_ASSIGN(update.source, Target(true));
    GYRE_TRY(NeedWord("TO"));
    GYRE_ASSIGN(update.target, Target(true));
    return {};
}

core::Result<GraphTarget> Parser::Target(bool only_graph_or_default) {
    GraphTarget target;
    if (TakeWord("DEFAULT")) {
        target.kind = GraphTarget::Kind::kDefault;
        return target;
    }
    if (!only_graph_or_default) {
        if (TakeWord("NAMED")) {
            target.kind = GraphTarget::Kind::kNamed;
            return target;
        }
        if (TakeWord("ALL")) {
            target.kind = GraphTarget::Kind::kAll;
            return target;
        }
        GYRE_TRY(NeedWord("GRAPH"));
    } else {
        std::ignore = TakeWord("GRAPH");
    }
    GYRE_ASSIGN(target.iri, NeedIri());
    return target;
}

core::Status Parser::Data(Update& update, bool insert) {
    next_ += 2;
    return QuadPattern(insert ? update.insert : update.remove, false, insert);
}

core::Status Parser::DeleteWhere(Update& update) {
    next_ += 2;
    GYRE_TRY(QuadPattern(update.remove, true, false));
    // What follows one another in the same graph is one pattern.
    NodePtr pattern = EmptyPattern();
    const auto& quads = update.remove;
    for (size_t i = 0; i < quads.size();) {
        Bgp bgp;
        const std::optional<PatternTerm>& graph = quads[i].graph;
        for (; i < quads.size() && quads[i].graph == graph; ++i) {
            bgp.triples.push_back(quads[i].triple);
        }
        NodePtr one = MakeNode(std::move(bgp));
        if (graph) {
            GYRE_TRY(Chain());
            one = MakeNode(InGraph{*graph, std::move(one)});
        }
        pattern = Joined(std::move(pattern), std::move(one));
    }
    update.select.where = std::move(pattern);
    return {};
}

core::Status Parser::Modify(Update& update) {
    scope_->aggregates = nullptr;
    if (TakeWord("WITH")) {
        GYRE_ASSIGN(update.with, NeedIri());
    }
    const bool removes = TakeWord("DELETE");
    if (removes) GYRE_TRY(QuadPattern(update.remove, true, false));
    if (TakeWord("INSERT")) {
        GYRE_TRY(QuadPattern(update.insert, true, true));
    } else if (!removes) {
        return Expected("DELETE or INSERT");
    }
    // The template's blank nodes are none of the pattern's.
    label_bgps_.clear();
    GYRE_TRY(Dataset(update.dataset, "USING"));
    GYRE_TRY(NeedWord("WHERE"));
    bgp_ = ++bgps_;
    GYRE_ASSIGN(update.select.where, GroupGraphPattern());
    return {};
}

core::Status Parser::QuadPattern(std::vector<QuadTemplate>& quads, bool variables, bool blanks) {
    std::vector<TriplePattern> triples;
    TripleSink sink{triples};
    sink.variables = variables;
    sink.blanks = blanks;
    sink.is_template = true;
    const auto take = [&](const std::optional<PatternTerm>& graph) {
        for (TriplePattern& triple : triples) quads.push_back({std::move(triple), graph});
        triples.clear();
    };
    GYRE_TRY(NeedSign("{"));
    while (!TakeSign("}")) {
        if (TakeWord("GRAPH")) {
            GYRE_ASSIGN(const PatternTerm graph, VarOrIri(variables));
            GYRE_TRY(NeedSign("{"));
            GYRE_TRY(TriplesBlock(sink));
            GYRE_TRY(NeedSign("}"));
            take(graph);
            std::ignore = TakeSign(".");
        } else {
            if (!BeginsTriples()) return Expected("a triple, GRAPH or '}'");
            GYRE_TRY(TriplesBlock(sink));
            take(std::nullopt);
        }
    }
    return {};
}

}  // namespace detail

bool UpdateRequest::Inserts() const {
    return std::ranges::any_of(operations, [](const Update& one) {
        return !one.insert.empty() || one.kind == Update::Kind::kCopy ||
               one.kind == Update::Kind::kMove || one.kind == Update::Kind::kAdd ||
               one.kind == Update::Kind::kLoad || one.kind == Update::Kind::kCreate;
    });
}

bool UpdateRequest::Removes() const {
    return std::ranges::any_of(operations, [](const Update& one) {
        return !one.remove.empty() || one.kind == Update::Kind::kClear ||
               one.kind == Update::Kind::kCopy || one.kind == Update::Kind::kMove;
    });
}

core::Result<UpdateRequest> ParseUpdate(std::string_view text, std::string_view base) {
    GYRE_ASSIGN(const std::string plain, detail::WithoutCodepointEscapes(text));
    GYRE_ASSIGN(auto tokens, detail::Tokens(plain));
    return detail::Parser(plain, std::move(tokens), base).OneUpdate();
}

}  // namespace gyre::graph::sparql
