#include "net/websocket.h"

#include <doctest/doctest.h>

#include <thread>

#include "core/guarded.h"
#include "core/utf8.h"
#include "net/detail/websocket_deflate.h"
#include "net/detail/websocket_frames.h"
#include "net/http_server.h"
#include "net/test_raw_client.h"

using namespace gyre;
using namespace gyre::net;
using detail::Opcode;

namespace {

constexpr std::string_view kHandshake =
    "GET /chat HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// A frame as a client sends it. `first` is FIN, RSV and opcode.
std::string Masked(uint8_t first, std::string_view payload) {
    std::string frame = detail::WebSocketFrame(Opcode::kText, payload);
    frame[0] = static_cast<char>(first);
    frame[1] = static_cast<char>(frame[1] | 0x80);
    const size_t header = frame.size() - payload.size();
    const char mask[] = {'\x11', '\x22', '\x33', '\x44'};
    for (size_t i = 0; i < payload.size(); ++i) {
        frame[header + i] = static_cast<char>(frame[header + i] ^ mask[i % 4]);
    }
    frame.insert(header, mask, 4);
    return frame;
}

/// A server that sends every message back from a thread, and may take at most 1,000 bytes.
class Echo {
  public:
    Echo() {
        server_ = std::move(*HttpServer::Start({}, [this](std::shared_ptr<Exchange> exchange) {
            WebSocketHandler handler;
            handler.message = [this](const std::shared_ptr<WebSocket>& line, std::string message,
                                     bool binary) {
                threads_.Lock()->emplace_back([line, message = std::move(message), binary] {
                    static_cast<void>(line->Send(message, binary));
                });
            };
            handler.closed = [this] {
                ++*closed_.Lock();
                closed_.NotifyAll();
            };
            AcceptWebSocket(*exchange, {.max_message_bytes = 1000}, std::move(handler));
        }));
    }
    ~Echo() {
        server_->Stop(core::milliseconds(0));
        for (auto& thread : *threads_.Lock()) thread.join();
    }
    [[nodiscard]] const HttpServer& Server() const { return *server_; }
    void AwaitClosed(int count) {
        auto closed = closed_.Lock();
        CHECK(closed.WaitUntil(std::chrono::steady_clock::now() + core::milliseconds(60'000),
                               [&] { return *closed >= count; }));
    }

  private:
    core::Guarded<std::vector<std::thread>> threads_;
    core::Guarded<int> closed_{0};
    std::unique_ptr<HttpServer> server_;
};

/// What the server answers to one client frame or more, after the handshake.
std::string AnswerTo(const Echo& echo, std::string_view frames) {
    RawClient client(echo.Server());
    client.Say(kHandshake);
    CHECK(client.Hear("\r\n\r\n").starts_with("HTTP/1.1 101 "));
    client.Say(frames);
    return client.HearAll();
}

std::string Close(uint16_t code) {
    return {'\x88', '\x02', static_cast<char>(code >> 8), static_cast<char>(code)};
}

}  // namespace

namespace {

/// A connection whose first write takes until it is let go.
class HeldLine final : public Upgraded {
  public:
    core::Status Write(std::string_view) override {
        auto state = state_.Lock();
        state->writes++;
        state_.NotifyAll();
        state.Wait([&] { return state->let_go; });
        return {};
    }
    void WriteSoon(std::string) override {}
    void Pause() override {}
    void Resume() override {}
    void End() override {}

    void AwaitWrite() {
        auto state = state_.Lock();
        state.Wait([&] { return state->writes > 0; });
    }
    void LetGo() {
        state_.Lock()->let_go = true;
        state_.NotifyAll();
    }

  private:
    struct State {
        int writes = 0;
        bool let_go = false;
    };
    core::Guarded<State> state_;
};

/// A handshake over it.
class HeldExchange final : public Exchange {
  public:
    HeldExchange() {
        head_.method = "GET";
        head_.headers.Add("Upgrade", "websocket");
        head_.headers.Add("Connection", "Upgrade");
        head_.headers.Add("Sec-WebSocket-Version", "13");
        head_.headers.Add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
    }
    [[nodiscard]] const RequestHead& Head() const override { return head_; }
    void ReadBody(size_t, std::function<void(core::Result<std::string>)>) override {}
    [[nodiscard]] BodyReader& Body() override { throw std::logic_error("it has none"); }
    void Respond(Response) override {}
    [[nodiscard]] std::unique_ptr<BodyWriter> RespondStream(ResponseHead,
                                                            std::optional<uint64_t>) override {
        return nullptr;
    }
    [[nodiscard]] std::shared_ptr<Upgraded> Upgrade(const Headers&,
                                                    std::shared_ptr<UpgradeSink> opened,
                                                    core::milliseconds) override {
        sink = std::move(opened);
        return line;
    }

    const std::shared_ptr<HeldLine> line = std::make_shared<HeldLine>();
    std::shared_ptr<UpgradeSink> sink;

  private:
    RequestHead head_;
};

}  // namespace

TEST_CASE("All who wait to send hear that the client has gone") {
    HeldExchange exchange;
    std::shared_ptr<WebSocket> socket;
    WebSocketHandler handler;
    handler.message = [&](const std::shared_ptr<WebSocket>& line, const std::string&, bool) {
        socket = line;
    };
    handler.closed = [] {};
    AcceptWebSocket(exchange, {}, std::move(handler));
    exchange.sink->OnBytes(Masked(0x81, "x"));
    REQUIRE(socket);
    constexpr int kSenders = 8;
    const auto ended = std::make_shared<core::Guarded<int>>(0);
    for (int i = 0; i < kSenders; ++i) {
        // Detached, since one that waits for ever would be waited for.
        std::thread([socket, ended] {
            static_cast<void>(socket->Send("y", false));
            ++*ended->Lock();
            ended->NotifyAll();
        }).detach();
    }
    exchange.line->AwaitWrite();
    // The others come to wait in a moment, and one that comes later is told at once.
    std::this_thread::sleep_for(core::milliseconds(50));
    exchange.sink->OnEnd();
    exchange.line->LetGo();
    auto all = ended->Lock();
    CHECK(all.WaitUntil(std::chrono::steady_clock::now() + core::seconds(10),
                        [&] { return *all == kSenders; }));
}

TEST_CASE("A handshake is answered as RFC 6455 shows it") {
    const Echo echo;
    RawClient client(echo.Server());
    client.Say(kHandshake);
    const std::string answer = client.Hear("\r\n\r\n");
    CHECK(answer.starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
    CHECK(answer.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") !=
          std::string::npos);
}

TEST_CASE("What is no handshake is refused") {
    const Echo echo;
    const auto refused = [&](std::string text, std::string_view from, std::string_view to) {
        text.replace(text.find(from), from.size(), to);
        RawClient client(echo.Server());
        client.Say(text);
        return client.Hear("\r\n").substr(9, 3);
    };
    const std::string good(kHandshake);
    CHECK(refused(good, "Version: 13", "Version: 8") == "426");
    CHECK(refused(good, "dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ=") == "400");
    CHECK(refused(good, "keep-alive, Upgrade", "keep-alive") == "400");
    CHECK(refused(good, "Upgrade: websocket", "Upgrade: h2c") == "400");
    CHECK(refused(good, "GET", "PUT") == "400");
}

TEST_CASE("Messages come whole, in one frame or many, with pings between them") {
    Echo echo;
    RawClient client(echo.Server());
    client.Say(std::string(kHandshake) + Masked(0x81, "hello"));  // at once
    CHECK(client.Hear("\r\n\r\n").starts_with("HTTP/1.1 101 "));
    CHECK(client.Hear("hello") == "\x81\x05hello");
    client.Say(Masked(0x02, "ab") + Masked(0x89, "hi") + Masked(0x00, "") + Masked(0x80, "cd"));
    CHECK(client.Hear("hi") == "\x8a\x02hi");
    CHECK(client.Hear("abcd") ==
          "\x82\x04"
          "abcd");
    for (const char c : Masked(0x81, "slow")) client.Say(std::string(1, c));
    CHECK(client.Hear("slow") == "\x81\x04slow");
    const std::string long_text(300, 'x');
    client.Say(Masked(0x81, long_text));
    CHECK(client.Hear(long_text) == std::string("\x81\x7e\x01\x2c", 4) + long_text);
    client.Say(Masked(0x88, std::string("\x03\xe8", 2)));
    CHECK(client.HearAll() == Close(1000));
    echo.AwaitClosed(1);
}

TEST_CASE("Frames against the rules close the connection with their code") {
    const Echo echo;
    CHECK(AnswerTo(echo, "\x81\x05hello").substr(0, 1) == "\x88");  // not masked
    CHECK(AnswerTo(echo, Masked(0xC1, "x")).substr(2, 2) == "\x03\xea");
    CHECK(AnswerTo(echo, Masked(0x83, "x")).substr(2, 2) == "\x03\xea");
    CHECK(AnswerTo(echo, Masked(0x80, "x")).substr(2, 2) == "\x03\xea");  // nothing to go on with
    CHECK(AnswerTo(echo, Masked(0x01, "x") + Masked(0x81, "y")).substr(2, 2) == "\x03\xea");
    CHECK(AnswerTo(echo, Masked(0x09, "x")).substr(2, 2) == "\x03\xea");  // a ping in pieces
    CHECK(AnswerTo(echo, Masked(0x89, std::string(126, 'x'))).substr(2, 2) == "\x03\xea");
    CHECK(AnswerTo(echo, Masked(0x81, "\xff")).substr(2, 2) == "\x03\xef");
    CHECK(AnswerTo(echo, Masked(0x82, std::string(1001, 'x'))).substr(2, 2) == "\x03\xf1");
    CHECK(AnswerTo(echo, Masked(0x02, std::string(600, 'x')) + Masked(0x80, std::string(600, 'x')))
              .substr(2, 2) == "\x03\xf1");
    CHECK(AnswerTo(echo, Masked(0x88, "x")).substr(2, 2) == "\x03\xea");
    CHECK(AnswerTo(echo, Masked(0x88, std::string("\x03\xee", 2))).substr(2, 2) == "\x03\xea");
    CHECK(AnswerTo(echo, Masked(0x88, "")) == std::string("\x88\0", 2));
}

TEST_CASE("Messages are packed where that is offered") {
    using detail::InflateMessage;
    const auto agreed = [](const std::string& offer) {
        Headers headers;
        headers.Add("Sec-WebSocket-Extensions", offer);
        const auto agreement = detail::AgreeOnDeflate(headers);
        return agreement ? std::to_string(agreement->window_bits) : "none";
    };
    CHECK(agreed("permessage-deflate") == "15");
    CHECK(agreed("permessage-deflate; client_max_window_bits") == "15");
    CHECK(agreed("x, permessage-deflate; server_max_window_bits=\"10\"") == "10");
    CHECK(agreed("permessage-deflate; server_max_window_bits=8, permessage-deflate") == "15");
    CHECK(agreed("permessage-deflate; server_max_window_bits") == "none");
    CHECK(agreed("permessage-deflate; client_max_window_bits=16") == "none");
    CHECK(agreed("permessage-deflate; other") == "none");
    CHECK(agreed("permessage-deflate; server_no_context_takeover=1") == "none");
    std::string noise;
    for (uint32_t i = 0, x = 1; i < 100'000; ++i)
        noise += static_cast<char>((x = x * 1664525 + 1013904223) >> 24);
    for (const std::string& message :
         {std::string(900, 'x'), std::string("a"), std::string(), noise}) {
        for (const int bits : {9, 15}) {
            std::string packed = detail::DeflateMessage(message, bits);
            CHECK(InflateMessage(packed, message.size()) == detail::InflateOutcome::kWhole);
            CHECK(packed == message);
        }
    }
    std::string packed = detail::DeflateMessage(std::string(1'000'000, 'x'), 15);
    CHECK(packed.size() < 10'000);
    CHECK(InflateMessage(packed, 1000) == detail::InflateOutcome::kTooLarge);
    std::string broken = "\x07\xff\xff";
    CHECK(InflateMessage(broken, 1000) == detail::InflateOutcome::kBroken);

    Echo echo;
    std::string handshake(kHandshake);
    handshake.insert(handshake.size() - 2, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
    const std::string text(900, 'y');
    packed = detail::DeflateMessage(text, 15);
    {
        RawClient client(echo.Server());
        client.Say(handshake);
        CHECK(client.Hear("\r\n\r\n")
                  .find("Sec-WebSocket-Extensions: permessage-deflate; "
                        "server_no_context_takeover") != std::string::npos);
        // In two frames, with a ping between them; it comes back packed.
        client.Say(Masked(0x41, packed.substr(0, 3)) + Masked(0x89, "hi") +
                   Masked(0x80, packed.substr(3)));
        CHECK(client.Hear("hi") == "\x8a\x02hi");
        CHECK(client.Hear(packed) ==
              std::string{'\xC1', static_cast<char>(packed.size())} + packed);
        client.Say(Masked(0x81, "plain"));
        CHECK(client.Hear("plain") == "\x81\x05plain");
        client.Say(Masked(0xC2, detail::DeflateMessage(std::string(1001, 'z'), 15)));
        CHECK(client.HearAll().substr(2, 2) == "\x03\xf1");
    }
    RawClient client(echo.Server());
    client.Say(handshake + Masked(0xC9, "x"));  // no control frame is packed
    client.Hear("\r\n\r\n");
    CHECK(client.HearAll().substr(2, 2) == "\x03\xea");
}

TEST_CASE("A client that goes is noticed, and a stopping server says so") {
    Echo echo;
    {
        RawClient client(echo.Server());
        client.Say(kHandshake);
        CHECK(client.Hear("\r\n\r\n").starts_with("HTTP/1.1 101 "));
    }
    echo.AwaitClosed(1);
    RawClient client(echo.Server());
    client.Say(kHandshake);
    CHECK(client.Hear("\r\n\r\n").starts_with("HTTP/1.1 101 "));
    const_cast<HttpServer&>(echo.Server()).Stop(core::milliseconds(1000));
    CHECK(client.HearAll().substr(2, 2) == "\x03\xe9");
}

TEST_CASE("Texts are UTF-8 or not") {
    CHECK(core::IsUtf8("\xe2\x82\xac"));
    CHECK_FALSE(core::IsUtf8("\xe2\x82"));
    CHECK_FALSE(core::IsUtf8("\xed\xa0\x80"));
    CHECK_FALSE(core::IsUtf8("\xc0\x80"));
}
