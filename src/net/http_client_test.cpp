#include "net/http_client.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "core/guarded.h"
#include "net/http_server.h"
#include "net/test_handler_thread.h"

using namespace gyre;
using core::milliseconds;

namespace {

std::unique_ptr<net::HttpServer> Serve(net::Handler handler, net::HttpServerOptions options = {}) {
    auto server = net::HttpServer::Start(std::move(options), std::move(handler));
    REQUIRE(server);
    return std::move(*server);
}

}  // namespace

TEST_CASE("a client keeps its connection and finds a closed one") {
    std::atomic<int> requests{0};
    auto server = Serve(
        [&](std::shared_ptr<net::Exchange> exchange) {
            const int number = ++requests;
            net::Response response{.status = 200, .headers = {}, .body = std::to_string(number)};
            exchange->Respond(std::move(response));
        },
        {.idle_timeout = milliseconds(2'000)});
    net::HttpClient client(server->Address());
    CHECK(client.Send({}, milliseconds(20'000))->body == "1");
    CHECK(client.Send({}, milliseconds(20'000))->body == "2");
    CHECK(server->Connections() == 1);
    while (server->Connections() > 0) {  // until the idle time is over
        std::this_thread::sleep_for(milliseconds(5));
    }
    CHECK(client.Send({}, milliseconds(20'000))->body == "3");
}

TEST_CASE("errors say what happened") {
    net::HttpClient nobody("127.0.0.1:1");
    CHECK(nobody.Send({}, milliseconds(20'000)).error().code == core::Code::kUnavailable);
    core::Guarded<std::shared_ptr<net::Exchange>> held;
    auto server = Serve([&](std::shared_ptr<net::Exchange> exchange) {
        *held.Lock() = std::move(exchange);
        held.NotifyAll();
    });
    net::HttpClient client(server->Address());
    while (*held.Lock() == nullptr) {  // where the time was over before it was sent, once more
        CHECK(client.Send({}, milliseconds(50)).error().code == core::Code::kDeadlineExceeded);
    }
    {
        auto late = held.Lock();
        (*late)->Respond({});
        late->reset();
    }
    net::ClientRequest split;
    split.headers.Add("X", "a\r\nY: b");
    CHECK(client.Send(split, milliseconds(20'000)).error().code == core::Code::kInvalidArgument);
}

TEST_CASE("chunked answers, HEAD and large bodies") {
    net::HandlerThread writer;
    auto server = Serve([&](std::shared_ptr<net::Exchange> exchange) {
        if (exchange->Head().path == "/echo") {
            exchange->ReadBody(100 << 20, [exchange](core::Result<std::string> body) {
                exchange->Respond({.status = 200, .headers = {}, .body = std::move(*body)});
            });
            return;
        }
        writer.Start([exchange] {
            auto body = exchange->RespondStream({}, std::nullopt);
            for (int i = 0; i < 100; ++i) REQUIRE(body->Write(std::string(1000, 'x')));
            REQUIRE(body->Finish());
        });
    });
    net::HttpClient client(server->Address());
    net::ClientRequest request;
    CHECK(client.Send(request, milliseconds(5000))->body == std::string(100'000, 'x'));
    writer.Join();
    request.method = "HEAD";
    CHECK(client.Send(request, milliseconds(5000))->body.empty());
    writer.Join();
    request.method = "POST";
    request.target = "/echo";
    request.body = std::string(20 << 20, 'y');
    CHECK(client.Send(request, milliseconds(20'000))->body == request.body);
}

namespace {

/// A body that goes on for as long as it is read, or up to so many bytes.
class LongBody final : public net::BodyReader {
  public:
    explicit LongBody(uint64_t size) : left_(size) {}
    core::Result<size_t> Read(std::span<char> into) override {
        const auto size = static_cast<size_t>(std::min<uint64_t>(left_, into.size()));
        std::fill_n(into.data(), size, 'b');
        left_ -= size;
        return size;
    }
    std::optional<uint64_t> Length() const override { return std::nullopt; }
    uint64_t Left() const { return left_; }

  private:
    uint64_t left_;
};

/// Answers with what comes, while it comes, as /echo; /refuse without a look at it.
std::unique_ptr<net::HttpServer> ServeStreams(net::HandlerThread& thread) {
    return Serve([&thread](std::shared_ptr<net::Exchange> exchange) {
        if (exchange->Head().path == "/refuse") {
            net::Response response{.status = 418, .headers = {}, .body = "a teapot"};
            return exchange->Respond(std::move(response));
        }
        thread.Start([exchange] {
            auto answer = exchange->RespondStream({.status = 200}, std::nullopt);
            std::string piece(100'000, '\0');
            while (true) {
                const auto read = exchange->Body().Read(piece);
                if (!read) return;
                if (*read == 0) break;
                if (!answer->Write(std::string_view(piece).substr(0, *read))) return;
            }
            static_cast<void>(answer->Finish());
        });
    });
}

net::ClientRequest To(const char* path) {
    net::ClientRequest request;
    request.method = "POST";
    request.target = path;
    return request;
}

}  // namespace

TEST_CASE("a body without a length goes while its answer comes") {
    net::HandlerThread thread;
    const auto server = ServeStreams(thread);
    net::HttpClient client(server->Address());
    // Neither end of a loopback holds as much: who only sent would wait for ever.
    constexpr uint64_t kSize = uint64_t{64} << 20;
    LongBody body(kSize);
    uint64_t came = 0;
    const auto answer =
        client.SendChunked(To("/echo"), body,
                           [&](const net::Response& head, std::string_view piece) -> core::Status {
                               CHECK(head.status == 200);
                               CHECK(piece.find_first_not_of('b') == std::string_view::npos);
                               came += piece.size();
                               return {};
                           },
                           milliseconds(20'000), {});
    REQUIRE_MESSAGE(answer, answer.error().message);
    CHECK(answer->status == 200);
    CHECK(came == kSize);
    thread.Join();

    LongBody none(0);
    const auto empty =
        client.SendChunked(To("/echo"), none, [](const auto&, auto) -> core::Status { return {}; },
                           milliseconds(20'000), {});
    REQUIRE(empty);
    CHECK(empty->status == 200);
    thread.Join();
}

TEST_CASE("chunks go on a kept connection, and leave it to the next") {
    const auto server = Serve([](std::shared_ptr<net::Exchange> exchange) {
        exchange->ReadBody(1 << 20, [exchange](core::Result<std::string> body) {
            exchange->Respond({.status = 200, .headers = {}, .body = std::to_string(body->size())});
        });
    });
    net::HttpClient client(server->Address());
    CHECK(client.Send(To("/"), milliseconds(20'000))->body == "0");
    for (int i = 0; i < 3; i++) {
        LongBody body(600'000);
        std::string said;
        const auto answer =
            client.SendChunked(To("/"), body,
                               [&](const auto&, std::string_view piece) -> core::Status {
                                   said += piece;
                                   return {};
                               },
                               milliseconds(20'000), {});
        REQUIRE_MESSAGE(answer, answer.error().message);
        CHECK(said == "600000");
        CHECK(server->Connections() == 1);
    }
    CHECK(client.Send(To("/"), milliseconds(20'000))->body == "0");
    CHECK(server->Connections() == 1);
}

TEST_CASE("an early answer ends the sending, and an error of either side the call") {
    net::HandlerThread thread;
    const auto server = ServeStreams(thread);
    net::HttpClient client(server->Address());
    LongBody body(uint64_t{1} << 40);
    std::string said;
    const auto refused =
        client.SendChunked(To("/refuse"), body,
                           [&](const net::Response& head, std::string_view piece) -> core::Status {
                               CHECK(head.status == 418);
                               said += piece;
                               return {};
                           },
                           milliseconds(20'000), {});
    REQUIRE_MESSAGE(refused, refused.error().message);
    CHECK(refused->status == 418);
    CHECK(said == "a teapot");
    CHECK(body.Left() > 0);

    const auto broken =
        client.SendChunked(To("/echo"), body,
                           [](const auto&, auto) -> core::Status {
                               return core::Fail(core::Code::kDataLoss, "the disk is full");
                           },
                           milliseconds(20'000), {});
    REQUIRE_FALSE(broken);
    CHECK(broken.error().message == "the disk is full");
    thread.Join();
}

TEST_CASE("who waits for a server that neither takes nor gives can be called off") {
    core::Guarded<std::shared_ptr<net::Exchange>> held;
    const auto server =
        Serve([&](std::shared_ptr<net::Exchange> exchange) { *held.Lock() = std::move(exchange); });
    net::HttpClient client(server->Address());
    const auto nothing = [](const auto&, auto) -> core::Status { return {}; };
    LongBody late(10);
    CHECK(client.SendChunked(To("/"), late, nothing, milliseconds(50), {}).error().code ==
          core::Code::kDeadlineExceeded);
    core::CancelToken cancel;
    cancel.Cancel();
    LongBody body(10);
    CHECK(client.SendChunked(To("/"), body, nothing, milliseconds(20'000), cancel).error().code ==
          core::Code::kCancelled);
    held.Lock()->reset();
}
