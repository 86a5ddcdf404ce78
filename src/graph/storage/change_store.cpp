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
bool IsTold(const Change& change, ChangesOf which) {
    if (which == ChangesOf::kAll) return true;
    const bool rdf = change.kind == Change::Kind::kQuad;
    const bool own =
        change.kind == Change::Kind::kClear || change.kind == Change::Kind::kVertexValues;
    return rdf == (which == ChangesOf::kRdf) && !own;
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

bool Transaction::ReadHead(std::string_view bytes, CommitHead& head) {
    uint64_t at = 0;
    if (!ReadVarint(bytes, at) || !ReadVarint(bytes, head.count)) damaged_ = true;
    head.committed_ms = static_cast<int64_t>(at);
    return !damaged_;
}

std::vector<LoggedChange> Transaction::Changes(ChangeId from, size_t limit, ChangesOf which,
                                               core::SteadyTime until) {
    std::vector<LoggedChange> found;
    ReadChanges(from, which, until, found, [&] { return found.size() < limit; });
    return found;
}

std::vector<LoggedChange> Transaction::ChangesAfter(uint64_t commit, size_t least) {
    std::vector<LoggedChange> found;
    ReadChanges({commit + 1, 0}, ChangesOf::kAll, core::SteadyTime::max(), found,
                [&] { return found.size() < least || !found.back().last; });
    return found;
}

void Transaction::ReadChanges(ChangeId from, ChangesOf which, core::SteadyTime until,
                              std::vector<LoggedChange>& found, const std::function<bool()>& more) {
    const auto cursor = kv_->ScanRange(keys::One(keys::kChange, from.commit),
                                       BehindPrefix(std::string(1, keys::kChange)));
    CommitHead head;
    for (uint64_t looked_at = 0; more() && cursor->Next(); ++looked_at) {
        if (looked_at % 1024 == 1023 && core::SystemClock().Now() >= until) break;
        std::string_view key = cursor->Key().substr(1);
        LoggedChange one;
        if (!ReadOrdered(key, one.id.commit) || !ReadOrdered(key, one.id.op)) break;
        if (one.id.op == 0) {
            if (!ReadHead(cursor->Value(), head)) break;
            continue;
        }
        if (one.id.commit == from.commit && one.id.op < from.op) continue;
        if (!DecodeChange(cursor->Value(), one.change)) damaged_ = true;
        if (!IsTold(one.change, which)) {
            const bool same = !found.empty() && found.back().id.commit == one.id.commit;
            if (one.id.op == head.count && same) found.back().last = true;
            continue;
        }
        one.committed_ms = head.committed_ms;
        one.last = one.id.op == head.count;
        found.push_back(std::move(one));
    }
}

std::optional<LoggedChange> Transaction::LastChange(ChangesOf which, core::SteadyTime until) {
    std::string bytes;
    uint64_t looked_at = 0;
    for (uint64_t commit = LastCommit(); commit > 0; --commit) {
        CommitHead head;
        if (!kv_->Get(keys::Two(keys::kChange, commit, 0), bytes) || !ReadHead(bytes, head)) break;
        for (uint64_t op = head.count; op > 0; --op) {
            if (++looked_at % 1024 == 0 && core::SystemClock().Now() >= until) return std::nullopt;
            LoggedChange one{{commit, op}, head.committed_ms, true, {}};
            const bool there = kv_->Get(keys::Two(keys::kChange, commit, op), bytes);
            if (!there || !DecodeChange(bytes, one.change)) damaged_ = true;
            if (damaged_) return std::nullopt;
            if (IsTold(one.change, which)) return one;
        }
    }
    return std::nullopt;
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
