#include "graph/storage/segment_writer.h"

#include <xxhash.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <utility>

#include "graph/storage/packed.h"
#include "graph/storage/segment_format.h"

namespace gyre::graph {
namespace {

constexpr size_t kBuffer = size_t{1} << 20;
constexpr uint64_t kMostBytes = uint64_t{1} << 40;  // what five bytes can say

}  // namespace

/// The file, with what its sections are and sum up to.
class SegmentWriter::Output {
  public:
    explicit Output(std::unique_ptr<core::WritableFile> file)
        : file_(std::move(file)), sum_(XXH3_createState(), XXH3_freeState) {}

    void Begin() {
        begin_ = written_;
        XXH3_64bits_reset(sum_.get());
    }
    core::Status Append(std::string_view bytes) {
        buffer_ += bytes;
        written_ += bytes.size();
        if (buffer_.size() < kBuffer) return {};
        return Flush();
    }
    /// What was appended since Begin is that section.
    core::Status End(Segment::Section section) {
        GYRE_TRY(Flush());
        tail_.sections[section] = {begin_, written_ - begin_, XXH3_64bits_digest(sum_.get())};
        return {};
    }
    /// Bytes of this section so far.
    [[nodiscard]] uint64_t Here() const { return written_ - begin_; }

    core::Status Finish(uint64_t vertices_below, uint64_t edges_below, uint64_t vertices,
                        uint64_t edges) {
        tail_.vertices_below = vertices_below;
        tail_.edges_below = edges_below;
        tail_.vertices = vertices;
        tail_.edges = edges;
        const std::string_view bytes(reinterpret_cast<const char*>(&tail_), sizeof tail_);
        tail_.sum = segment_format::Hash(bytes.substr(0, offsetof(segment_format::Tail, sum)));
        GYRE_TRY(file_->Append(bytes));
        return file_->Sync();
    }

  private:
    core::Status Flush() {
        XXH3_64bits_update(sum_.get(), buffer_.data(), buffer_.size());
        GYRE_TRY(file_->Append(buffer_));
        buffer_.clear();
        return {};
    }

    std::unique_ptr<core::WritableFile> file_;
    std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> sum_;
    segment_format::Tail tail_;
    std::string buffer_;
    uint64_t written_ = 0, begin_ = 0;
};

std::string_view ListEncoder::Encode(std::span<const RestingEdges::Entry> edges,
                                     const RestOfEdge& rest_of) {
    heads_.clear();
    bodies_.clear();
    uint64_t groups = 0;
    // What groups have stands behind all heads, whose sizes are known only when it is written.
    for (size_t i = 0; i < edges.size(); ++groups) {
        const NameId label = edges[i].label;
        size_t end = i;
        while (end < edges.size() && edges[end].label == label) ++end;
        const auto group = edges.subspan(i, end - i);
        i = end;
        const size_t most = group.size() * 2 * kMostVarint;
        if (most > room_) {
            room_ = most * 2;
            bytes_.reset(new char[room_]);  // make_unique would clear it
        }
        char* at = bytes_.get();
        uint64_t neighbour = 0, edge = 0;
        for (const RestingEdges::Entry& entry : group) {
            at = PutVarint(at, entry.neighbour - neighbour);
            at = PutVarint(at, ZigZag(entry.edge - edge));
            neighbour = entry.neighbour;
            edge = entry.edge;
        }
        const std::string_view columns = beside_.Encode(group, rest_of);
        const auto size = static_cast<size_t>(at - bytes_.get());
        AppendVarint(heads_, uint64_t{label} << 1 | uint64_t{!columns.empty()});
        AppendVarint(heads_, group.size());
        AppendVarint(heads_, size);
        if (!columns.empty()) AppendVarint(heads_, columns.size());
        bodies_.append(bytes_.get(), size);
        bodies_ += columns;
    }
    list_.clear();
    AppendVarint(list_, groups);
    list_ += heads_;
    list_ += bodies_;
    return list_;
}

void KeptLists::PlaceUpTo(uint64_t number) {
    for (; placed_ <= number; ++placed_) FiveBytes::Append(places_, bytes_.size());
}

void KeptLists::Add(uint64_t vertex, std::span<const RestingEdges::Entry> edges,
                    const RestOfEdge& rest_of) {
    PlaceUpTo(vertex);
    bytes_ += encoder_.Encode(edges, rest_of);
}

SegmentWriter::SegmentWriter(std::unique_ptr<Output> output, uint64_t vertices_below,
                             uint64_t edges_below)
    : output_(std::move(output)), vertices_below_(vertices_below), edges_below_(edges_below) {
}

SegmentWriter::~SegmentWriter() = default;

core::Result<std::unique_ptr<SegmentWriter>> SegmentWriter::Create(
    core::FileSystem& files, const std::filesystem::path& file, uint64_t vertices_below,
    uint64_t edges_below) {
    GYRE_ASSIGN(auto created, files.Create(file));
    return std::unique_ptr<SegmentWriter>(new SegmentWriter(
        std::make_unique<Output>(std::move(created)), vertices_below, edges_below));
}

core::Status SegmentWriter::Enter(Segment::Section section) {
    if (section_ == section) return {};
    GYRE_TRY(Leave());
    section_ = section;
    output_->Begin();
    return {};
}

core::Status SegmentWriter::Leave() {
    if (section_ == Segment::kSections) return {};
    Segment::Section places = Segment::kVertexPlaces;
    uint64_t numbers = vertices_below_;
    if (section_ == Segment::kOutLists) places = Segment::kOutPlaces;
    if (section_ == Segment::kInLists) places = Segment::kInPlaces;
    if (section_ == Segment::kEdgeRows) {
        places = Segment::kEdgePlaces;
        numbers = (edges_below_ + kEdgesInBlock - 1) / kEdgesInBlock;
    }
    if (output_->Here() >= kMostBytes) {
        return core::Fail(core::Code::kResourceExhausted,
                          "a graph's segment would pass a terabyte");
    }
    PlaceUpTo(numbers);  // one more than there are pieces: where the last one ends
    GYRE_TRY(output_->End(section_));
    section_ = Segment::kSections;
    places_.append(FiveBytes::kSpare, '\0');
    placed_ = 0;
    return WriteWhole(places, std::exchange(places_, {}));
}

void SegmentWriter::PlaceUpTo(uint64_t number) {
    for (; placed_ <= number; ++placed_) FiveBytes::Append(places_, output_->Here());
}

core::Status SegmentWriter::WriteWhole(Segment::Section section, std::string_view bytes) {
    output_->Begin();
    GYRE_TRY(output_->Append(bytes));
    return output_->End(section);
}

core::Status SegmentWriter::AddVertex(uint64_t vertex, std::string_view row, std::string_view id,
                                      std::span<const NameId> labels) {
    GYRE_TRY(Enter(Segment::kVertexRows));
    PlaceUpTo(vertex);
    ++vertices_;
    if (!id.empty()) vertex_ids_.push_back({segment_format::Hash(id), vertex});
    if (!columns_.Take(row)) {
        return core::Fail(core::Code::kDataLoss, "a row of the graph is unreadable");
    }
    for (const NameId name : labels) {
        Label& label = labels_[name];
        AppendVarint(label.numbers, vertex - label.last);
        label.last = vertex;
        ++label.count;
        columns_.Add(name, vertex, label.numbers.size());
    }
    return output_->Append(row);
}

core::Status SegmentWriter::AddEdges(uint64_t vertex, Direction side,
                                     std::span<const RestingEdges::Entry> edges,
                                     const RestOfEdge& rest_of) {
    GYRE_TRY(Enter(side == Direction::kOut ? Segment::kOutLists : Segment::kInLists));
    PlaceUpTo(vertex);
    // Groups are counted from one, so that each is more than the one before.
    const uint64_t group = vertex / kVerticesInGroup + 1;
    for (size_t i = 0; side == Direction::kOut && i < edges.size(); ++i) {
        if (i > 0 && edges[i].label == edges[i - 1].label) continue;
        Groups& groups = edge_groups_[edges[i].label];
        if (groups.last == group) continue;
        AppendVarint(groups.numbers, group - groups.last);
        groups.last = group;
    }
    return output_->Append(encoder_.Encode(edges, rest_of));
}

core::Status SegmentWriter::AddLists(Direction side, KeptLists lists) {
    if (lists.placed_ == 0) return {};  // there is none
    GYRE_TRY(Enter(side == Direction::kOut ? Segment::kOutLists : Segment::kInLists));
    GYRE_TRY(output_->Append(lists.bytes_));
    places_ = std::move(lists.places_);
    placed_ = lists.placed_;
    return Leave();
}

core::Status SegmentWriter::AddEdge(uint64_t edge, uint64_t out, uint64_t in, NameId label,
                                    std::string_view rest, std::string_view id) {
    GYRE_TRY(Enter(Segment::kEdgeRows));
    const auto begin_block = [&] {
        if (next_edge_ % kEdgesInBlock != 0) return;
        PlaceUpTo(next_edge_ / kEdgesInBlock);
        last_out_ = 0;
    };
    for (; next_edge_ < edge; ++next_edge_) {
        begin_block();
        GYRE_TRY(output_->Append(std::string_view("\0", 1)));
    }
    begin_block();
    ++next_edge_;
    ++edges_;
    if (!id.empty()) edge_ids_.push_back({segment_format::Hash(id), edge});
    std::array<char, 4 * kMostVarint> bytes;
    char* at = PutVarint(bytes.data() + kMostVarint, ZigZag(out - last_out_));
    at = PutVarint(at, in);
    at = PutVarint(at, label);
    last_out_ = out;
    const auto size = static_cast<size_t>(at - bytes.data()) - kMostVarint;
    // The size stands before it, and is known only now.
    std::array<char, kMostVarint> head;
    const auto head_size =
        static_cast<size_t>(PutVarint(head.data(), size + rest.size()) - head.data());
    char* const begin = bytes.data() + kMostVarint - head_size;
    std::memcpy(begin, head.data(), head_size);
    GYRE_TRY(output_->Append({begin, head_size + size}));
    if (rest.empty()) return {};
    return output_->Append(rest);
}

// Open addressing: a number stands at its hash's slot or, where that is taken, at the next free
// one.
std::string SegmentWriter::Slots(const std::vector<Slot>& ids) {
    if (ids.empty()) return {};
    const size_t slots = ids.size() + ids.size() / 2 + 1;
    std::vector<uint64_t> numbers(slots, 0);
    for (const Slot& id : ids) {
        auto at = static_cast<size_t>(segment_format::SlotOf(id.hash, slots));
        while (numbers[at] != 0) at = at + 1 == slots ? 0 : at + 1;
        numbers[at] = id.number;
    }
    std::string bytes;
    bytes.reserve(slots * FiveBytes::kEach + FiveBytes::kSpare);
    for (const uint64_t number : numbers) FiveBytes::Append(bytes, number);
    bytes.append(FiveBytes::kSpare, '\0');
    return bytes;
}

std::string SegmentWriter::Labels() const {
    std::string bytes;
    for (const auto& [name, label] : labels_) {
        AppendVarint(bytes, name);
        AppendVarint(bytes, label.count);
        AppendVarint(bytes, label.numbers.size());
        bytes += label.numbers;
    }
    return bytes;
}

std::string SegmentWriter::EdgeGroups() const {
    std::string bytes;
    for (const auto& [label, groups] : edge_groups_) {
        AppendVarint(bytes, label);
        AppendVarint(bytes, groups.numbers.size());
        bytes += groups.numbers;
    }
    return bytes;
}

core::Status SegmentWriter::Finish() {
    GYRE_TRY(Leave());
    GYRE_TRY(WriteWhole(Segment::kVertexIds, Slots(vertex_ids_)));
    GYRE_TRY(WriteWhole(Segment::kEdgeIds, Slots(edge_ids_)));
    GYRE_TRY(WriteWhole(Segment::kLabels, Labels()));
    std::string heads, columns;
    columns_.Finish(heads, columns);
    GYRE_TRY(WriteWhole(Segment::kColumnHeads, heads));
    GYRE_TRY(WriteWhole(Segment::kColumns, columns));
    GYRE_TRY(WriteWhole(Segment::kEdgeGroups, EdgeGroups()));
    return output_->Finish(vertices_below_, edges_below_, vertices_, edges_);
}

}  // namespace gyre::graph
