#include "graph/gremlin/parser.h"

#include <doctest/doctest.h>

using namespace gyre::graph;
using gremlin::ParseScript;

namespace {

std::string ErrorOf(std::string_view script) {
    const auto parsed = ParseScript(script, Map());
    return parsed ? "" : parsed.error().message;
}

Value Argument(std::string_view literal) {
    const auto parsed = ParseScript("g.inject(" + std::string(literal) + ")", Map());
    REQUIRE_MESSAGE(parsed, parsed.error().message);
    return (*parsed)[0].traversal.steps[0].arguments.at(0);
}

}  // namespace

TEST_CASE("Literals have the types that they are written with") {
    CHECK(Argument("1").Is<int32_t>());
    CHECK(Argument("-1").As<int32_t>() == -1);
    CHECK(Argument("3000000000").Is<int64_t>());
    CHECK(Argument("1L").Is<int64_t>());
    CHECK(Argument("1l").As<int64_t>() == 1);
    CHECK(Argument("7b").Is<int8_t>());
    CHECK(Argument("7s").Is<int16_t>());
    CHECK(Argument("1.5").Is<double>());
    CHECK(Argument("1.5f").Is<float>());
    CHECK(Argument("1e3").As<double>() == 1000);
    CHECK(Argument("0.2D").As<double>() == 0.2);
    CHECK(Argument("0x10").As<int32_t>() == 16);
    CHECK(Argument("1_000").As<int32_t>() == 1000);
    CHECK(Argument("1.5M").As<BigDecimal>().digits == "1.5");
    CHECK(Argument("1e20m").As<BigDecimal>().digits == "1E+20");
    CHECK(Argument("-120e-2m").As<BigDecimal>().digits == "-1.20");
    CHECK(Argument("-Infinity").As<double>() < 0);
    CHECK(Argument("null").IsNull());
    CHECK(Argument("true").As<bool>());
    CHECK(Argument("'a\\'b\\u00e9\\n'").As<std::string>() == "a'b\xc3\xa9\n");
    CHECK(Argument("\"\\uD83D\\uDE00\"").As<std::string>() == "\xf0\x9f\x98\x80");
    CHECK(Argument("[1, 'a']").As<Ptr<List>>()->items.size() == 2);
    CHECK(Argument("[:]").As<Ptr<Map>>()->Size() == 0);
    CHECK(Argument("[a: 1, 'b': 2, (T.id): 3]").As<Ptr<Map>>()->Size() == 3);
    CHECK(Argument("[label: 1]").As<Ptr<Map>>()->Find(Value("label")) != nullptr);
    CHECK(Argument("{1, 1}").As<Ptr<Set>>()->items.size() == 1);
    CHECK(Argument("1..3").As<Ptr<List>>()->items.size() == 3);
    CHECK(Argument("datetime('2023-08-02T10:00:00Z')").As<Date>().milliseconds == 1690970400000);
    CHECK(Argument("Order.desc").IsToken(TokenKind::kOrder, Order::kDesc));
    CHECK(Argument("VertexProperty.Cardinality.set").IsToken(TokenKind::kCardinality));
    CHECK(Argument("Cardinality.set('x')").Is<Ptr<CardinalityValue>>());
    CHECK(Argument("gt(1).and(lt(3))").Is<Ptr<Predicate>>());
    CHECK(Argument("__.out('a').in()").As<Ptr<Bytecode>>()->steps.size() == 2);
    CHECK(Argument("out()").Is<Ptr<Bytecode>>());
    CHECK(Argument("'v1'..'v3'").As<Ptr<List>>()->items.back().As<std::string>() == "v3");
    CHECK(Argument("new Vertex(1, 'person')").As<Ptr<ElementReference>>()->label == "person");
    CHECK(Argument("PageRank.times").As<std::string>() == "~tinkerpop.pageRank.times");
    CHECK(Argument("WithOptions.labels").As<int32_t>() == 2);
    CHECK(Argument("UUID()").Is<Uuid>());
    CHECK(Argument("GType.INT").As<Token>() == Argument("int").As<Token>());
}

TEST_CASE("Scripts are statements, with what they end in") {
    auto parsed = ParseScript("g.V() ; g.E().next(2)\n // all\n h.V().iterate()", Map());
    REQUIRE(parsed);
    CHECK(parsed->size() == 3);
    CHECK((*parsed)[1].count == 2);
    CHECK((*parsed)[2].source == "h");
    CHECK((*parsed)[2].terminal == gremlin::Terminal::kIterate);
    parsed = ParseScript("g.with('a', 1).withSack(2).V().out()", Map());
    REQUIRE(parsed);
    CHECK((*parsed)[0].traversal.sources.size() == 2);
    CHECK((*parsed)[0].traversal.steps.size() == 2);
    Map bindings;
    bindings.Put(Value("x"), Value(int32_t{5}));
    parsed = ParseScript("g.V(x)", bindings);
    REQUIRE(parsed);
    CHECK((*parsed)[0].traversal.steps[0].arguments[0].As<int32_t>() == 5);
    CHECK(ParseScript("g.V().has('a', 'b')\n  .out()", Map())->size() == 1);
}

TEST_CASE("A syntax error says where, and what was expected") {
    CHECK(ErrorOf("g.V(") ==
          "syntax error at line 1, column 5: expected an argument or ')', found the end of the "
          "script");
    CHECK(ErrorOf("g.V()\n.out(,)") ==
          "syntax error at line 2, column 6: expected an argument or ')', found ','");
    CHECK(ErrorOf("g.V() g.E()") ==
          "syntax error at line 1, column 7: expected ';' or a new line "
          "before the next statement, found 'g'");
    CHECK(ErrorOf("g.V().has('a, 1)").find("column 11: this string has no end") !=
          std::string::npos);
    CHECK(ErrorOf("g.V().has(\"a\\q\")").find("'\\q' is no escape") != std::string::npos);
    CHECK(ErrorOf("g.V().order().by(Order.up)").find("column 24: expected a value of Order") !=
          std::string::npos);
    CHECK(ErrorOf("g.V(x)").find("'x' is not a word of the language") != std::string::npos);
    CHECK(ErrorOf("g.V().has('a', P.above(1))").find("expected a predicate") != std::string::npos);
    CHECK(ErrorOf("g.inject(300b)").find("does not fit a number of type Byte") !=
          std::string::npos);
    CHECK(ErrorOf("").find("expected a traversal") != std::string::npos);
    CHECK(ErrorOf("g").find("expected '.'") != std::string::npos);
    CHECK(ErrorOf("g.V()!").find("'!' has no meaning here") != std::string::npos);
    std::string deep = "g.V()";
    for (int i = 0; i < 1000; ++i) deep += ".where(__.out()";
    CHECK(ErrorOf(deep).find("nested too deeply") != std::string::npos);
}
