#include "graph/replica/apply.h"

#include <algorithm>

#include "graph/rdf/reader.h"

namespace gyre::graph::replica {
namespace {

using core::Code;
using Kind = Change::Kind;

tl::unexpected<core::Error> Differs(const std::string& what) {
    return core::Fail(Code::kDataLoss, "the replica differs from its original: " + what);
}

}  // namespace

core::Status Applier::Apply(const Change& change) {
    if (change.kind == Kind::kQuad) {
        GYRE_TRY(Close());
        lines_ += change.key;
        removed_.push_back(change.removed);
        return {};
    }
    GYRE_TRY(ApplyQuads());
    const bool vertex = change.kind == Kind::kVertexLabel || change.kind == Kind::kVertexProperty ||
                        change.kind == Kind::kVertexValues;
    if (open_ && (open_->vertex != vertex || !SameValue(open_->id, change.id))) GYRE_TRY(Close());
    return vertex ? ApplyVertex(change) : ApplyEdge(change);
}

core::Status Applier::Finish() {
    GYRE_TRY(Close());
    GYRE_TRY(ApplyQuads());
    quads_.Flush();
    return graph_.Health();
}

core::Status Applier::OpenVertex(const Change& change) {
    Open open;
    open.id = change.id;
    open.vertex = true;
    open.number = graph_.FindVertex(change.id);
    if (open.number) {
        const auto row = graph_.Vertex(*open.number);
        if (!row) return Differs("no vertex " + DisplayText(change.id));
        open.vertex_row = *row;
        open.unlabelled = row->labels.empty();
    } else if (change.removed || change.kind != Kind::kVertexLabel) {
        return Differs("no vertex " + DisplayText(change.id));
    } else {
        open.made = change.number != 0 ? change.number : graph_.MadeNumber('v', change.id);
        if (open.made == 0) open.vertex_row.id = change.id;
    }
    open_ = std::move(open);
    return {};
}

core::Status Applier::ApplyVertex(const Change& change) {
    if (!open_) GYRE_TRY(OpenVertex(change));
    VertexRow& row = open_->vertex_row;
    if (change.kind == Kind::kVertexLabel) {
        if (change.implied) {
            open_->unlabelled = !change.removed;
            return {};
        }
        const NameId label = graph_.Intern(DisplayText(change.value));
        std::erase(row.labels, label);
        if (!change.removed) row.labels.push_back(label);
        return {};
    }
    if (change.kind == Kind::kVertexValues) return SetValues(row, change.value);
    if (graph_.Mode() == GraphMode::kTinkerGraph) return {};  // they have come as a whole
    const NameId key = graph_.Intern(change.key);
    if (!change.removed) {
        row.values.push_back({key, change.value, 0, {}});
        return {};
    }
    const auto found = std::ranges::find_if(row.values, [&](const VertexValue& value) {
        return value.key == key && SameValue(value.value, change.value);
    });
    if (found == row.values.end()) return Differs("no value of " + change.key);
    row.values.erase(found);
    return {};
}

core::Status Applier::SetValues(VertexRow& row, const Value& values) {
    const auto* all = values.If<Ptr<List>>();
    if (all == nullptr) return Differs("values that cannot be read");
    row.values.clear();
    for (const Value& one : (*all)->items) {
        const auto* parts = one.If<Ptr<List>>();
        if (parts == nullptr || (*parts)->items.size() != 4) return Differs("a value");
        const Values& of = (*parts)->items;
        const auto* key = of[0].If<std::string>();
        const auto* id = of[2].If<int64_t>();
        const auto* meta = of[3].If<Ptr<Map>>();
        if (key == nullptr || id == nullptr || meta == nullptr) return Differs("a value");
        VertexValue value{graph_.Intern(*key), of[1], *id == 0 ? kZeroValueId : *id, {}};
        for (const auto& [name, inner] : (*meta)->Items()) {
            value.meta.emplace_back(graph_.Intern(DisplayText(name)), inner);
        }
        row.values.push_back(std::move(value));
    }
    return {};
}

core::Status Applier::CloseVertex(Open& open) {
    VertexRow& row = open.vertex_row;
    if (row.labels.empty() && !open.unlabelled) {
        if (open.number) graph_.DropVertex(*open.number);
        return {};
    }
    if (open.number) return graph_.SetLabels(*open.number, row);
    GYRE_TRY(graph_.AddVertex(std::move(row), open.made));
    return {};
}

core::Status Applier::OpenEdge(const Change& change) {
    Open open;
    open.id = change.id;
    if (const auto found = graph_.FindEdge(change.id)) {
        open.number = found->id;
        const auto row = graph_.Edge(found->id);
        if (!row) return Differs("no edge " + DisplayText(change.id));
        open.edge_row = *row;
        open_ = std::move(open);
        return {};
    }
    if (change.removed || change.kind != Kind::kEdge) {
        return Differs("no edge " + DisplayText(change.id));
    }
    const auto from = graph_.FindVertex(change.from), to = graph_.FindVertex(change.to);
    if (!from || !to) return Differs("an edge without its ends");
    open.edge_row.label = graph_.Intern(DisplayText(change.value));
    open.edge_row.out = *from;
    open.edge_row.in = *to;
    open.made = change.number != 0 ? change.number : graph_.MadeNumber('e', change.id);
    if (open.made == 0) open.edge_row.id = change.id;
    open_ = std::move(open);
    return {};
}

core::Status Applier::ApplyEdge(const Change& change) {
    if (!open_) GYRE_TRY(OpenEdge(change));
    EdgeRow& row = open_->edge_row;
    if (change.kind == Kind::kEdge) {
        if (!change.removed) return {};
        if (open_->number) graph_.DropEdge(*open_->number);
        open_.reset();
        return {};
    }
    const NameId key = graph_.Intern(change.key);
    if (!change.removed) {
        row.values.emplace_back(key, change.value);
        return {};
    }
    const auto found = std::ranges::find_if(row.values, [&](const auto& value) {
        return value.first == key && SameValue(value.second, change.value);
    });
    if (found == row.values.end()) return Differs("no value of " + change.key);
    row.values.erase(found);
    return {};
}

core::Status Applier::Close() {
    if (!open_) return {};
    Open open = std::move(*open_);
    open_.reset();
    if (open.vertex) return CloseVertex(open);
    if (open.number) return graph_.PutEdge(*open.number, open.edge_row);
    GYRE_TRY(graph_.AddEdge(std::move(open.edge_row), open.made));
    return {};
}

core::Status Applier::ApplyQuads() {
    if (removed_.empty()) return {};
    size_t next = 0;
    const auto id_of = [&](rdf::Term term, bool removed) {
        // Serd may write a label that it could have made itself with a capital letter.
        if (term.IsBlank() && term.text.starts_with('B')) term.text.front() = 'b';
        const auto known = quads_.Find(term);
        if (term.IsBlank() && known) quads_.TakeNumber(rdf::NumberOf(*known));
        if (known || removed) return known.value_or(rdf::kNoTerm);
        return quads_.Intern(term);
    };
    const auto take = [&](const rdf::Statement& statement) -> core::Status {
        if (next >= removed_.size() || !statement.graph) return Differs("a quad");
        const bool removed = removed_[next++];
        const rdf::Quad quad{id_of(statement.subject, removed), id_of(statement.predicate, removed),
                             id_of(statement.object, removed), id_of(*statement.graph, removed)};
        const bool changed = removed ? quads_.Remove(quad) : quads_.Add(quad);
        return changed ? core::Status() : Differs("a quad");
    };
    GYRE_ASSIGN(const std::optional<rdf::ReadError> wrong,
                rdf::ReadRdfText(lines_, rdf::RdfSyntax::kNQuads, "", take));
    if (wrong || next != removed_.size()) return Differs("a quad that cannot be read");
    lines_.clear();
    removed_.clear();
    return {};
}

}  // namespace gyre::graph::replica
