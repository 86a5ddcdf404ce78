#include "graph/big_number.h"

#include "graph/number.h"
#include "graph/test_graph.h"

using namespace gyre::graph;

TEST_CASE("Whole numbers of any size are added, multiplied and divided") {
    const std::string big = "1" + std::string(60, '0');
    CHECK(*CalculateBig(BigOperation::kAdd, big, "-1") == std::string(60, '9'));
    CHECK(*CalculateBig(BigOperation::kSubtract, "-1", big) == "-1" + std::string(59, '0') + "1");
    CHECK(*CalculateBig(BigOperation::kMultiply, big, big) == "1" + std::string(120, '0'));
    CHECK(*CalculateBig(BigOperation::kDivide, "-7" + std::string(50, '0'), big) == "0");
    CHECK(*CalculateBig(BigOperation::kDivide, "-" + big, "3") == "-" + std::string(60, '3'));
    CHECK(*ToDecimalDigits("-ffffffffffffffffffff", 16) == "-1208925819614629174706175");
    CHECK(*ToDecimalDigits("007", 10) == "7");
    CHECK_FALSE(ToDecimalDigits(std::string(kMostDigits + 2, '9'), 10));
    const std::string long_one(6'000, '9');
    CHECK_FALSE(CalculateBig(BigOperation::kMultiply, long_one, long_one));
    CHECK(CalculateBig(BigOperation::kAdd, long_one, long_one)->size() == 6'001);
}

TEST_CASE("Gremlin's BigIntegers and BigDecimals have as many digits as they need") {
    TestGraph graph;
    const std::string huge = "170141183460469231731687303715884105727";  // the most in 128 bits
    CHECK(graph.Ask("g.inject(" + huge + "n, 1).sum()") ==
          "170141183460469231731687303715884105728");
    CHECK(graph.Ask("g.inject(-" + huge + "n, -1, -1).sum()") ==
          "-170141183460469231731687303715884105729");
    CHECK(graph.Ask("g.withSack(" + huge + "n).inject(" + huge + "n).sack(mult).sack()") ==
          "28948022309329048855892746252171976962977213799489202546401021394546514198529");
    CHECK(graph.Ask("g.withSack(2n).V(1).repeat(sack(mult).by(constant(" + huge +
                    "n))).times(2).sack()") ==
          "57896044618658097711785492504343953925954427598978405092802042789093028397058");
    CHECK(graph.Ask("g.inject(1" + std::string(50, '0') + "n, 1" + std::string(49, '0') +
                    "1n, 5).order()") ==
          "5 1" + std::string(50, '0') + " 1" + std::string(49, '0') + "1");
    CHECK(graph.Ask("g.inject(0xffffffffffffffffffff)") == "1208925819614629174706175");
    CHECK(graph.Ask("g.inject(01777777777777777777777777)") == "9444732965739290427391");
    CHECK(graph.Ask("g.inject(0xffn)").find("no BigInteger") != std::string::npos);
    CHECK(graph.Ask("g.inject('0xffffffffffffffffffff').asNumber()") ==
          "1208925819614629174706175");
    CHECK(graph.Ask("g.inject(1" + std::string(45, '0') + ".5m, 0.25m).sum()") ==
          "1" + std::string(45, '0') + ".75");
    CHECK(graph.Ask("g.withSack(1" + std::string(300, '0') +
                    "n).V().local(out('knows')"
                    ".barrier(normSack)).in('knows').barrier().sack()") == "0.5 0.5");
    REQUIRE(graph.Run("g.addV('n').property('big', 1" + std::string(80, '7') + "n)") == "");
    graph.Reopen();
    CHECK(graph.Ask("g.V().has('big', 1" + std::string(80, '7') + "n).values('big')") ==
          "1" + std::string(80, '7'));
}
