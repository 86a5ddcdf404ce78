// Transaction's change log: what it has changed, and what others have.
#include <algorithm>

#include "graph/storage/graph_store.h"
#include "graph/storage/keys.h"

namespace gyre::graph {
namespace {

bool SameEntry(const VertexValue& a, const VertexValue& b) {
    return a.key == b.key && SameValue(a.value, b.value);
}
bool SameEntry(const std::pair<NameId, Value>& a, const std::pair<NameId, Value>& b) {
    return a.first == b.first && SameValue(a.second, b.second);
}
bool SameWhole(const VertexValue& a, const VertexValue& b) {
    return SameEntry(a, b) && a.id == b.id &&
           std::ranges::equal(a.meta, b.meta,
                              [](const auto& x, const auto& y) { return SameEntry(x, y); });
}

}  // namespace

// One record for each value that is in one of the rows and not in the other.
template <typename Entries>
void Transaction::NoteValues(Change change, const Entries* before, const Entries* after) {
    static const Entries none;
    const Entries& old = before != nullptr ? *before : none;
    const Entries& now = after != nullptr ? *after : none;
    const auto note = [&](const Entries& values, const Entries& others, bool removed) {
        for (const auto& value : values) {
            const bool kept = std::ranges::any_of(
                others, [&](const auto& other) { return SameEntry(value, other); });
            if (kept) continue;
            change.removed = removed;
            change.key = std::string(NameText(KeyOf(value)));
            change.value = ValueOf(value);
            changes_.push_back(change);
        }
    };
    note(old, now, true);
    note(now, old, false);
}

// Streams are told what has come and gone; a replica also in what order it is, and what belongs to
// it.
void Transaction::NoteAllValues(uint64_t vertex, const Value& id, const VertexRow& row) {
    Values all;
    for (const VertexValue& value : row.values) {
        auto meta = std::make_shared<Map>();
        for (const auto& [key, inner] : value.meta) meta->Put(Value(NameText(key)), inner);
        all.push_back(MakeList({Value(NameText(value.key)), value.value,
                                Value(ValueId(vertex, value)), Value(std::move(meta))}));
    }
    Change change;
    change.kind = Change::Kind::kVertexValues;
    change.id = id;
    change.value = MakeList(std::move(all));
    changes_.push_back(std::move(change));
}

void Transaction::NoteVertex(uint64_t vertex, const VertexRow* before, const VertexRow* after) {
    if (!store_.keeps_changes_) return;
    Change change;
    change.id = VertexId(vertex, after != nullptr ? *after : *before);
    const auto labels = [&](const VertexRow* row, const VertexRow* other, bool removed) {
        if (row == nullptr) return;
        const auto kept = other != nullptr ? IndexedLabels(*other) : std::vector<NameId>();
        for (const NameId label : IndexedLabels(*row)) {
            if (std::ranges::find(kept, label) != kept.end()) continue;
            change.kind = Change::Kind::kVertexLabel;
            change.removed = removed;
            change.key = "label";
            change.value = Value(NameText(label));
            change.implied = row->labels.empty();
            const bool made = Mode() == GraphMode::kTinkerGraph && row->id.IsNull();
            change.number = made ? vertex : 0;
            changes_.push_back(change);
            change.implied = false;
            change.number = 0;
        }
    };
    labels(after, before, false);
    if (Mode() == GraphMode::kTinkerGraph && after != nullptr) {
        static const VertexRow nothing;
        const VertexRow& old = before != nullptr ? *before : nothing;
        const bool same = std::ranges::equal(old.values, after->values, SameWhole);
        if (!same) NoteAllValues(vertex, change.id, *after);
    }
    change.kind = Change::Kind::kVertexProperty;
    NoteValues(change, before != nullptr ? &before->values : nullptr,
               after != nullptr ? &after->values : nullptr);
    labels(before, after, true);
}

void Transaction::NoteEdge(uint64_t edge, const EdgeRow* before, const EdgeRow* after) {
    if (!store_.keeps_changes_) return;
    const EdgeRow& row = after != nullptr ? *after : *before;
    Change change;
    change.id = EdgeId(edge, row);
    if (const auto out = Vertex(row.out)) change.from = VertexId(row.out, *out);
    if (const auto in = Vertex(row.in)) change.to = VertexId(row.in, *in);
    const auto whole = [&](bool removed) {
        change.kind = Change::Kind::kEdge;
        change.removed = removed;
        change.key = "label";
        change.value = Value(NameText(row.label));
        const bool made = Mode() == GraphMode::kTinkerGraph && row.id.IsNull();
        change.number = made ? edge : 0;
        changes_.push_back(change);
        change.number = 0;
    };
    if (before == nullptr) whole(false);
    change.kind = Change::Kind::kEdgeProperty;
    NoteValues(change, before != nullptr ? &before->values : nullptr,
               after != nullptr ? &after->values : nullptr);
    if (after == nullptr) whole(true);
}

void Transaction::NoteQuad(const std::function<std::string()>& line, bool removed) {
    if (!store_.keeps_changes_) return;
    Change change;
    change.kind = Change::Kind::kQuad;
    change.removed = removed;
    change.key = line();
    changes_.push_back(std::move(change));
}

void Transaction::NoteClear() {
    if (!store_.keeps_changes_) return;
    Change change;
    change.kind = Change::Kind::kClear;
    changes_.push_back(std::move(change));
}

void Transaction::WriteChanges() {
    if (changes_.empty()) return;
    const uint64_t commit = ++store_.last_commit_;
    std::string head;
    AppendVarint(head,
                 static_cast<uint64_t>(core::SystemClock().WallNow().time_since_epoch().count()));
    AppendVarint(head, changes_.size());
    kv_->Put(keys::Two(keys::kChange, commit, 0), head);
    for (size_t i = 0; i < changes_.size(); ++i) {
        kv_->Put(keys::Two(keys::kChange, commit, i + 1), EncodeChange(changes_[i]));
    }
    std::string last;
    AppendVarint(last, commit);
    kv_->Put(keys::kLastCommit, last);
    changes_.clear();
}

void Transaction::ReadCommit(ChangeId from, size_t limit, ChangesOf which,
                             std::vector<LoggedChange>& found) {
    const auto cursor = kv_->Scan(keys::One(keys::kChange, from.commit));
    int64_t committed = 0;
    uint64_t count = 0;
    const size_t before = found.size();
    while (found.size() < limit && cursor->Next()) {
        std::string_view key = cursor->Key().substr(1);
        std::string_view bytes = cursor->Value();
        LoggedChange one;
        if (!ReadOrdered(key, one.id.commit) || !ReadOrdered(key, one.id.op)) break;
        if (one.id.op == 0) {
            uint64_t at = 0;
            if (!ReadVarint(bytes, at) || !ReadVarint(bytes, count)) damaged_ = true;
            committed = static_cast<int64_t>(at);
            continue;
        }
        if (one.id.op < from.op) continue;
        if (!DecodeChange(bytes, one.change)) damaged_ = true;
        const bool rdf = one.change.kind == Change::Kind::kQuad;
        const bool own = one.change.kind == Change::Kind::kClear ||
                         one.change.kind == Change::Kind::kVertexValues;
        const bool told = which == ChangesOf::kAll || (rdf == (which == ChangesOf::kRdf) && !own);
        if (!told) {
            if (one.id.op == count && found.size() > before) found.back().last = true;
            continue;
        }
        one.committed_ms = committed;
        one.last = one.id.op == count;
        found.push_back(std::move(one));
    }
}

std::vector<LoggedChange> Transaction::Changes(ChangeId from, size_t limit, ChangesOf which) {
    std::vector<LoggedChange> found;
    const uint64_t last = LastCommit();
    for (uint64_t commit = from.commit; commit <= last && found.size() < limit; ++commit) {
        ReadCommit({commit, commit == from.commit ? from.op : 0}, limit, which, found);
    }
    return found;
}

std::vector<LoggedChange> Transaction::ChangesOfCommit(uint64_t commit) {
    std::vector<LoggedChange> found;
    ReadCommit({commit, 0}, SIZE_MAX, ChangesOf::kAll, found);
    return found;
}

uint64_t Transaction::LastCommit() {
    uint64_t commit = 0;
    std::string bytes;
    if (!kv_->Get(keys::kLastCommit, bytes)) return 0;
    std::string_view rest = bytes;
    if (!ReadVarint(rest, commit)) damaged_ = true;
    return commit;
}

}  // namespace gyre::graph
