#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <map>
#include <random>

#include "core/file_system.h"
#include "core/temp_dir.h"
#include "graph/storage/bulk_load.h"
#include "graph/storage/graph_store.h"
#include "graph/storage/packed.h"
#include "graph/storage/segment_format.h"

using namespace gyre;
using namespace gyre::graph;

namespace {

std::string Text(const Transaction& graph, const VertexRow& row) {
    std::string text = DisplayText(row.id) + " " + graph.LabelText(row);
    for (const VertexValue& value : row.values) {
        text += " " + std::string(graph.NameText(value.key)) + "=" + DisplayText(value.value);
    }
    return text;
}

/// What is read of an edge on the way through a list is what its row says.
void CheckValues(Transaction& graph, uint64_t vertex, Direction side) {
    graph.ForEdgesAt(vertex, side, std::nullopt, [&](const EdgeRef& edge) {
        const auto row = graph.Edge(edge.id);
        REQUIRE(row);
        for (const char* name : {"k", "w", "d"}) {
            const auto key = graph.FindName(name);
            if (!key) continue;
            const auto there =
                std::ranges::find(row->values, *key, &std::pair<NameId, Value>::first);
            Value value;
            CHECK(graph.EdgeValue(edge.id, *key, value) == (there != row->values.end()));
            if (there != row->values.end()) CHECK(SameValue(value, there->second));
        }
        return true;
    });
}

/// All that a transaction tells of its graph.
std::vector<std::string> Dump(Transaction& graph) {
    std::vector<std::string> lines;
    const auto say = [&](auto... parts) {
        std::string line;
        ((line += parts, line += ' '), ...);
        lines.push_back(std::move(line));
    };
    const auto number = [](uint64_t n) { return std::to_string(n); };
    std::vector<std::optional<NameId>> labels{std::nullopt};
    for (const char* name : {"a", "b", "knows", "likes", "vertex"}) {
        if (const auto label = graph.FindName(name)) labels.emplace_back(label);
    }
    VertexScan all = graph.Vertices();
    uint64_t vertex = 0;
    while (all.Next(vertex)) {
        const auto row = graph.Vertex(vertex);
        REQUIRE(row);
        say(number(vertex), Text(graph, *row));
        if (!row->id.IsNull()) CHECK(graph.FindVertex(row->id) == vertex);
        for (const Direction side : {Direction::kOut, Direction::kIn}) {
            for (const auto& label : labels) {
                const auto scan = graph.EdgesAt(vertex, side, label);
                EdgeRef edge;
                uint64_t met = 0;
                std::string line;
                while (scan->Next(edge)) {
                    ++met;
                    CHECK((side == Direction::kOut ? edge.out : edge.in) == vertex);
                    line += number(edge.id) + ":" + number(edge.out) + ">" + number(edge.in) + " ";
                }
                CHECK(graph.Degree(vertex, side, label) == met);
                if (met > 0) say(line);
            }
            CheckValues(graph, vertex, side);
        }
    }
    for (const auto& label : labels) {
        say(number(graph.CountVertices(label)), number(graph.CountEdges(label)));
        if (!label) continue;
        VertexScan some = graph.VerticesOf(*label);
        std::string line;
        while (some.Next(vertex)) line += number(vertex) + " ";
        say(line);
        std::vector<uint64_t> of_label;
        const auto scan = graph.EdgesOf(*label);
        EdgeRef edge;
        while (scan->Next(edge)) {
            CHECK(edge.label == *label);
            const auto row = graph.Edge(edge.id);
            REQUIRE(row);
            CHECK((row->out == edge.out && row->in == edge.in && row->label == *label));
            of_label.push_back(edge.id);
        }
        CHECK(of_label.size() == graph.CountEdges(*label));
        std::ranges::sort(of_label);
        line.clear();
        for (const uint64_t id : of_label) line += number(id) + " ";
        say(line);
    }
    const auto edges = graph.Edges();
    EdgeRef edge;
    while (edges->Next(edge)) {
        const auto row = graph.Edge(edge.id);
        REQUIRE(row);
        std::string line = number(edge.id) + " " + DisplayText(row->id) + " " +
                           std::string(graph.NameText(row->label)) + " " + number(row->out) + ">" +
                           number(row->in);
        for (const auto& [key, value] : row->values) line += " " + DisplayText(value);
        say(line);
        if (!row->id.IsNull()) CHECK(graph.FindEdge(row->id)->id == edge.id);
    }
    CHECK(graph.Health());
    return lines;
}

/// One store that rests now and then, and one that never does, which get the same changes.
class Twins {
  public:
    explicit Twins(uint32_t seed) : random_(seed) { Open(); }

    void Open() {
        for (auto& store : stores_) store.reset();
        for (int i = 0; i < 2; ++i) {
            auto opened =
                GraphStore::Open(folder_.Path() / std::to_string(i), GraphMode::kTinkerGraph);
            REQUIRE(opened);
            stores_[i] = std::move(*opened);
        }
    }
    void Rest() { REQUIRE(stores_[0]->Rest()); }
    GraphStore& Resting() { return *stores_[0]; }

    void Change(int operations, bool commit = true) {
        std::vector<uint32_t> choices(static_cast<size_t>(operations) * 4);
        for (auto& choice : choices) choice = static_cast<uint32_t>(random_());
        std::array<std::vector<std::string>, 2> inside;
        for (int i = 0; i < 2; ++i) {
            const auto graph = stores_[i]->Write();
            for (size_t at = 0; at < choices.size(); at += 4) Apply(*graph, &choices[at]);
            inside[i] = Dump(*graph);
            if (commit) REQUIRE(graph->Commit());
        }
        CHECK(inside[0] == inside[1]);
    }
    void Compare() { CHECK(Dump(*stores_[0]->Read()) == Dump(*stores_[1]->Read())); }

  private:
    static uint64_t Some(Transaction& graph, uint32_t choice) {
        std::vector<uint64_t> there;
        VertexScan scan = graph.Vertices();
        uint64_t vertex = 0;
        while (scan.Next(vertex)) there.push_back(vertex);
        return there.empty() ? 0 : there[choice % there.size()];
    }
    static uint64_t SomeEdge(Transaction& graph, uint32_t choice) {
        std::vector<uint64_t> there;
        const auto scan = graph.Edges();
        EdgeRef edge;
        while (scan->Next(edge)) there.push_back(edge.id);
        return there.empty() ? 0 : there[choice % there.size()];
    }
    static void Apply(Transaction& graph, const uint32_t* choice) {
        const std::array labels{graph.Intern("a"), graph.Intern("b")};
        const std::array edge_labels{graph.Intern("knows"), graph.Intern("likes")};
        const NameId key = graph.Intern("k");
        switch (choice[0] % 10) {
            case 0:
            case 1:
            case 2: {
                VertexRow row;
                if (choice[1] % 3 == 0) row.id = Value("id" + std::to_string(choice[1] % 40));
                if (choice[1] % 3 == 1) row.id = Value(static_cast<int32_t>(choice[1] % 40 + 1000));
                if (!row.id.IsNull() && graph.FindVertex(row.id)) return;
                if (choice[2] % 4 != 0) row.labels.push_back(labels[choice[2] % 2]);
                if (choice[3] % 2 == 0)
                    row.values.push_back({key, Value(int64_t{choice[3] % 9}), 0, {}});
                CHECK(graph.AddVertex(row));
                return;
            }
            case 3:
            case 4:
            case 5:
            case 6: {
                EdgeRow row;
                row.out = Some(graph, choice[1]);
                row.in = Some(graph, choice[2]);
                if (row.out == 0) return;
                row.label = edge_labels[choice[3] % 2];
                if (choice[3] % 5 == 0) row.id = Value("e" + std::to_string(choice[3] % 40));
                if (!row.id.IsNull() && graph.FindEdge(row.id)) return;
                if (choice[3] % 3 == 0) row.values.emplace_back(key, Value("v"));
                if (choice[3] % 2 == 0 || choice[3] % 7 == 0) {
                    row.values.emplace_back(graph.Intern("w"),
                                            Value(int64_t{choice[1]} - (int64_t{1} << 31)));
                }
                CHECK(graph.AddEdge(row));
                return;
            }
            case 7:
                if (choice[1] % 3 == 0) return graph.DropVertex(Some(graph, choice[2]));
                return graph.DropEdge(SomeEdge(graph, choice[2]));
            case 8: {
                const uint64_t vertex = Some(graph, choice[1]);
                if (vertex == 0) return;
                VertexRow row = *graph.Vertex(vertex);
                row.labels = {labels[choice[2] % 2]};
                if (choice[3] % 2 == 0) row.values = {{key, Value(int64_t{choice[3] % 9}), 0, {}}};
                CHECK(graph.SetLabels(vertex, row));
                return;
            }
            default: {
                const uint64_t edge = SomeEdge(graph, choice[1]);
                if (edge == 0) return;
                EdgeRow row = *graph.Edge(edge);
                row.values = {{key, Value(int64_t{choice[2] % 9})}};
                CHECK(graph.PutEdge(edge, row));
            }
        }
    }

    core::TempDir folder_;
    std::array<std::unique_ptr<GraphStore>, 2> stores_;
    std::mt19937 random_;
};

void Insert(GraphStore& store, int vertices, int edges, const std::string& prefix,
            uint64_t memory = 64 << 20, bool values = true) {
    BulkLoad load(store, memory);
    std::mt19937 random(7);
    const NameId label = load.Intern("a"), knows = load.Intern("knows"),
                 likes = load.Intern("likes"), k = load.Intern("k"), w = load.Intern("w"),
                 d = load.Intern("d");
    for (int i = 0; i < vertices; ++i) {
        VertexRow row;
        row.id = Value(prefix + std::to_string(i));
        row.labels = {label};
        row.values.push_back({load.Intern("k"), Value(i), 0, {}});
        REQUIRE(load.AddVertex(row));
        if (load.Full()) REQUIRE(load.Flush());
    }
    for (int i = 0; i < edges; ++i) {
        EdgeRow row;
        row.out =
            *load.FindVertex(prefix + std::to_string(random() % static_cast<unsigned>(vertices)));
        row.in = *load.FindVertex(prefix + std::to_string(random() % 10));
        row.label = i % 3 == 0 ? knows : likes;
        if (values) {
            row.values.emplace_back(w, i % 3 == 0 ? Value(i * 0.25 - 50) : Value(i % 5));
            if (i % 3 != 0) row.values.emplace_back(k, Value("text"));
            row.values.emplace_back(d, Value(Date{i % 3 == 0 ? -i : i * int64_t{1} << 20, 0}));
        }
        if (i % 4 == 0) row.id = Value(prefix + "e" + std::to_string(i));
        REQUIRE(load.AddEdge(row));
        if (load.Full()) REQUIRE(load.Flush());
    }
    REQUIRE(load.Finish());
}

}  // namespace

TEST_CASE("A store that rests now and then tells the same as one that never does") {
    for (uint32_t seed = 1; seed <= 6; ++seed) {
        CAPTURE(seed);
        Twins twins(seed);
        std::mt19937 random(seed);
        for (int round = 0; round < 12; ++round) {
            CAPTURE(round);
            twins.Change(20);
            if (random() % 4 == 0) twins.Change(10, false);
            if (random() % 2 == 0) twins.Rest();
            if (random() % 4 == 0) twins.Open();
            twins.Compare();
        }
    }
}

TEST_CASE("Readers keep what they saw when the store rests or is cleared") {
    Twins twins(42);
    twins.Change(60);
    twins.Rest();
    twins.Change(30);
    const auto reader = twins.Resting().Read();
    const auto before = Dump(*reader);
    twins.Rest();
    twins.Change(30);
    twins.Rest();
    CHECK(Dump(*reader) == before);
    REQUIRE(twins.Resting().Clear(core::SteadyTime::max()));
    CHECK(Dump(*reader) == before);
    CHECK(twins.Resting().Read()->CountVertices(std::nullopt) == 0);
    uint64_t vertex = 0;
    CHECK_FALSE(twins.Resting().Read()->Vertices().Next(vertex));
}

TEST_CASE("What is loaded at once is there, beside what was, and after the next start") {
    core::TempDir folder;
    auto store = std::move(*GraphStore::Open(folder.Path(), GraphMode::kNeptune));
    {
        const auto writer = store->Write();
        VertexRow row;
        row.id = Value("first");
        row.labels = {writer->Intern("b")};
        REQUIRE(writer->AddVertex(row));
        REQUIRE(writer->Commit());
    }
    Insert(*store, 500, 2000, "p");
    Insert(*store, 200, 400, "q", 1);  // flushed at each element
    Insert(*store, 10, 20, "few");
    const auto before = Dump(*store->Read());
    CHECK(store->Read()->CountVertices(std::nullopt) == 711);
    CHECK(store->Read()->CountEdges(std::nullopt) == 2420);
    store.reset();
    store = std::move(*GraphStore::Open(folder.Path(), GraphMode::kNeptune));
    CHECK(Dump(*store->Read()) == before);
    REQUIRE(store->Rest());
    CHECK(Dump(*store->Read()) == before);
}

TEST_CASE("An id that rests can go and come again any number of times") {
    core::TempDir folder;
    auto store = std::move(*GraphStore::Open(folder.Path(), GraphMode::kNeptune));
    const auto add = [&] {
        const auto writer = store->Write();
        VertexRow row;
        row.id = Value("v");
        const auto vertex = writer->AddVertex(row);
        REQUIRE(vertex);
        EdgeRow edge;
        edge.id = Value("e");
        edge.label = writer->Intern("to");
        edge.out = edge.in = *vertex;
        REQUIRE(writer->AddEdge(edge));
        REQUIRE(writer->Commit());
    };
    add();
    REQUIRE(store->Rest());
    for (int i = 0; i < 3; ++i) {
        const auto writer = store->Write();
        REQUIRE(writer->FindVertex(Value("v")));
        writer->DropVertex(*writer->FindVertex(Value("v")));
        CHECK_FALSE(writer->FindVertex(Value("v")));
        CHECK_FALSE(writer->FindEdge(Value("e")));
        REQUIRE(writer->Commit());
        add();
    }
}

/// Section 11 as it was before it told of keys without columns, and of labels without any.
std::string HeadsBefore(std::string_view heads, const std::vector<LabelList>& lists) {
    std::string before;
    while (!heads.empty()) {
        std::string_view rest = heads;
        uint64_t label = 0, columns = 0, ignored = 0;
        REQUIRE(ReadSmall(rest, label));
        REQUIRE(ReadSmall(rest, columns));
        const uint64_t count = std::ranges::find(lists, label, &LabelList::label)->count;
        const uint64_t blocks = (count + kColumnBlock - 1) / kColumnBlock;
        for (uint64_t i = 0; i < 2 * blocks; ++i) REQUIRE(ReadSmall(rest, ignored));
        for (uint64_t column = 0; column < columns; ++column) {
            REQUIRE(ReadSmall(rest, ignored));
            const auto type = static_cast<ColumnType>(rest[0]);
            rest.remove_prefix(1);
            for (int i = type == ColumnType::kDictionary ? 2 : 0; i > 0; --i) {
                REQUIRE(ReadSmall(rest, ignored));
            }
            for (uint64_t i = 0; i < blocks; ++i) {
                rest.remove_prefix(1 + sizeof(uint64_t));
                REQUIRE(ReadSmall(rest, ignored));
            }
        }
        if (columns > 0) before += heads.substr(0, heads.size() - rest.size());
        uint64_t others = 0;
        REQUIRE(ReadSmall(rest, others));
        for (; others > 0; --others) REQUIRE(ReadSmall(rest, ignored));
        heads = rest;
    }
    return before;
}

/// A file as it was written before vertices had columns; and, of one without values beside its
/// lists' entries, before those were there.
std::string AsBefore(std::string bytes, const segment_format::Magic& magic) {
    segment_format::Tail tail;
    std::memcpy(&tail, bytes.data() + bytes.size() - sizeof tail, sizeof tail);
    bytes.resize(bytes.size() - sizeof tail);
    const auto section = [&](Segment::Section which) {
        return std::string_view(bytes).substr(tail.sections[which].begin,
                                              tail.sections[which].size);
    };
    for (const auto& [places, lists] : {std::pair{Segment::kOutPlaces, Segment::kOutLists},
                                        {Segment::kInPlaces, Segment::kInLists}}) {
        if (magic == segment_format::kMagic2) break;
        const FiveBytes at(section(places));
        for (size_t i = 0; i + 1 < at.Size(); ++i) {
            std::string_view heads = section(lists).substr(at[i], at[i + 1] - at[i]);
            uint64_t groups = 0;
            if (!heads.empty()) REQUIRE(ReadSmall(heads, groups));
            for (; groups > 0; --groups) {
                const auto place = static_cast<size_t>(heads.data() - bytes.data());
                RestingEdges::Head head;
                REQUIRE(RestingEdges::ReadHead(heads, true, head));
                REQUIRE(head.columns == 0);
                bytes[place] = static_cast<char>(head.label);
            }
        }
        tail.sections[lists].sum = segment_format::Hash(section(lists));
    }
    bytes.resize(tail.sections[Segment::kColumnHeads].begin);
    segment_format::TailBefore before;
    before.magic = magic;
    before.vertices_below = tail.vertices_below;
    before.edges_below = tail.edges_below;
    before.vertices = tail.vertices;
    before.edges = tail.edges;
    std::copy_n(tail.sections.begin(), before.sections.size(), before.sections.begin());
    std::string end(reinterpret_cast<const char*>(&before), sizeof before);
    before.sum =
        segment_format::Hash(std::string_view(end).substr(0, end.size() - sizeof before.sum));
    return bytes.append(reinterpret_cast<const char*>(&before), sizeof before);
}

/// A file as it was written before columns told of keys without any.
std::string WithHeadsBefore(std::string bytes, const std::vector<LabelList>& lists) {
    segment_format::Tail tail;
    std::memcpy(&tail, bytes.data() + bytes.size() - sizeof tail, sizeof tail);
    bytes.resize(bytes.size() - sizeof tail);
    auto& entry = tail.sections[Segment::kColumnHeads];
    const std::string heads =
        HeadsBefore(std::string_view(bytes).substr(entry.begin, entry.size), lists);
    entry = {bytes.size(), heads.size(), segment_format::Hash(heads)};
    tail.magic = segment_format::kMagic3;
    const std::string end(reinterpret_cast<const char*>(&tail), sizeof tail);
    tail.sum =
        segment_format::Hash(std::string_view(end).substr(0, offsetof(segment_format::Tail, sum)));
    return bytes + heads + std::string(reinterpret_cast<const char*>(&tail), sizeof tail);
}

TEST_CASE("A segment that does not tell of keys without columns is read") {
    core::TempDir folder;
    auto store = std::move(*GraphStore::Open(folder.Path(), GraphMode::kNeptune));
    Insert(*store, 300, 900, "p");
    const auto before = Dump(*store->Read());
    const NameId label = *store->Read()->FindName("a"), key = *store->Read()->FindName("k");
    const auto scan = [&](std::optional<NameId> of) {
        const auto graph = store->Read();
        ColumnTest test;
        test.key = key;
        test.passes = [](const Value&) { return true; };
        return graph->ScanColumns(of, {test}, nullptr) != nullptr;
    };
    CHECK(scan(label));
    CHECK(scan(std::nullopt));
    store.reset();
    const auto file = folder.Path() / "segments" / "1";
    std::string bytes = *core::ReadFile(core::RealFileSystem(), file);
    {
        const auto segment = std::move(*Segment::Open(file));
        bytes = WithHeadsBefore(std::move(bytes), segment->Labels());
    }
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
    store = std::move(*GraphStore::Open(folder.Path(), GraphMode::kNeptune));
    CHECK(Dump(*store->Read()) == before);
    CHECK(scan(label));
    CHECK_FALSE(scan(std::nullopt));
}

TEST_CASE("A segment of a format before is read, and rests anew as they are now") {
    for (const auto& magic : {segment_format::kMagic1, segment_format::kMagic2}) {
        core::TempDir folder;
        auto store = std::move(*GraphStore::Open(folder.Path(), GraphMode::kNeptune));
        Insert(*store, 300, 900, "p", 64 << 20, magic == segment_format::kMagic2);
        const auto before = Dump(*store->Read());
        store.reset();
        const auto file = folder.Path() / "segments" / "1";
        const std::string bytes = AsBefore(*core::ReadFile(core::RealFileSystem(), file), magic);
        std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
        store = std::move(*GraphStore::Open(folder.Path(), GraphMode::kNeptune));
        CHECK(Dump(*store->Read()) == before);
        Insert(*store, 300, 900, "q");
        const auto more = Dump(*store->Read());
        const NameId label = *store->Read()->FindName("a");
        store.reset();
        store = std::move(*GraphStore::Open(folder.Path(), GraphMode::kNeptune));
        CHECK(Dump(*store->Read()) == more);
        CHECK((*Segment::Open(folder.Path() / "segments" / "2"))->ColumnsOf(label) != nullptr);
    }
}

TEST_CASE("A segment of a newer format is not taken for a damaged one") {
    core::TempDir folder;
    {
        auto store = std::move(*GraphStore::Open(folder.Path(), GraphMode::kNeptune));
        Insert(*store, 300, 900, "p");
    }
    const auto file = folder.Path() / "segments" / "1";
    std::string bytes = *core::ReadFile(core::RealFileSystem(), file);
    bytes.back() = '5';
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
    const auto opened = Segment::Open(file);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == core::Code::kFailedPrecondition);
}

TEST_CASE("A damaged segment is refused, wherever it is damaged") {
    core::TempDir folder;
    {
        auto store = std::move(*GraphStore::Open(folder.Path(), GraphMode::kNeptune));
        Insert(*store, 300, 900, "p");
    }
    std::filesystem::path file;
    for (const auto& one : std::filesystem::directory_iterator(folder.Path() / "segments"))
        file = one;
    const std::string whole = *core::ReadFile(core::RealFileSystem(), file);
    REQUIRE(Segment::Open(file));
    const auto refused = [&](const std::string& bytes) {
        std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
        return !Segment::Open(file);
    };
    for (size_t at = 0; at < whole.size(); at += 97) {
        std::string bytes = whole;
        bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
        CAPTURE(at);
        CHECK(refused(bytes));
    }
    for (size_t size = 0; size < whole.size(); size += 501) CHECK(refused(whole.substr(0, size)));
    CHECK_FALSE(GraphStore::Open(folder.Path(), GraphMode::kNeptune));
}

TEST_CASE("What a crash left of a segment is removed") {
    core::TempDir folder;
    {
        auto store = std::move(*GraphStore::Open(folder.Path(), GraphMode::kNeptune));
    }
    std::filesystem::create_directories(folder.Path() / "segments");
    std::ofstream(folder.Path() / "segments" / "1") << "half";
    auto store = std::move(*GraphStore::Open(folder.Path(), GraphMode::kNeptune));
    CHECK(std::filesystem::is_empty(folder.Path() / "segments"));
    Insert(*store, 300, 900, "p");
    CHECK(store->Read()->CountVertices(std::nullopt) == 300);
}
