#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <thread>

#include "core/temp_dir.h"
#include "graph/storage/codec.h"
#include "graph/storage/graph_store.h"
#include "graph/storage/id_maker.h"

using namespace gyre;
using namespace gyre::graph;

TEST_CASE("Ordered numbers sort as bytes as they do by value") {
    std::string before;
    for (const uint64_t number :
         {0ULL, 1ULL, 255ULL, 256ULL, 65535ULL, 65536ULL, 1ULL << 40, ~0ULL}) {
        std::string bytes;
        AppendOrdered(bytes, number);
        CHECK(before < bytes);
        std::string_view rest = bytes;
        uint64_t read = 0;
        CHECK(ReadOrdered(rest, read));
        CHECK(read == number);
        before = bytes;
    }
}

TEST_CASE("Values come back as they were kept, and cut bytes are refused") {
    auto map = std::make_shared<graph::Map>();
    map->Put(Value("k"), Value(int64_t{-5}));
    for (const Value& value :
         {Value(), Value(true), Value(int8_t{-3}), Value(int16_t{300}), Value(int32_t{-70000}),
          Value(INT64_MIN), Value(1.5F), Value(-0.25), Value(BigInteger{"123456789012345678901"}),
          Value("text"), Value(Binary{std::string("\0\xff", 2)}), Value(Char{U'x'}), Value(Uuid{}),
          Value(Date{-1, 3600}), MakeList({Value(1), Value("a")}), Value(map)}) {
        std::string bytes;
        AppendValue(bytes, value);
        std::string_view rest = bytes;
        Value read;
        REQUIRE(ReadValue(rest, read));
        CHECK(rest.empty());
        CHECK(SameValue(read, value));
        if (bytes.size() < 2) continue;
        rest = std::string_view(bytes).substr(0, bytes.size() - 1);
        CHECK_FALSE(ReadValue(rest, read));
    }
}

TEST_CASE("Made ids lead back to their numbers, of their kind and store only") {
    const IdMaker ids(42, 43);
    for (const uint64_t number : {1ULL, 2ULL, 1'000'000'007ULL}) {
        const Uuid id = ids.Make('v', number);
        CHECK(ids.NumberOf('v', id) == number);
        CHECK_FALSE(ids.NumberOf('e', id));
        CHECK_FALSE(IdMaker(44, 43).NumberOf('v', id));
        CHECK((id.bytes[6] >> 4) == 4);
        CHECK((id.bytes[8] >> 6) == 2);
    }
}

TEST_CASE("Readers see their snapshot, whatever writers do") {
    core::TempDir folder;
    auto store = std::move(*GraphStore::Open(folder.Path(), GraphMode::kNeptune));
    const auto before = store->Read();
    uint64_t vertex = 0;
    {
        const auto writer = store->Write();
        VertexRow row;
        row.labels = {writer->Intern("a")};
        vertex = *writer->AddVertex(row);
        CHECK(writer->CountVertices(std::nullopt) == 1);
        CHECK(store->Read()->CountVertices(std::nullopt) == 0);
        REQUIRE(writer->Commit());
    }
    CHECK(before->CountVertices(std::nullopt) == 0);
    CHECK_FALSE(before->Vertex(vertex));
    CHECK(store->Read()->CountVertices(std::nullopt) == 1);
}

TEST_CASE("A supernode's edges are counted without a look at them") {
    core::TempDir folder;
    auto store = std::move(*GraphStore::Open(folder.Path(), GraphMode::kNeptune));
    const auto writer = store->Write();
    VertexRow row;
    row.labels = {writer->Intern("a")};
    const uint64_t hub = *writer->AddVertex(row);
    const NameId label = writer->Intern("to");
    for (int i = 0; i < 2000; ++i) {
        EdgeRow edge;
        edge.label = label;
        edge.out = hub;
        edge.in = *writer->AddVertex(row);
        REQUIRE(writer->AddEdge(edge));
    }
    CHECK(writer->Degree(hub, Direction::kOut, label) == 2000);
    CHECK(writer->Degree(hub, Direction::kOut, std::nullopt) == 2000);
    CHECK(writer->Degree(hub, Direction::kIn, label) == 0);
    const auto scan = writer->EdgesAt(hub, Direction::kOut, label);
    EdgeRef edge;
    int met = 0;
    while (scan->Next(edge)) ++met;
    CHECK(met == 2000);
    writer->DropVertex(hub);
    CHECK(writer->CountEdges(std::nullopt) == 0);
    REQUIRE(writer->Commit());
}

TEST_CASE("Writers of many threads lose nothing") {
    core::TempDir folder;
    auto store = std::move(*GraphStore::Open(folder.Path(), GraphMode::kNeptune));
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
        threads.emplace_back([&store] {
            for (int i = 0; i < 50; ++i) {
                const auto writer = store->Write();
                VertexRow row;
                row.labels = {writer->Intern("n")};
                CHECK(writer->AddVertex(row));
                CHECK(writer->Commit());
            }
        });
    }
    for (auto& thread : threads) thread.join();
    store.reset();
    store = std::move(*GraphStore::Open(folder.Path(), GraphMode::kNeptune));
    CHECK(store->Read()->CountVertices(std::nullopt) == 400);
}

TEST_CASE("A graph is not opened in another mode") {
    core::TempDir folder;
    CHECK(GraphStore::Open(folder.Path(), GraphMode::kNeptune));
    const auto other = GraphStore::Open(folder.Path(), GraphMode::kTinkerGraph);
    REQUIRE_FALSE(other);
    CHECK(other.error().code == core::Code::kFailedPrecondition);
}

TEST_CASE("An index on a property appears where queries need it, and is kept up") {
    core::TempDir folder;
    auto store = std::move(*GraphStore::Open(folder.Path(), GraphMode::kNeptune));
    const auto add = [&](const Value& value) {
        const auto writer = store->Write();
        VertexRow row;
        row.labels = {writer->Intern("n")};
        row.values.push_back({writer->Intern("p"), value, 0, {}});
        const auto vertex = writer->AddVertex(std::move(row));
        REQUIRE(vertex);
        REQUIRE(writer->Commit());
        return *vertex;
    };
    const auto having = [&](const Value& value) {
        const auto reader = store->Read();
        auto scan = reader->VerticesBy(*reader->FindName("p"), value);
        std::vector<uint64_t> found;
        uint64_t vertex = 0;
        while (scan && scan->Next(vertex)) found.push_back(vertex);
        if (!scan) found.push_back(0);
        return found;
    };
    const uint64_t first = add(Value(int32_t{5}));
    const uint64_t second = add(Value(5.0));
    CHECK(having(Value(5)) == std::vector<uint64_t>{0});
    auto before = store->Read();
    const NameId key = *before->FindName("p");
    store->WantIndex({ElementKind::kVertex, key});
    while (having(Value(5)) == std::vector<uint64_t>{0}) std::this_thread::yield();
    CHECK(having(Value(int64_t{5})) == std::vector<uint64_t>{first, second});
    CHECK_FALSE(before->VerticesBy(key, Value(5)));  // its snapshot knows of no index
    before.reset();
    const uint64_t third = add(Value("x"));
    CHECK(having(Value("x")) == std::vector<uint64_t>{third});
    CHECK(having(Value("")).empty());
    {
        const auto writer = store->Write();
        VertexRow row = *writer->Vertex(third);
        row.values[0].value = Value("y");
        REQUIRE(writer->PutVertex(third, row));
        writer->DropVertex(first);
        REQUIRE(writer->Commit());
    }
    store.reset();
    store = std::move(*GraphStore::Open(folder.Path(), GraphMode::kNeptune));
    CHECK(having(Value("x")).empty());
    CHECK(having(Value("y")) == std::vector<uint64_t>{third});
    CHECK(having(Value(5)) == std::vector<uint64_t>{second});
    const uint64_t fourth = add(Value(std::string(300, 'x')));  // of which the beginning is kept
    CHECK(having(Value(std::string(300, 'x'))) == std::vector<uint64_t>{fourth});
    CHECK(having(Value(BigInteger{"5"})) == std::vector<uint64_t>{second});
    CHECK(having(MakeList({Value(5)})) == std::vector<uint64_t>{0});
}

TEST_CASE("Bytes in an index are in the order of the values") {
    const auto bytes = [](const Value& value) { return IndexBytes(value).value_or("none"); };
    const Value ascending[] = {Value(false),
                               Value(true),
                               Value(-std::numeric_limits<double>::infinity()),
                               Value(INT64_MIN),
                               Value(-1.5),
                               Value(int8_t{-1}),
                               Value(0),
                               Value(0.25F),
                               Value(1),
                               Value(BigDecimal{"1.5"}),
                               Value(int64_t{1} << 60),
                               Value(BigInteger{"100000000000000000000"}),
                               Value(std::numeric_limits<double>::infinity()),
                               Value(""),
                               Value(std::string("\0", 1)),
                               Value(std::string("\0\0", 2)),
                               Value(std::string("\0a", 2)),
                               Value("a"),
                               Value(std::string("a\0", 2)),
                               Value("aa"),
                               Value("b"),
                               Value("ö"),
                               Value(Date{-5, 0}),
                               Value(Date{0, 0}),
                               Value(Date{7, 0})};
    for (size_t i = 0; i + 1 < std::size(ascending); ++i) {
        CAPTURE(i);
        CHECK(bytes(ascending[i]) < bytes(ascending[i + 1]));
    }
    for (const Value& value : ascending) {
        const std::string all = bytes(value), more = all + "rest";
        std::string_view rest = more;
        CHECK(PassIndexBytes(rest));
        CHECK(rest == "rest");
        for (std::string_view cut = all; !cut.empty();) {
            cut.remove_suffix(1);
            std::string_view left = cut;
            CHECK_FALSE(PassIndexBytes(left));
        }
    }
    CHECK(bytes(Value(-0.0)) == bytes(Value(0)));
    CHECK(bytes(Value(int64_t{3})) == bytes(Value(3.0F)));
    CHECK(bytes(Value(BigInteger{"3"})) == bytes(Value(int8_t{3})));
    CHECK(bytes(Value(Date{5, 3600})) == bytes(Value(Date{5, 0})));
    CHECK_FALSE(IndexBytes(Value(std::nan(""))));
    CHECK_FALSE(IndexBytes(Value()));
    CHECK_FALSE(IndexBytes(MakeList({})));
}

TEST_CASE("What programs before this one had indexed is indexed anew where it is asked for") {
    core::TempDir folder;
    {
        const auto kv = std::move(*KvStore::Open(folder.Path(), {}));
        const auto writer = kv->Write();
        for (const char* key : {"x\x01\x01", "p\x01\x01\x06\x0A\x01\x01"}) writer->Put(key, "r");
        writer->Put("v-beside", "stays");
        REQUIRE(writer->Commit());
    }
    REQUIRE(GraphStore::Open(folder.Path(), GraphMode::kNeptune));
    const auto kv = std::move(*KvStore::Open(folder.Path(), {}));
    const auto reader = kv->Read();
    CHECK_FALSE(reader->Scan("x")->Next());
    CHECK_FALSE(reader->Scan("p")->Next());
    CHECK(reader->Scan("v")->Next());
}
