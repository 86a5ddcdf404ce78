#include <algorithm>
#include <future>
#include <random>
#include <vector>

#include "core/guarded.h"
#include "graph/replica/apply.h"
#include "graph/replica/change_feed.h"
#include "graph/replica/follower.h"
#include "graph/test_graph.h"
#include "net/http_server.h"

using namespace gyre;
using namespace gyre::graph;

namespace {

/// What users see of a graph and its RDF, in an order of its own.
std::vector<std::string> Seen(GraphStore& store) {
    std::vector<std::string> lines;
    const auto graph = store.Read();
    const bool whole = store.Mode() == GraphMode::kTinkerGraph;
    const auto values = [&](auto& row, auto key, auto value) {
        std::vector<std::string> texts;
        for (const auto& one : row.values) {
            texts.push_back(std::string(graph->NameText(key(one))) + "=" + DisplayText(value(one)) +
                            " " + std::string(TypeName(value(one))));
        }
        if (!whole) std::ranges::sort(texts);
        std::string all;
        for (const auto& text : texts) all += " " + text;
        return all;
    };
    VertexScan vertices = graph->Vertices();
    uint64_t vertex = 0;
    while (vertices.Next(vertex)) {
        const auto row = graph->Vertex(vertex);
        const Value id = graph->VertexId(vertex, *row);
        CHECK(graph->FindVertex(id) == vertex);
        lines.push_back("v " + DisplayText(id) + " " + std::to_string(row->labels.size()) +
                        graph->LabelText(*row) +
                        values(
                            *row, [](auto& one) { return one.key; },
                            [](auto& one) -> const Value& { return one.value; }));
        for (const VertexValue& value : row->values) {
            if (!whole) break;
            lines.back() += " #" + std::to_string(graph->ValueId(vertex, value));
            for (const auto& [key, inner] : value.meta) {
                lines.back() += "(" + std::string(graph->NameText(key)) + DisplayText(inner) + ")";
            }
        }
    }
    const auto edges = graph->Edges();
    EdgeRef edge;
    while (edges->Next(edge)) {
        const auto row = graph->Edge(edge.id);
        const Value id = graph->EdgeId(edge.id, *row);
        CHECK(graph->FindEdge(id)->id == edge.id);
        lines.push_back("e " + DisplayText(id) + " " + std::string(graph->NameText(row->label)) +
                        " " + DisplayText(graph->VertexId(row->out, *graph->Vertex(row->out))) +
                        " " + DisplayText(graph->VertexId(row->in, *graph->Vertex(row->in))) +
                        values(
                            *row, [](auto& one) { return one.first; },
                            [](auto& one) -> const Value& { return one.second; }));
    }
    rdf::Quads quads(*graph);
    rdf::QuadScan scan = quads.Scan({});
    rdf::Quad quad;
    while (scan.Next(quad)) {
        std::string line = "q";
        for (const auto part : {quad.subject, quad.predicate, quad.object, quad.graph}) {
            line += ' ';
            rdf::AppendNTriples(line, quads.Read(part));
        }
        lines.push_back(line);
    }
    lines.push_back(std::to_string(graph->CountVertices(std::nullopt)) + " " +
                    std::to_string(graph->CountEdges(std::nullopt)) + " " +
                    std::to_string(quads.Count()));
    std::ranges::sort(lines);
    return lines;
}

/// An original and its copy.
class Pair {
  public:
    explicit Pair(uint32_t seed, GraphMode mode = GraphMode::kNeptune)
        : random_(seed), mode_(mode) {
        original_ = Open(folder_.Path() / "original");
        REQUIRE(original_->KeepChanges(true));
    }
    /// A transaction of random changes.
    void CommitSome() {
        const auto graph = original_->Write();
        rdf::Quads quads(*graph);
        for (size_t i = 0; i < 1 + random_() % 6; ++i) ChangeOne(*graph, quads);
        quads.Flush();
        if (random_() % 8 == 0) return;  // rolled back
        REQUIRE(graph->Commit());
    }
    void Clear() { REQUIRE(original_->Clear(core::SteadyTime::max())); }
    void Rest() { REQUIRE(original_->Rest()); }
    void Copy() {
        copy_.reset();
        const auto folder = folder_.Path() / ("copy" + std::to_string(++copies_));
        REQUIRE(original_->Snapshot(folder));
        copy_ = Open(folder);
        done_ = copy_->LastCommit();
        Compare();
    }
    void Follow() {
        while (true) {
            const auto read = replica::ReadFeed(*original_, done_, 1 + random_() % 10);
            REQUIRE(read);
            const auto feed = replica::DecodeFeed(replica::EncodeFeed(*read));
            REQUIRE(feed);
            CHECK(feed->epoch == original_->Epoch());
            size_t next = 0;
            while (next < feed->changes.size()) {
                const auto graph = copy_->Write();
                replica::Applier applier(*graph);
                bool clear = false;
                for (; next < feed->changes.size() && !clear; ++next) {
                    const Change& change = feed->changes[next].change;
                    clear = change.kind == Change::Kind::kClear;
                    if (clear) continue;
                    const auto applied = applier.Apply(change);
                    REQUIRE_MESSAGE(applied, applied.error().message);
                }
                REQUIRE(applier.Finish());
                REQUIRE(graph->Commit());
                if (clear) REQUIRE(copy_->Clear(core::SteadyTime::max()));
            }
            done_ = feed->through;
            if (feed->through == feed->last) break;
        }
        Compare();
    }

  private:
    std::shared_ptr<GraphStore> Open(const std::filesystem::path& folder) const {
        auto store = GraphStore::Open(folder, mode_);
        REQUIRE_MESSAGE(store, store.error().message);
        return std::move(*store);
    }
    void Compare() { CHECK(Seen(*original_) == Seen(*copy_)); }
    std::optional<uint64_t> AnyVertex(Transaction& graph) {
        std::vector<uint64_t> all;
        VertexScan scan = graph.Vertices();
        uint64_t vertex = 0;
        while (scan.Next(vertex)) all.push_back(vertex);
        if (all.empty()) return std::nullopt;
        return all[random_() % all.size()];
    }
    Value AnyValue() {
        switch (random_() % 4) {
            case 0:
                return Value(static_cast<int64_t>(random_() % 5));
            case 1:
                return Value(0.5);
            case 2:
                return Value(static_cast<int8_t>(random_() % 5));
            default:
                return Value("t" + std::to_string(random_() % 5));
        }
    }
    /// Of TinkerGraph's mode: ids of other types, and values that have an id and properties.
    [[nodiscard]] bool Whole() const { return mode_ == GraphMode::kTinkerGraph; }
    Value NewId(const char* kind) {
        const uint64_t number = ++ids_;
        // Far from the numbers that are ids of their own, or among them where they are free yet.
        if (Whole() && random_() % 2 == 0) return Value(static_cast<int32_t>(1000 + number));
        return Value(kind + std::to_string(number));
    }
    VertexValue NewValue(Transaction& graph) {
        VertexValue value{AnyName(graph, "k"), AnyValue(), 0, {}};
        if (!Whole()) return value;
        if (random_() % 5 == 0) value.value = Value();
        if (random_() % 3 == 0) value.id = random_() % 4 == 0 ? kZeroValueId : int64_t{7} + ++ids_;
        if (random_() % 3 == 0) value.meta.emplace_back(AnyName(graph, "m"), AnyValue());
        return value;
    }
    NameId AnyName(Transaction& graph, const char* kind) {
        return graph.Intern(kind + std::to_string(random_() % 3));
    }
    void ChangeOne(Transaction& graph, rdf::Quads& quads) {
        const auto vertex = AnyVertex(graph);
        const uint32_t what = random_() % 12;
        if (!vertex || what < 3) {
            VertexRow row;
            if (random_() % 2 == 0) row.id = NewId("id");
            if (Whole() || random_() % 4 != 0) row.labels.push_back(AnyName(graph, "L"));
            if (random_() % 2 == 0) row.values.push_back(NewValue(graph));
            REQUIRE(graph.AddVertex(row));
        } else if (what < 6) {
            EdgeRow row;
            if (random_() % 2 == 0) row.id = NewId("e");
            row.label = AnyName(graph, "E");
            row.out = *vertex;
            row.in = *AnyVertex(graph);
            if (random_() % 2 == 0) row.values.emplace_back(AnyName(graph, "w"), AnyValue());
            const auto added = graph.AddEdge(row);
            REQUIRE(added);
            if (random_() % 3 == 0) {
                auto again = *graph.Edge(added->id);
                again.values = {{AnyName(graph, "w"), AnyValue()}};
                REQUIRE(graph.PutEdge(added->id, again));
            }
        } else if (what == 6) {
            graph.DropVertex(*vertex);
        } else if (what == 7) {
            const auto scan = graph.EdgesAt(*vertex, Direction::kOut, std::nullopt);
            EdgeRef edge;
            if (scan->Next(edge)) graph.DropEdge(edge.id);
        } else if (what == 8) {
            VertexRow row = *graph.Vertex(*vertex);
            row.labels.clear();
            if (Whole() || random_() % 2 == 0) row.labels.push_back(AnyName(graph, "L"));
            REQUIRE(graph.SetLabels(*vertex, row));
        } else if (what == 9) {
            VertexRow row = *graph.Vertex(*vertex);
            if (!Whole() || random_() % 2 == 0) row.values.clear();
            row.values.push_back(NewValue(graph));
            if (Whole()) row.values.front().meta = {{AnyName(graph, "m"), AnyValue()}};
            REQUIRE(graph.PutVertex(*vertex, row));
        } else {
            const auto term = [&](const char* kind) {
                return quads.Intern(rdf::Iri(kind + std::to_string(random_() % 3)));
            };
            const rdf::Quad quad{
                random_() % 3 == 0 ? quads.NewBlank() : term("http://e/s"), term("http://e/p"),
                quads.Intern(rdf::Literal("o\n\"" + std::to_string(random_() % 3), {})),
                term("http://e/g")};
            if (!quads.Add(quad)) quads.Remove(quad);
        }
    }

    std::mt19937 random_;
    const GraphMode mode_;
    core::TempDir folder_;
    std::shared_ptr<GraphStore> original_, copy_;
    uint64_t ids_ = 0, done_ = 0;
    int copies_ = 0;
};

}  // namespace

TEST_CASE("A copy that follows what an original's commits say is like it") {
    for (uint32_t seed = 1; seed <= 12; ++seed) {
        CAPTURE(seed);
        Pair pair(seed, seed <= 6 ? GraphMode::kNeptune : GraphMode::kTinkerGraph);
        for (int i = 0; i < 10; ++i) pair.CommitSome();
        if (seed % 2 == 0) pair.Rest();
        pair.Copy();
        for (int round = 0; round < 6; ++round) {
            for (int i = 0; i < 8; ++i) pair.CommitSome();
            if (round == 2 && seed % 3 == 0) pair.Clear();
            for (int i = 0; i < 4; ++i) pair.CommitSome();
            if (round == 3) pair.Rest();
            pair.Follow();
        }
        pair.Copy();
    }
}

TEST_CASE("A time without kept changes has another name") {
    core::TempDir folder;
    std::string first;
    {
        const auto store = std::move(*GraphStore::Open(folder.Path(), GraphMode::kNeptune));
        REQUIRE(store->KeepChanges(true));
        first = store->Epoch();
        CHECK(first.size() == 36);
        REQUIRE(store->KeepChanges(true));
        CHECK(store->Epoch() == first);
    }
    const auto store = std::move(*GraphStore::Open(folder.Path(), GraphMode::kNeptune));
    CHECK(store->Epoch() == first);
    REQUIRE(store->KeepChanges(false));
    CHECK(store->Epoch().empty());
    REQUIRE(store->KeepChanges(true));
    CHECK(store->Epoch() != first);
}

TEST_CASE("Of a replica nobody writes, and nobody reads what is too old") {
    TestGraph graph(GraphMode::kNeptune, false);
    GraphStore& store = graph.Store();
    const core::SteadyTime now = core::SystemClock().Now();
    CHECK(store.Serves(true, now));
    store.Follow(core::milliseconds(100));
    CHECK(store.Serves(true, now).error().wire_name == "ReadOnlyViolationException");
    CHECK_FALSE(store.Serves(false, now));
    store.NoteCopied();
    CHECK_FALSE(store.Serves(false, now));
    store.NoteFresh(now);
    CHECK(store.Serves(false, now + core::milliseconds(100)));
    CHECK(store.Age(now + core::milliseconds(7)) == core::milliseconds(7));
    CHECK(store.Serves(false, now + core::milliseconds(101)).error().http_status == 503);
    store.Follow(core::milliseconds(0));
    CHECK(store.Serves(false, now + core::milliseconds(1'000'000)));
}

TEST_CASE("A replica stops while its original gives no answer") {
    core::Guarded<std::vector<std::shared_ptr<net::Exchange>>> asked;
    const auto mute = net::HttpServer::Start({}, [&](std::shared_ptr<net::Exchange> exchange) {
        asked.Lock()->push_back(std::move(exchange));
        asked.NotifyAll();
    });
    REQUIRE(mute);
    const core::TempDir folder;
    GraphSettings copy;
    copy.replica_of = "http://" + (*mute)->Address();
    const auto graphs = Graphs::Open(folder.Path(), {copy}, {});
    REQUIRE_MESSAGE(graphs, graphs.error().message);
    auto original = replica::Original::At(copy.replica_of, {}, core::SystemClock());
    REQUIRE(original);
    replica::Follower follower({.graphs = **graphs,
                                .settings = copy,
                                .original = std::move(*original),
                                .clock = core::SystemClock()});
    {
        auto some = asked.Lock();
        REQUIRE(some.WaitUntil(core::SystemClock().Now() + core::seconds(20),
                               [&] { return !some->empty(); }));
    }
    auto stopped = std::async(std::launch::async, [&] { follower.Stop(); });
    CHECK(stopped.wait_for(core::seconds(20)) == std::future_status::ready);
    asked.Lock()->clear();
    stopped.get();
}
