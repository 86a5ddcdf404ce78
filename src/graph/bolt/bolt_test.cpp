#include "core/guarded.h"
#include "core/worker_pool.h"
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

/// What a connection is sent.
class Line final : public net::Upgraded {
  public:
    core::Status Write(std::string_view bytes) override {
        sent_.Lock()->append(bytes);
        sent_.NotifyAll();
        return {};
    }
    void WriteSoon(std::string bytes) override { static_cast<void>(Write(bytes)); }
    void Pause() override {}
    void Resume() override {}
    void End() override {}

    /// Whether so many messages were answered well within a minute.
    bool AwaitSuccesses(size_t wanted) {
        auto sent = sent_.Lock();
        return sent.WaitUntil(core::SystemClock().Now() + core::seconds(60), [&] {
            size_t count = 0;
            for (size_t at = 0; (at = sent->find("\xB1\x70", at)) != sent->npos; ++at) ++count;
            return count >= wanted;
        });
    }

  private:
    core::Guarded<std::string> sent_;
};

std::string Chunk(const std::string& message) {
    return {'\0' + std::string(1, static_cast<char>(message.size())) + message +
            std::string(2, '\0')};
}

/// A message without fields, or with an empty map.
std::string Said(uint8_t tag, bool with_map) {
    std::string message;
    bolt::PackWriter writer(message);
    writer.Structure(tag, with_map ? 1 : 0);
    if (with_map) writer.Map(0);
    return Chunk(message);
}

std::string RunOf(std::string_view query) {
    std::string message;
    bolt::PackWriter writer(message);
    writer.Structure(0x10, 3);
    writer.Text(query);
    writer.Map(0);
    writer.Map(0);
    return Chunk(message);
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

TEST_CASE("A transaction that writes commits while all threads wait for their turn to write") {
    const core::TempDir folder;
    auto graphs = Graphs::Open(folder.Path(), {GraphSettings()}, {});
    REQUIRE_MESSAGE(graphs, graphs.error().message);
    const cypher::Procedures procedures;
    core::Guarded<int> begun(0);
    core::WorkerPool pool("bolt-test", 1, 100);
    core::WorkerPool writers("bolt-writers", 1, 100);
    const auto protocol = door::BoltProtocol(
        {.pool = &pool, .writers = &writers, .session = [&](const std::string&) {
             return bolt::SessionOptions{
                 .graphs = graphs->get(),
                 .procedures = &procedures,
                 .clock = &core::SystemClock(),
                 .timeout = core::seconds(10),
                 .permit = [](const std::string&, const std::string&, const std::string&)
                     -> core::Result<gremlin::Permissions> { return gremlin::Permissions(); },
                 .begin =
                     [&](const std::string&) {
                         ++*begun.Lock();
                         begun.NotifyAll();
                         return core::CancelToken();
                     },
                 .end = [] {}};
         }});
    const std::string open = protocol->preamble + std::string("\0\0\4\4", 4) +
                             std::string(12, '\0') + Said(0x01, true) + Said(0x11, true) +
                             RunOf("CREATE (:A)");
    const auto first_line = std::make_shared<Line>();
    const auto second_line = std::make_shared<Line>();
    const auto first = protocol->open(first_line, "");
    const auto second = protocol->open(second_line, "");
    first->OnBytes(open);
    REQUIRE(first_line->AwaitSuccesses(3));
    second->OnBytes(open);  // the only thread waits for the first one's commit
    {
        auto both = begun.Lock();
        REQUIRE(both.WaitUntil(core::SystemClock().Now() + core::seconds(60),
                               [&] { return *both == 2; }));
    }
    first->OnBytes(Said(0x12, false));
    CHECK(first_line->AwaitSuccesses(4));
    CHECK(second_line->AwaitSuccesses(3));
    // What has committed waits with the others again.
    first->OnBytes(Said(0x11, true) + RunOf("CREATE (:B)"));
    second->OnBytes(Said(0x12, false));
    CHECK(second_line->AwaitSuccesses(4));
    CHECK(first_line->AwaitSuccesses(6));
    first->OnEnd();
    second->OnEnd();
}
