#include "graph/storage/segment.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "graph/storage/segment_format.h"

namespace gyre::graph {

using core::Code;
using segment_format::Tail;
using segment_format::TailBefore;

namespace segment_format {

uint64_t Hash(std::string_view bytes) {
    return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace segment_format

namespace {

bool ReadLabel(std::string_view& bytes, NameId& label) {
    uint64_t number = 0;
    if (!ReadSmall(bytes, number)) return false;
    label = static_cast<NameId>(number);
    return true;
}

bool Take(std::string_view& bytes, uint64_t size, std::string_view& taken) {
    if (size > bytes.size()) return false;
    taken = bytes.substr(0, static_cast<size_t>(size));
    bytes.remove_prefix(static_cast<size_t>(size));
    return true;
}

/// Passes pieces that each stand behind their size; false where there are not so many.
bool PassSized(std::string_view& bytes, uint64_t count) {
    for (; count > 0; --count) {
        uint64_t size = 0;
        if (!ReadSmall(bytes, size) || size > bytes.size()) return false;
        bytes.remove_prefix(static_cast<size_t>(size));
    }
    return true;
}

/// What `places` says of the i-th piece of `pieces`; empty where it has none.
std::string_view Piece(std::string_view places, std::string_view pieces, uint64_t i) {
    const FiveBytes at(places);
    if (i + 1 >= at.Size()) return {};
    const uint64_t begin = at[i], end = at[i + 1];
    if (begin > end || end > pieces.size()) return {};
    return pieces.substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
}

/// Goes through the numbers that may have an id until `is` says that one has it.
template <typename Is>
std::optional<uint64_t> Probe(std::string_view section, uint64_t hash, Is is) {
    const FiveBytes slots(section);
    if (slots.Size() == 0) return std::nullopt;
    uint64_t at = segment_format::SlotOf(hash, slots.Size());
    for (size_t looks = 0; looks < slots.Size(); ++looks) {
        const uint64_t number = slots[at];
        if (number == 0) return std::nullopt;
        if (is(number)) return number;
        if (++at == slots.Size()) at = 0;
    }
    return std::nullopt;
}

/// The end of a file of a known format; of one from before as it is written now, but for its magic.
core::Status ReadTail(const std::filesystem::path& file, std::string_view bytes, Tail& tail) {
    const auto fail = [&](Code code, const char* what) {
        return core::Fail(code, file.string() + what);
    };
    const auto read = [&](auto& end) {
        if (bytes.size() < sizeof end) return false;
        std::memcpy(&end, bytes.data() + bytes.size() - sizeof end, sizeof end);
        return true;
    };
    const auto sums_up = [&](size_t size, size_t of_sum, uint64_t sum) {
        return segment_format::Hash(bytes.substr(bytes.size() - size, of_sum)) == sum;
    };
    constexpr const char* kDamaged = ": its end is damaged";
    constexpr size_t kName = 7;  // of the magic, before the format's digit
    TailBefore before;
    if (!read(before)) return fail(Code::kDataLoss, ": it is cut, or cannot be read");
    if (before.magic == segment_format::kMagic2 || before.magic == segment_format::kMagic1) {
        if (!sums_up(sizeof before, offsetof(TailBefore, sum), before.sum)) {
            return fail(Code::kDataLoss, kDamaged);
        }
        tail.magic = before.magic;
        tail.vertices_below = before.vertices_below;
        tail.edges_below = before.edges_below;
        tail.vertices = before.vertices;
        tail.edges = before.edges;
        std::ranges::copy(before.sections, tail.sections.begin());
        return {};
    }
    const bool whole = read(tail);
    if (!whole || std::memcmp(tail.magic.data(), segment_format::kMagic.data(), kName) != 0) {
        return fail(Code::kDataLoss, ": it is cut, or no segment of a graph");
    }
    if (tail.magic != segment_format::kMagic && tail.magic != segment_format::kMagic3) {
        return fail(Code::kFailedPrecondition, " has a format that this program does not know");
    }
    if (!sums_up(sizeof tail, offsetof(Tail, sum), tail.sum)) {
        return fail(Code::kDataLoss, kDamaged);
    }
    return {};
}

}  // namespace

// --- lists of edges: var(groups), their heads, then each group's entries and columns

bool RestingEdges::ReadHead(std::string_view& heads, bool beside, Head& head) {
    uint64_t label = 0;
    if (!ReadSmall(heads, label) || !ReadSmall(heads, head.count) ||
        !ReadSmall(heads, head.entries)) {
        return false;
    }
    head.label = static_cast<NameId>(beside ? label >> 1 : label);
    head.columns = 0;
    return !beside || (label & 1) == 0 || ReadSmall(heads, head.columns);
}

RestingEdges::RestingEdges(std::string_view list, std::optional<NameId> label, bool beside)
    : beside_(beside) {
    std::string_view heads = list;
    uint64_t groups = 0, before = 0, passed = 0;
    if (list.empty() || !ReadSmall(heads, groups)) return;
    heads_ = heads;
    Head head, wanted;
    for (uint64_t i = 0; i < groups; ++i) {
        if (!ReadHead(heads, beside, head)) return;
        if (label && head.label == *label) {
            wanted = head;
            before = passed;
        }
        passed += head.entries + head.columns;
    }
    bodies_ = heads;
    if (!label) {
        groups_left_ = groups;
    } else if (wanted.count > 0) {
        std::string_view others;
        if (Take(bodies_, before, others)) static_cast<void>(Enter(wanted));
    }
}

bool RestingEdges::Enter(const Head& head) {
    // An entry takes two bytes at least.
    if (head.count > head.entries / 2 || !Take(bodies_, head.entries, entries_) ||
        !Take(bodies_, head.columns, group_.columns)) {
        groups_left_ = left_ = 0;
        return false;
    }
    group_.label = head.label;
    group_.count = left_ = head.count;
    neighbour_ = edge_ = 0;
    return true;
}

bool RestingEdges::NextGroup() {
    Head head;
    if (groups_left_ == 0 || !ReadHead(heads_, beside_, head)) return false;
    --groups_left_;
    return Enter(head);
}

bool RestingEdges::NextOfAny(Entry& entry) {
    while (left_ == 0) {
        if (!NextGroup()) return false;
    }
    --left_;
    uint64_t further = 0, folded = 0;
    if (!ReadSmall(entries_, further) || !ReadSmall(entries_, folded)) {
        left_ = groups_left_ = 0;
        return false;
    }
    entry.label = group_.label;
    entry.neighbour = neighbour_ += further;
    entry.edge = edge_ += UnZigZag(folded);
    return true;
}

void RestingEdges::Neighbours(std::vector<uint64_t>& into) {
    Entry entry;
    while (left_ > 0 || NextGroup()) {
        into.reserve(into.size() + left_);
        const char* at = entries_.data();
        const char* const end = at + entries_.size();
        while (left_ > 0 && end - at >= 2 && ((at[0] | at[1]) & 0x80) == 0) {
            into.push_back(neighbour_ += static_cast<uint8_t>(at[0]));
            edge_ += UnZigZag(static_cast<uint8_t>(at[1]));
            at += 2;
            --left_;
        }
        entries_.remove_prefix(static_cast<size_t>(at - entries_.data()));
        if (left_ == 0) continue;
        if (!Next(entry)) return;
        into.push_back(entry.neighbour);
    }
}

// --- the file

core::Result<std::unique_ptr<const Segment>> Segment::Open(const std::filesystem::path& file) {
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return core::Fail(errno == ENOENT ? Code::kNotFound : Code::kInternal,
                          file.string() + ": " + std::strerror(errno));
    }
    struct stat info{};
    std::unique_ptr<Segment> segment(new Segment);
    if (::fstat(fd, &info) == 0 && info.st_size > 0) {
        const auto size = static_cast<size_t>(info.st_size);
        void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
        if (mapped != MAP_FAILED) {
            segment->mapped_ = mapped;
            segment->bytes_ = {static_cast<const char*>(mapped), size};
        }
    }
    ::close(fd);
    GYRE_TRY(segment->Check(file));
    return segment;
}

Segment::~Segment() {
    if (mapped_ != nullptr) ::munmap(mapped_, bytes_.size());
}

core::Status Segment::Check(const std::filesystem::path& file) {
    const auto damaged = [&](const char* what) {
        return core::Fail(Code::kDataLoss, file.string() + ": " + what);
    };
    Tail tail;
    GYRE_TRY(ReadTail(file, bytes_, tail));
    beside_ = tail.magic != segment_format::kMagic1;
    groups_ = tail.magic == segment_format::kMagic || tail.magic == segment_format::kMagic3;
    for (size_t i = 0; i < kSections; ++i) {
        const auto& entry = tail.sections[i];
        if (entry.begin > bytes_.size() || entry.size > bytes_.size() - entry.begin) {
            return damaged("it is cut");
        }
        sections_[i] =
            bytes_.substr(static_cast<size_t>(entry.begin), static_cast<size_t>(entry.size));
        if (entry.size > 0 && segment_format::Hash(sections_[i]) != entry.sum)
            return damaged("it is damaged");
    }
    vertices_below_ = tail.vertices_below;
    edges_below_ = tail.edges_below;
    vertices_ = tail.vertices;
    edges_ = tail.edges;
    for (std::string_view rest = sections_[kLabels]; !rest.empty();) {
        LabelList list;
        uint64_t size = 0;
        if (!ReadLabel(rest, list.label) || !ReadSmall(rest, list.count) ||
            !ReadSmall(rest, size) || !Take(rest, size, list.numbers)) {
            return damaged("its lists of labels are unreadable");
        }
        labels_.push_back(list);
    }
    const auto others =
        tail.magic == segment_format::kMagic ? OtherKeys::kTold : OtherKeys::kUntold;
    if (!ReadColumns(sections_[kColumnHeads], sections_[kColumns], labels_, vertices_below_, others,
                     columns_)) {
        return damaged("its columns are unreadable");
    }
    return {};
}

template <typename Use>
void Segment::ForEdgeGroups(Use use) const {
    for (std::string_view rest = sections_[kEdgeGroups]; !rest.empty();) {
        NameId label = 0;
        uint64_t size = 0;
        std::string_view groups;
        if (!ReadLabel(rest, label) || !ReadSmall(rest, size) || !Take(rest, size, groups)) return;
        if (!use(label, groups)) return;
    }
}

std::optional<std::vector<NameId>> Segment::EdgeLabels() const {
    if (!groups_) return std::nullopt;
    std::vector<NameId> labels;
    ForEdgeGroups([&](NameId label, std::string_view) {
        labels.push_back(label);
        return true;
    });
    return labels;
}

std::optional<DeltaList> Segment::EdgeGroupsOf(NameId wanted) const {
    if (!groups_) return std::nullopt;
    DeltaList found;
    ForEdgeGroups([&](NameId label, std::string_view groups) {
        if (label == wanted) found = DeltaList(groups);
        return label != wanted;
    });
    return found;
}

const LabelColumns* Segment::ColumnsOf(NameId label) const {
    const auto found = std::ranges::lower_bound(columns_, label, {}, &LabelColumns::label);
    return found != columns_.end() && found->label == label ? &*found : nullptr;
}

std::string_view Segment::Vertex(uint64_t vertex) const {
    return Piece(sections_[kVertexPlaces], sections_[kVertexRows], vertex);
}

bool Segment::Edge(uint64_t edge, EdgeRow& row) const {
    if (edge >= edges_below_) return false;
    std::string_view block =
        Piece(sections_[kEdgePlaces], sections_[kEdgeRows], edge / kEdgesInBlock);
    uint64_t out = 0;
    for (uint64_t i = 0;; ++i) {
        uint64_t size = 0, folded = 0;
        std::string_view bytes;
        if (!ReadSmall(block, size) || !Take(block, size, bytes)) return false;
        const bool wanted = i == edge % kEdgesInBlock;
        if (size == 0 && !wanted) continue;
        if (!ReadSmall(bytes, folded)) return false;
        out += UnZigZag(folded);
        if (!wanted) continue;
        row.out = out;
        row.id = {};
        row.values.clear();
        return ReadSmall(bytes, row.in) && ReadLabel(bytes, row.label) &&
               (bytes.empty() || DecodeIdAndValues(bytes, row));
    }
}

std::string_view Segment::EdgeRest(uint64_t edge) const {
    if (edge >= edges_below_) return {};
    std::string_view block =
        Piece(sections_[kEdgePlaces], sections_[kEdgeRows], edge / kEdgesInBlock);
    uint64_t size = 0, number = 0;
    std::string_view bytes;
    if (!PassSized(block, edge % kEdgesInBlock) || !ReadSmall(block, size) ||
        !Take(block, size, bytes)) {
        return {};
    }
    const bool read = ReadSmall(bytes, number) && ReadSmall(bytes, number) &&
                      ReadSmall(bytes, number);  // out, in and label
    return read ? bytes : std::string_view();
}

void Segment::EdgesOfBlock(uint64_t block_number, std::vector<EdgeRef>& edges) const {
    std::string_view block = Piece(sections_[kEdgePlaces], sections_[kEdgeRows], block_number);
    edges.clear();
    uint64_t out = 0;
    for (uint64_t number = block_number * kEdgesInBlock; !block.empty(); ++number) {
        uint64_t size = 0, folded = 0;
        std::string_view bytes;
        if (!ReadSmall(block, size) || !Take(block, size, bytes)) return;
        if (size == 0) continue;
        EdgeRef edge;
        if (!ReadSmall(bytes, folded)) return;
        edge.id = number;
        edge.out = out += UnZigZag(folded);
        if (!ReadSmall(bytes, edge.in) || !ReadLabel(bytes, edge.label)) return;
        edges.push_back(edge);
    }
}

std::optional<uint64_t> Segment::FindVertex(const Value& id) const {
    const std::string key = IdBytes(id);
    return Probe(sections_[kVertexIds], segment_format::Hash(key), [&](uint64_t vertex) {
        std::string_view row = Vertex(vertex);
        if (row.starts_with(key)) return true;
        Value other;  // a whole number of another width
        return !id.Is<std::string>() && ReadValue(row, other) && IdBytes(other) == key;
    });
}

std::optional<uint64_t> Segment::FindEdge(const Value& id) const {
    const std::string key = IdBytes(id);
    return Probe(sections_[kEdgeIds], segment_format::Hash(key), [&](uint64_t edge) {
        EdgeRow row;
        return Edge(edge, row) && IdBytes(row.id) == key;
    });
}

std::string_view Segment::ListOf(uint64_t vertex, Direction side) const {
    return side == Direction::kOut ? Piece(sections_[kOutPlaces], sections_[kOutLists], vertex)
                                   : Piece(sections_[kInPlaces], sections_[kInLists], vertex);
}

RestingEdges Segment::EdgesAt(uint64_t vertex, Direction side, std::optional<NameId> label) const {
    return {ListOf(vertex, side), label, beside_};
}

uint64_t Segment::Degree(uint64_t vertex, Direction side, std::optional<NameId> label) const {
    std::string_view heads = ListOf(vertex, side);
    uint64_t groups = 0, sum = 0;
    if (heads.empty() || !ReadSmall(heads, groups)) return 0;
    RestingEdges::Head head;
    for (; groups > 0; --groups) {
        if (!RestingEdges::ReadHead(heads, beside_, head)) return sum;
        if (!label || head.label == *label) sum += head.count;
    }
    return sum;
}

DeltaList Segment::VerticesOf(NameId label) const {
    for (const LabelList& list : labels_) {
        if (list.label == label) return DeltaList(list.numbers);
    }
    return {};
}

}  // namespace gyre::graph
