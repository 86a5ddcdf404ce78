#include "graph/bolt/failure.h"
#include "graph/bolt/session.h"
#include "graph/door/bolt_socket.h"
#include "graph/test_graph.h"

using namespace gyre;
using namespace gyre::graph;

namespace {

/// A value, packed and read again, as texts say it.
std::string Through(const std::function<void(bolt::PackWriter&)>& write) {
    std::string bytes;
    bolt::PackWriter writer(bytes);
    writer.Structure(0x10, 1);
    write(writer);
    const auto message = bolt::ReadMessage(bytes);
    REQUIRE_MESSAGE(message, message.error().message);
    return DisplayText(message->fields[0]);
}

}  // namespace

TEST_CASE("PackStream says what it read") {
    for (const int64_t number :
         {int64_t{0}, int64_t{-16}, int64_t{-17}, int64_t{127}, int64_t{128}, int64_t{-129},
          int64_t{40000}, int64_t{-3000000000}, INT64_MIN, INT64_MAX}) {
        CHECK(Through([&](bolt::PackWriter& w) { w.Integer(number); }) == std::to_string(number));
    }
    CHECK(Through([](bolt::PackWriter& w) { w.Float(1.5); }) == "1.5");
    const std::string long_text(70'000, 'x');
    CHECK(Through([&](bolt::PackWriter& w) { w.Text(long_text); }) == long_text);
    CHECK(Through([](bolt::PackWriter& w) {
              w.Map(1);
              w.Text("a");
              w.List(20);
              for (int i = 0; i < 20; ++i) w.Boolean(true);
          }).starts_with("{a=[true, true"));
    CHECK(Through([](bolt::PackWriter& w) {
              w.Structure('I', 3);
              w.Integer(0);
              w.Integer(5);
              w.Integer(3600);
          }) == "1970-01-01T01:00:00.000000005+01:00");
}

TEST_CASE("Broken messages are refused") {
    for (const std::string& bytes :
         {std::string(), std::string("\xB1"), std::string("\xB1\x10"),
          std::string("\xB1\x10\xD2\xFF\xFF\xFF\xFF", 7), std::string("\xB1\x10\xC1\x00", 4),
          std::string("\x01"), std::string("\xB1\x10\x01\x02"),
          "\xB1\x10" + std::string(100, '\x91') + "\x01"}) {
        CHECK(!bolt::ReadMessage(bytes));
    }
}

TEST_CASE("The newest version that both sides speak is chosen") {
    const auto choose = [](std::initializer_list<uint8_t> bytes) {
        const auto dialect = door::ChooseDialect(std::string(bytes.begin(), bytes.end()));
        return std::to_string(dialect.major) + "." + std::to_string(dialect.minor);
    };
    CHECK(choose({0, 0, 1, 255, 0, 8, 8, 5, 0, 2, 4, 4, 0, 0, 0, 3}) == "5.4");
    CHECK(choose({0, 0, 2, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}) == "5.2");
    CHECK(choose({0, 2, 4, 4, 0, 0, 1, 4, 0, 0, 0, 3, 0, 0, 0, 0}) == "4.4");
    CHECK(choose({0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}) == "0.0");
}

TEST_CASE("Errors have the codes that drivers know") {
    const auto code = [](const char* wire, const char* message) {
        return bolt::FailureCode(core::Error(core::Code::kInvalidArgument, wire, message));
    };
    CHECK(code("MalformedQueryException", "x (SyntaxError: UndefinedVariable)") ==
          "Neo.ClientError.Statement.SyntaxError");
    CHECK(code("InvalidParameterException", "x (TypeError: InvalidArgumentType)") ==
          "Neo.ClientError.Statement.TypeError");
    CHECK(code("ConcurrentModificationException", "x") ==
          "Neo.TransientError.Transaction.DeadlockDetected");
}
