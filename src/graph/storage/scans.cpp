#include "graph/storage/scans.h"

#include "graph/storage/codec.h"
#include "graph/storage/row.h"

namespace gyre::graph {
namespace {

class RowScan final : public EdgeScan {
  public:
    RowScan(std::unique_ptr<KvCursor> changes, uint64_t below, const Segment* resting)
        : changes_(std::move(changes)), below_(below), resting_(resting) {
        ReadChange();
        ReadRest();
    }

    bool Next(EdgeRef& edge) override {
        while (change_ || rest_) {
            if (rest_ && (!change_ || rest_->id < change_->id)) {
                edge = *rest_;
                ReadRest();
                return true;
            }
            if (rest_ && rest_->id == change_->id) ReadRest();
            const bool gone = gone_;
            edge = *change_;
            ReadChange();
            if (!gone) return true;
        }
        return false;
    }

  private:
    void ReadChange() {
        change_.reset();
        if (!changes_->Next()) return;
        std::string_view key = changes_->Key().substr(1);
        EdgeRow row;
        uint64_t number = 0;
        gone_ = changes_->Value() == kGone;
        if (!ReadOrdered(key, number) || number >= below_) return;
        if (!gone_ && !DecodeRow(changes_->Value(), row)) return;
        change_ = EdgeRef{number, row.out, row.in, row.label};
    }
    void ReadRest() {
        rest_.reset();
        if (resting_ == nullptr) return;
        while (at_ == block_.size()) {
            if (next_block_ * kEdgesInBlock >= resting_->EdgesBelow()) return;
            resting_->EdgesOfBlock(next_block_++, block_);
            at_ = 0;
        }
        rest_ = block_[at_++];
    }

    std::unique_ptr<KvCursor> changes_;
    const uint64_t below_;
    const Segment* resting_;
    std::vector<EdgeRef> block_;
    size_t at_ = 0;
    uint64_t next_block_ = 0;
    std::optional<EdgeRef> change_, rest_;
    bool gone_ = false;
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
        if (!begun_) {
            begun_ = true;
            ReadChange();
            ReadRest();
        }
        while (change_ || rest_) {
            if (rest_ && (!change_ || *rest_ < *change_)) {
                entry = *rest_;
                ReadRest();
                return true;
            }
            if (rest_ && *rest_ == *change_) ReadRest();
            const bool gone = gone_;
            entry = *change_;
            ReadChange();
            if (!gone) return true;
        }
        return false;
    }
    void ReadChange() {
        change_.reset();
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
            gone_ = changes_->Value() == kGone;
            change_ = entry;
            return;
        }
    }
    void ReadRest() {
        Entry entry;
        rest_ = resting_.Next(entry) ? std::optional(entry) : std::nullopt;
    }

    const Side side_;
    std::unique_ptr<KvCursor> changes_;
    const size_t skip_;
    const uint64_t below_;
    RestingEdges resting_;
    bool begun_ = false;
    std::optional<Entry> change_, rest_;
    bool gone_ = false;
};

}  // namespace

void VertexScan::ReadChange() {
    change_.reset();
    if (!changes_) return;
    if (changes_->Next()) {
        std::string_view key = changes_->Key().substr(skip_);
        uint64_t vertex = 0;
        gone_ = changes_->Value() == kGone;
        if (ReadOrdered(key, vertex) && vertex < below_) change_ = vertex;
    }
    if (!change_) changes_.reset();
}

bool VertexScan::Next(uint64_t& vertex) {
    const auto read_rest = [this] {
        uint64_t next = 0;
        rest_ = resting_.Next(next) ? std::optional(next) : std::nullopt;
    };
    if (!begun_) {
        begun_ = true;
        ReadChange();
        read_rest();
    }
    while (change_ || rest_) {
        if (rest_ && (!change_ || *rest_ < *change_)) {
            vertex = *rest_;
            read_rest();
            return true;
        }
        if (rest_ && *rest_ == *change_) read_rest();
        const bool gone = gone_;
        vertex = *change_;
        ReadChange();
        if (!gone) return true;
    }
    return false;
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
