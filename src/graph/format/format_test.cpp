#include <doctest/doctest.h>

#include "graph/format/graph_binary.h"
#include "graph/format/graphson.h"
#include "graph/predicate.h"

using namespace gyre;
using namespace gyre::graph;
using format::Mime;

namespace {

std::vector<Value> Samples() {
    auto map = std::make_shared<graph::Map>();
    map->Put(Value("k"), MakeList({Value(int32_t{1}), Value()}));
    map->Put(Value(TokenKind::kT, T::kId), Value(int64_t{2}));
    auto set = std::make_shared<Set>();
    set->Add(Value("a"));
    return {Value(),
            Value(true),
            Value(int32_t{-5}),
            Value(int64_t{1} << 40),
            Value(1.25),
            Value(2.5F),
            Value(int16_t{7}),
            Value(int8_t{-7}),
            Value("te\"xt\n\xc3\xa9"),
            Value(Uuid{{1, 2, 3}}),
            Value(Date{1690970400000, 0}),
            Value(BigInteger{"-170141183460469231731687303715884105728"}),
            Value(Char{0x20AC}),
            Value(Binary{std::string("\0\xff\x7f\n", 4)}),
            Value(Binary{}),
            Value(Duration{0, 0, 90'061, 5'000'000}),
            Value(BigDecimal{"-12.50"}),
            Value(BigDecimal{"1E+20"}),
            Value(BigDecimal{"-1.2E-30"}),
            MakeList({Value("x"), Value(int32_t{1})}),
            Value(set),
            Value(map),
            Value(TokenKind::kDirection, Direction::kOut),
            Value(TokenKind::kOrder, Order::kDesc)};
}

}  // namespace

TEST_CASE("GraphBinary reads what it writes") {
    for (const Value& value : Samples()) {
        std::string bytes;
        format::BinaryWriter(nullptr, true, bytes).Value(value);
        const auto read = format::ReadGraphBinary(bytes);
        REQUIRE_MESSAGE(read, read.error().message);
        CHECK(SameValue(*read, value));
        for (size_t cut = 1; cut < bytes.size(); ++cut) {
            CHECK_FALSE(format::ReadGraphBinary(std::string_view(bytes).substr(0, cut)));
        }
    }
}

TEST_CASE("GraphSON 3 reads what it writes") {
    for (const Value& value : Samples()) {
        // A JSON number of that width is read as a double.
        if (value.Is<BigInteger>() || value.Is<BigDecimal>()) continue;
        std::string text;
        format::GraphSonWriter(nullptr, true, Mime::kGraphSon3, text).Value(value);
        CAPTURE(text);
        const auto json = core::ParseJson(text);
        REQUIRE(json);
        const auto read = format::ReadGraphSon(*json);
        REQUIRE_MESSAGE(read, read.error().message);
        CHECK(SameValue(*read, value));
    }
}

TEST_CASE("Bytes as gremlinpython sends them are a request") {
    // g.V().out("knows"), captured
    const std::string head("\x81" + std::string(16, '\x07') + std::string("\0\0\0\x08", 4) +
                           "bytecode" + std::string("\0\0\0\x09", 4) + "traversal" +
                           std::string("\0\0\0\x02", 4));
    const std::string gremlin = std::string("\x03\0\0\0\0\x07", 6) + "gremlin" +
                                std::string("\x15\0\0\0\0\x02\0\0\0\x01V\0\0\0\0", 15) +
                                std::string("\0\0\0\x03out\0\0\0\x01\x03\0\0\0\0\x05knows", 22) +
                                std::string("\0\0\0\0", 4);
    const std::string aliases =
        std::string("\x03\0\0\0\0\x07", 6) + "aliases" +
        std::string("\x0a\0\0\0\0\x01\x03\0\0\0\0\x01g\x03\0\0\0\0\x01g", 20);
    const auto request = format::ReadBinaryRequest(head + gremlin + aliases);
    REQUIRE_MESSAGE(request, request.error().message);
    CHECK(request->op == "bytecode");
    const Value* bytecode = request->arguments.Find(Value("gremlin"));
    REQUIRE(bytecode != nullptr);
    CHECK(bytecode->As<Ptr<Bytecode>>()->steps.at(1).arguments.at(0).As<std::string>() == "knows");
    CHECK_FALSE(format::ReadBinaryRequest(head));
    CHECK_FALSE(format::ReadBinaryRequest("\x01"));
}

TEST_CASE("GraphSON's predicates and strategies are read") {
    const auto json = core::ParseJson(
        R"({"@type":"g:P","@value":{"predicate":"within","value":{"@type":"g:List","@value":["a","b"]}}})");
    const auto read = format::ReadGraphSon(*json);
    REQUIRE(read);
    CHECK(read->As<Ptr<Predicate>>()->Test(Value("b")));
    CHECK_FALSE(read->As<Ptr<Predicate>>()->Test(Value("c")));
    for (const char* wrong :
         {R"({"@type":"g:Int32","@value":"x"})", R"({"@type":"g:Int32","@value":3000000000})",
          R"({"@type":"g:Nothing","@value":1})", R"({"@type":"g:Map","@value":[1]})",
          R"({"@type":"g:P","@value":{"predicate":"above","value":1}})",
          R"({"@type":"g:Bytecode","@value":{"step":[[]]}})"}) {
        CAPTURE(wrong);
        CHECK_FALSE(format::ReadGraphSon(*core::ParseJson(wrong)));
    }
}
