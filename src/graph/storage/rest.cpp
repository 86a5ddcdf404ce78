// GraphStore: what rests, and how it comes to.
#include <algorithm>
#include <mutex>
#include <tuple>

#include "core/file_system.h"
#include "core/log.h"
#include "graph/storage/graph_store.h"
#include "graph/storage/keys.h"
#include "graph/storage/segment_build.h"

namespace gyre::graph {
namespace {

using core::Code;

constexpr std::string_view kSegmentKey = "msegment";
/// Of a table with more keys than this, not each is marked when a store is opened.
constexpr uint64_t kMostMarked = 2'000'000;

constexpr char kTables[] = {keys::kVertex,    keys::kEdge,   keys::kVertexId,   keys::kEdgeId,
                            keys::kAdjacency, keys::kDegree, keys::kVertexLabel};

}  // namespace

core::Status GraphStore::OpenResting() {
    const std::filesystem::path folder = folder_ / "segments";
    std::string bytes;
    const auto kv = kv_->Read();
    if (kv->Get(kSegmentKey, bytes)) {
        std::string_view rest = bytes;
        uint64_t number = 0;
        if (!ReadVarint(rest, number)) {
            return core::Fail(Code::kDataLoss, folder_.string() + ": the segment is unreadable");
        }
        segment_number_ = number;
    }
    GYRE_TRY(kv->Health());
    // Those that a crash has left half written, or had not yet removed.
    std::error_code error;
    for (const auto& file : std::filesystem::directory_iterator(folder, error)) {
        if (file.path().filename() != std::to_string(segment_number_)) {
            std::filesystem::remove(file.path(), error);
        }
    }
    if (segment_number_ == 0) return {};
    const std::filesystem::path file = folder / std::to_string(segment_number_);
    GYRE_ASSIGN(auto segment, Segment::Open(file));
    auto resting = std::make_shared<Resting>(std::move(segment), file);
    // What the table of changes has a word on.
    uint64_t keys_seen = 0;
    const auto each = [&](char table, Marks& marks) {
        const auto cursor = kv->Scan(std::string_view(&table, 1));
        while (cursor->Next()) {
            if (++keys_seen > kMostMarked) return marks.MarkAll();
            std::string_view key = cursor->Key().substr(1);
            uint64_t number = 0;
            const uint64_t below = table == keys::kEdge ? resting->segment->EdgesBelow()
                                                        : resting->segment->VerticesBelow();
            if (ReadOrdered(key, number) && number < below) marks.Mark(number);
        }
    };
    each(keys::kVertex, resting->vertices);
    each(keys::kEdge, resting->edges);
    loose_ = keys_seen;
    each(keys::kAdjacency, resting->sides);
    each(keys::kDegree, resting->sides);
    for (const char table : {keys::kVertexId, keys::kEdgeId}) {
        if (kv->Scan(std::string_view(&table, 1))->Next()) resting->ids = true;
    }
    resting_ = std::move(resting);
    return kv->Health();
}

std::shared_ptr<Resting> GraphStore::CurrentResting() const {
    const std::shared_lock lock(replacing_);
    return resting_;
}

uint64_t GraphStore::Size() const {
    return kv_->Size() + RestingBytes();
}

uint64_t GraphStore::RestingBytes() const {
    const auto resting = CurrentResting();
    return resting ? resting->segment->Bytes() : 0;
}

core::Status GraphStore::Snapshot(const std::filesystem::path& folder) {
    // Between a table's and a segment's turn, neither is replaced.
    const std::shared_lock lock(replacing_);
    GYRE_TRY(kv_->Checkpoint(folder));
    if (!resting_) return {};
    std::error_code error;
    std::filesystem::create_directory(folder / "segments", error);
    std::filesystem::create_hard_link(resting_->file,
                                      folder / "segments" / resting_->file.filename(), error);
    if (error) return core::Fail(Code::kInternal, "a segment: " + error.message());
    return {};
}

core::Status GraphStore::Replace(Transaction& writer, const std::filesystem::path& file) {
    std::shared_ptr<Resting> next;
    if (!file.empty()) {
        GYRE_ASSIGN(auto segment, Segment::Open(file));
        next = std::make_shared<Resting>(std::move(segment), file);
        GYRE_TRY(core::RealFileSystem().SyncDirectory(file.parent_path()));
        GYRE_TRY(core::RealFileSystem().SyncDirectory(file.parent_path().parent_path()));
    }
    writer.WriteCounts();
    for (const char table : kTables) writer.kv_->DeleteTable(table);
    std::string number;
    if (next) {
        AppendVarint(number, segment_number_);
        writer.kv_->Put(kSegmentKey, number);
    } else {
        writer.kv_->Delete(kSegmentKey);
    }
    writer.written_ = 0;
    const std::unique_lock lock(replacing_);
    auto status = writer.Commit();
    if (!status) {
        // Where only the sync of the log failed, readers see the change: they must see it whole.
        std::string bytes;
        const bool found = kv_->Read()->Get(kSegmentKey, bytes);
        if (found != (next != nullptr) || bytes != number) return status;
    }
    if (resting_) resting_->replaced = status.has_value();
    resting_ = std::move(next);
    if (loose_.exchange(0) > 0) {
        std::ignore = background_.TrySubmit([this] {
            if (const auto compacted = kv_->Compact(); !compacted) {
                core::LogWarning("a graph's store keeps the room of what it has deleted",
                                 {{"why", compacted.error().message}});
            }
        });
    }
    return status;
}

core::Status GraphStore::Clear(core::SteadyTime deadline) {
    const auto writer = Write(deadline);
    if (!writer) return core::Fail(Code::kConflict, "another transaction has been writing");
    writer->kv_->DeleteTable(keys::kCount);
    writer->kv_->DeleteTable(keys::kProperty);
    writer->kv_->DeleteTable(keys::kLoaded);
    for (const char table : keys::kRdfTables) writer->kv_->DeleteTable(table);
    writer->kv_->DeleteTable(keys::kChange);  // a replica needs none of those before this one
    writer->NoteClear();
    return Replace(*writer, {});
}

core::Status GraphStore::Rest(core::SteadyTime deadline) {
    const auto writer = OwnWrite(deadline);
    if (!writer) return core::Fail(Code::kConflict, "another transaction has been writing");
    NewElements none;
    return RestWith(*writer, next_vertex_, next_edge_, none);
}

core::Status GraphStore::RestWith(Transaction& writer, uint64_t first_vertex, uint64_t first_edge,
                                  NewElements& more) {
    const std::filesystem::path file = folder_ / "segments" / std::to_string(++segment_number_);
    auto status = BuildSegment(file, writer, first_vertex, first_edge, more);
    if (status) status = writer.IndexNew(more, first_vertex, first_edge);  // numbered by now
    if (status) status = Replace(writer, file);
    if (!status) {
        std::error_code ignored;
        std::filesystem::remove(file, ignored);
    }
    return status;
}

void GraphStore::NoteWrites(uint64_t elements) {
    const uint64_t loose = loose_ += elements;
    if (loose < rest_after_) return;
    const auto resting = CurrentResting();
    const uint64_t rests = resting ? resting->segment->Vertices() + resting->segment->Edges() : 0;
    if (loose < rests / 4 || will_rest_.exchange(true)) return;
    const bool submitted = background_.TrySubmit([this] {
        if (!stopping_) {
            if (const auto status = Rest(); !status) {
                core::LogWarning("a graph could not be brought to rest",
                                 {{"why", status.error().message}});
                loose_ = 0;  // later again
            }
        }
        will_rest_ = false;
    });
    if (!submitted) will_rest_ = false;
}

}  // namespace gyre::graph
