#include "net/rpc.h"

#include <doctest/doctest.h>

#include "core/gzip.h"
#include "net/detail/rpc_framing.h"
#include "net/detail/rpc_session.h"
#include "net/test_rpc_client.h"

using namespace gyre;
using namespace std::chrono_literals;
using net::RpcCode;
using net::RpcOptions;
using net::RpcStatus;
using net::TestRpcClient;
using net::detail::RpcEvent;
using net::detail::RpcSession;

namespace {

const core::SteadyTime kNow{1h};

/// A client and a server's session, with the bytes carried between them.
struct Pair {
    explicit Pair(const RpcOptions& options = {}) : server(options, "127.0.0.1") { Carry(); }

    /// Until neither has anything to say; what happened at the server is added to `events`.
    void Carry(core::SteadyTime now = kNow) {
        for (int still = 0; still < 2;) {
            const std::string up = client.Output();
            // In two pieces: no boundary may matter.
            alive = alive && server.Receive(std::string_view(up).substr(0, up.size() / 3), now) &&
                    server.Receive(std::string_view(up).substr(up.size() / 3), now);
            const std::string down = server.Output();
            CHECK(client.Input(down));
            still = up.empty() && down.empty() ? still + 1 : 0;
        }
        for (RpcEvent& event : server.TakeEvents()) events.push_back(std::move(event));
    }
    [[nodiscard]] size_t Count(RpcEvent::Kind kind) const {
        size_t count = 0;
        for (const RpcEvent& event : events) count += event.kind == kind ? 1 : 0;
        return count;
    }
    [[nodiscard]] std::string StatusOf(int32_t call) {
        const auto& fields = client.Of(call).fields;
        return fields.contains("grpc-status") ? fields.at("grpc-status") : "none";
    }

    RpcSession server;
    TestRpcClient client;
    std::vector<RpcEvent> events;
    bool alive = true;
};

std::string Taken(RpcSession& server, int32_t call) {
    auto taken = server.Take(call);
    if (!taken) return "(nothing yet)";
    if (!*taken) return "(" + (*taken).error().message + ")";
    return (**taken).value_or("(end)");
}

}  // namespace

TEST_CASE("grpc-timeout is up to eight digits and a unit") {
    using net::detail::ParseRpcTimeout;
    CHECK(ParseRpcTimeout("1H") == core::microseconds(1h));
    CHECK(ParseRpcTimeout("2M") == core::microseconds(2min));
    CHECK(ParseRpcTimeout("99999999S") == core::microseconds(99999999s));
    CHECK(ParseRpcTimeout("250m") == core::microseconds(250ms));
    CHECK(ParseRpcTimeout("7u") == 7us);
    CHECK(ParseRpcTimeout("1n") == 1us);
    for (const char* wrong : {"", "1", "S", "-1S", "123456789S", "1.5S", "1 S", "1s"}) {
        CAPTURE(wrong);
        CHECK_FALSE(ParseRpcTimeout(wrong).has_value());
    }
}

TEST_CASE("a status's message is percent-encoded but for printable ASCII") {
    CHECK(net::detail::EncodeRpcMessage("no 'x' at 100% é\n") == "no 'x' at 100%25 %C3%A9%0A");
}

TEST_CASE("messages are cut out of data wherever it is divided") {
    const std::string all = TestRpcClient::Framed("one") + TestRpcClient::Framed("") +
                            TestRpcClient::Framed(std::string(3000, 'x'));
    for (const size_t piece : {size_t{1}, size_t{2}, size_t{7}, all.size()}) {
        net::detail::RpcMessageReader reader(3000, net::detail::RpcCoding::kIdentity);
        std::deque<std::string> messages;
        for (size_t at = 0; at < all.size(); at += piece) {
            CHECK(reader.Add(std::string_view(all).substr(at, piece), messages));
        }
        CHECK_FALSE(reader.Midway());
        REQUIRE(messages.size() == 3);
        CHECK(messages[0] == "one");
        CHECK(messages[1].empty());
        CHECK(messages[2] == std::string(3000, 'x'));
    }
}

TEST_CASE(
    "a message over the limit is refused by its length alone, and a packed one when unpacked") {
    std::deque<std::string> messages;
    net::detail::RpcMessageReader plain(100, net::detail::RpcCoding::kIdentity);
    auto refused = plain.Add(TestRpcClient::Framed(std::string(101, 'x')).substr(0, 5), messages);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == core::Code::kResourceExhausted);

    net::detail::RpcMessageReader packed(100, net::detail::RpcCoding::kGzip);
    const std::string bomb = core::Gzip(std::string(5000, 'x'));
    REQUIRE(bomb.size() < 100);
    refused = packed.Add(TestRpcClient::Framed(bomb, true), messages);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == core::Code::kResourceExhausted);
    net::detail::RpcMessageReader good(100, net::detail::RpcCoding::kGzip);
    CHECK(good.Add(TestRpcClient::Framed(core::Gzip("hello"), true), messages));
    REQUIRE(messages.size() == 1);
    CHECK(messages[0] == "hello");
    net::detail::RpcMessageReader broken(100, net::detail::RpcCoding::kGzip);
    CHECK_FALSE(broken.Add(TestRpcClient::Framed("not gzip", true), messages));
}

TEST_CASE("a unary call: head, message, answer, status") {
    Pair pair;
    const int32_t call = pair.client.Open("/a.B/C", {{"key", "value"}, {"grpc-timeout", "5S"}});
    pair.client.Send(call, TestRpcClient::Framed("question"), true);
    pair.Carry();
    REQUIRE(pair.Count(RpcEvent::Kind::kOpened) == 1);
    const net::RpcHead& head = pair.events[0].head;
    CHECK(head.method == "/a.B/C");
    CHECK(head.metadata.Get("key") == "value");
    CHECK_FALSE(head.metadata.Find("te").has_value());
    CHECK(head.timeout == core::microseconds(5s));
    CHECK(Taken(pair.server, call) == "question");
    CHECK(Taken(pair.server, call) == "(end)");
    pair.server.Write(call, "answer");
    pair.server.Finish(call, {});
    pair.Carry();
    const auto& heard = pair.client.Of(call);
    CHECK(heard.fields.at(":status") == "200");
    CHECK(heard.fields.at("content-type") == "application/grpc");
    CHECK(heard.data == TestRpcClient::Framed("answer"));
    CHECK(pair.StatusOf(call) == "0");
    CHECK(heard.closed);
    CHECK(pair.server.Calls() == 0);
}

TEST_CASE(
    "an error before any message is the whole answer, and stops what the client still sends") {
    Pair pair;
    const int32_t call = pair.client.Open("/a.B/C");
    pair.client.Send(call, TestRpcClient::Framed("x").substr(0, 3), false);
    pair.Carry();
    pair.server.Finish(call, RpcStatus{RpcCode::kNotFound, "no such thing"});
    pair.Carry();
    CHECK(pair.StatusOf(call) == "5");
    CHECK(pair.client.Of(call).fields.at("grpc-message") == "no such thing");
    CHECK(pair.client.Of(call).closed);
    CHECK(pair.client.Of(call).error == 0);
    CHECK(pair.server.Calls() == 0);
}

TEST_CASE("large messages go through, both ways, within the windows") {
    Pair pair;
    const std::string large(9 << 20, 'q');
    const int32_t call = pair.client.Open("/a.B/C");
    pair.client.Send(call, TestRpcClient::Framed(large), true);
    pair.Carry();
    CHECK(Taken(pair.server, call) == large);
    pair.server.Write(call, large);
    pair.server.Finish(call, {});
    pair.Carry();
    CHECK(pair.client.Of(call).data.size() == large.size() + 5);
    CHECK(pair.StatusOf(call) == "0");
}

TEST_CASE("messages that nobody takes keep the client from sending more") {
    Pair pair;
    const int32_t call = pair.client.Open("/a.B/C");
    const std::string part = TestRpcClient::Framed(std::string(1 << 20, 'p'));
    for (int i = 0; i < 12; ++i) pair.client.Send(call, part, false);
    pair.Carry();
    int there = 0;
    while (Taken(pair.server, call).size() == 1 << 20) ++there;
    CHECK(there >= 2);
    CHECK(there <= 5);  // its window is 4 MiB
    int all = there;
    for (int round = 0; round < 12; ++round) {
        pair.Carry();
        while (Taken(pair.server, call).size() == 1 << 20) ++all;
    }
    CHECK(all == 12);
}

TEST_CASE("what is no gRPC call, or is broken, is refused in its own way") {
    Pair pair(RpcOptions{.max_message_bytes = 100});
    const int32_t html = pair.client.Open("/", {}, "text/html");
    const int32_t zip = pair.client.Open("/a.B/C", {{"grpc-encoding", "br"}});
    const int32_t late = pair.client.Open("/a.B/C", {{"grpc-timeout", "soon"}});
    const int32_t large = pair.client.Open("/a.B/C");
    pair.client.Send(large, TestRpcClient::Framed(std::string(101, 'x')), true);
    const int32_t cut = pair.client.Open("/a.B/C");
    pair.client.Send(cut, TestRpcClient::Framed("whole").substr(0, 7), true);
    const int32_t bits = pair.client.Open("/a.B/C");
    pair.client.Send(bits, std::string_view("\7\0\0\0\1x", 6), true);
    pair.Carry();
    CHECK(pair.client.Of(html).fields.at(":status") == "415");
    CHECK(pair.StatusOf(zip) == "12");
    CHECK(pair.StatusOf(late) == "13");
    CHECK(pair.StatusOf(large) == "8");
    CHECK(pair.StatusOf(cut) == "13");
    CHECK(pair.StatusOf(bits) == "13");
    CHECK(pair.alive);
    const int32_t good = pair.client.Open("/a.B/C");
    pair.client.Send(good, TestRpcClient::Framed("x"), true);
    pair.Carry();
    CHECK(Taken(pair.server, good) == "x");
}

TEST_CASE("a call that the client gives up is closed, and what is said after goes nowhere") {
    Pair pair;
    const int32_t call = pair.client.Open("/a.B/C");
    pair.client.Send(call, TestRpcClient::Framed("x"), true);
    pair.Carry();
    pair.client.Cancel(call);
    pair.Carry();
    CHECK(pair.Count(RpcEvent::Kind::kClosed) == 1);
    CHECK_FALSE(pair.server.IsOpen(call));
    pair.server.Write(call, "late");
    pair.server.Finish(call, {});
    pair.Carry();
    CHECK(pair.alive);
}

TEST_CASE("a message that gets no further fails its call") {
    Pair pair;
    const int32_t call = pair.client.Open("/a.B/C");
    pair.client.Send(call, TestRpcClient::Framed("whole").substr(0, 7), false);
    pair.Carry(kNow);
    pair.server.FailStalled(kNow - 1s);
    pair.Carry();
    CHECK(pair.StatusOf(call) == "none");
    pair.server.FailStalled(kNow);
    pair.Carry();
    CHECK(pair.StatusOf(call) == "4");
}

TEST_CASE("a session that goes away finishes what it has, and takes nothing new") {
    Pair pair;
    const int32_t call = pair.client.Open("/a.B/C");
    pair.client.Send(call, TestRpcClient::Framed("x"), true);
    pair.Carry();
    pair.server.GoAway();
    pair.Carry();
    CHECK(pair.client.ToldToGo());
    CHECK_FALSE(pair.server.Over());
    pair.server.Write(call, "answer");
    pair.server.Finish(call, {});
    pair.Carry();
    CHECK(pair.StatusOf(call) == "0");
    CHECK(pair.server.Over());
}

TEST_CASE("a client that only talks is told to be calm, one that pings now and then is not") {
    Pair pair;
    const auto ping = [&](int count, core::SteadyTime when) {
        for (int i = 0; i < count; ++i) {
            pair.client.Ping();
            if (i % 100 == 0) pair.Carry(when);
        }
        pair.Carry(when);
    };
    for (int second = 0; second < 5; ++second) ping(5'000, kNow + second * 2s);
    CHECK_FALSE(pair.client.ToldToGo());
    ping(11'000, kNow + 1min);
    CHECK(pair.client.ToldToGo());
    CHECK(pair.server.Over());
}

TEST_CASE("bytes that are no HTTP/2 end the connection") {
    RpcSession server({}, "");
    CHECK_FALSE(server.Receive("GET / HTTP/1.1\r\nHost: x\r\n\r\n" + std::string(100, 'x'), kNow));
}
