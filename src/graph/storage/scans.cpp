#include "graph/storage/scans.h"

#include <functional>

#include "graph/storage/codec.h"
#include "graph/storage/row.h"

namespace gyre::graph {
namespace {

class RowScan final : public EdgeScan {
  public:
    RowScan(std::unique_ptr<KvCursor> changes, uint64_t below, const Segment* resting)
        : changes_(std::move(changes)), below_(below), resting_(resting) {}

    bool Next(EdgeRef& edge) override {
        return next_.Next(
            edge, [this] { ReadChange(); }, [this] { ReadRest(); },
            [](const EdgeRef& a, const EdgeRef& b) { return a.id < b.id; });
    }

  private:
    void ReadChange() {
        next_.change.reset();
        if (!changes_->Next()) return;
        std::string_view key = changes_->Key().substr(1);
        EdgeRow row;
        uint64_t number = 0;
        next_.gone = changes_->Value() == kGone;
        if (!ReadOrdered(key, number) || number >= below_) return;
        if (!next_.gone && !DecodeRow(changes_->Value(), row)) return;
        next_.change = EdgeRef{number, row.out, row.in, row.label};
    }
    void ReadRest() {
        next_.rest.reset();
        if (resting_ == nullptr) return;
        while (at_ == block_.size()) {
            if (next_block_ * kEdgesInBlock >= resting_->EdgesBelow()) return;
            resting_->EdgesOfBlock(next_block_++, block_);
            at_ = 0;
        }
        next_.rest = block_[at_++];
    }

    std::unique_ptr<KvCursor> changes_;
    const uint64_t below_;
    const Segment* resting_;
    std::vector<EdgeRef> block_;
    size_t at_ = 0;
    uint64_t next_block_ = 0;
    Overlaid<EdgeRef> next_;
};

class SideScan final : public EdgeScan {
  public:
    using Entry = RestingEdges::Entry;
    SideScan(Side side, std::unique_ptr<KvCursor> changes, size_t skip, uint64_t below,
             RestingEdges resting)
        : side_(side),
          changes_(std::move(changes)),
          skip_(skip),
          below_(below),
          resting_(resting) {}

    bool Next(EdgeRef& edge) override {
        Entry entry;
        if (changes_ == nullptr) {
            if (!resting_.Next(entry)) return false;
        } else if (!Merge(entry)) {
            return false;
        }
        const bool out = side_.direction == Direction::kOut;
        edge = {entry.edge, out ? side_.vertex : entry.neighbour,
                out ? entry.neighbour : side_.vertex, entry.label};
        return true;
    }

  private:
    bool Merge(Entry& entry) {
        return next_.Next(entry, [this] { ReadChange(); }, [this] { ReadRest(); }, std::less<>());
    }
    void ReadChange() {
        next_.change.reset();
        while (changes_->Next()) {
            std::string_view key = changes_->Key().substr(skip_);
            uint64_t label = 0;
            Entry entry;
            if (!ReadOrdered(key, label) || !ReadOrdered(key, entry.neighbour) ||
                !ReadOrdered(key, entry.edge)) {
                return;
            }
            if (entry.edge >= below_) continue;
            entry.label = static_cast<NameId>(label);
            next_.gone = changes_->Value() == kGone;
            next_.change = entry;
            return;
        }
    }
    void ReadRest() {
        Entry entry;
        next_.rest = resting_.Next(entry) ? std::optional(entry) : std::nullopt;
    }

    const Side side_;
    std::unique_ptr<KvCursor> changes_;
    const size_t skip_;
    const uint64_t below_;
    RestingEdges resting_;
    Overlaid<Entry> next_;
};

}  // namespace

void VertexScan::ReadChange() {
    next_.change.reset();
    if (!changes_) return;
    if (changes_->Next()) {
        std::string_view key = changes_->Key().substr(skip_);
        uint64_t vertex = 0;
        next_.gone = changes_->Value() == kGone;
        if (ReadOrdered(key, vertex) && vertex < below_) next_.change = vertex;
    }
    if (!next_.change) changes_.reset();
}

bool VertexScan::Next(uint64_t& vertex) {
    const auto read_rest = [this] {
        uint64_t number = 0;
        next_.rest = resting_.Next(number) ? std::optional(number) : std::nullopt;
    };
    return next_.Next(vertex, [this] { ReadChange(); }, read_rest, std::less<>());
}

std::unique_ptr<EdgeScan> ScanRows(std::unique_ptr<KvCursor> changes, uint64_t below,
                                   const Segment* resting) {
    return std::make_unique<RowScan>(std::move(changes), below, resting);
}

std::unique_ptr<EdgeScan> ScanSide(Side side, std::unique_ptr<KvCursor> changes, size_t skip,
                                   uint64_t below, RestingEdges resting) {
    return std::make_unique<SideScan>(side, std::move(changes), skip, below, resting);
}

}  // namespace gyre::graph
