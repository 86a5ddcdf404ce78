#include "net/http_client.h"

#include <doctest/doctest.h>

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
        {.idle_timeout = milliseconds(100)});
    net::HttpClient client(server->Address());
    CHECK(client.Send({}, milliseconds(2000))->body == "1");
    CHECK(client.Send({}, milliseconds(2000))->body == "2");
    CHECK(server->Connections() == 1);
    while (server->Connections() > 0) std::this_thread::yield();  // the idle time is over
    CHECK(client.Send({}, milliseconds(2000))->body == "3");
}

TEST_CASE("errors say what happened") {
    net::HttpClient nobody("127.0.0.1:1");
    CHECK(nobody.Send({}, milliseconds(500)).error().code == core::Code::kUnavailable);
    core::Guarded<std::shared_ptr<net::Exchange>> held;
    auto server = Serve([&](std::shared_ptr<net::Exchange> exchange) {
        *held.Lock() = std::move(exchange);
        held.NotifyAll();
    });
    net::HttpClient client(server->Address());
    CHECK(client.Send({}, milliseconds(50)).error().code == core::Code::kDeadlineExceeded);
    {
        auto late = held.Lock();
        late.Wait([&] { return *late != nullptr; });
        (*late)->Respond({});
        late->reset();
    }
    net::ClientRequest split;
    split.headers.Add("X", "a\r\nY: b");
    CHECK(client.Send(split, milliseconds(500)).error().code == core::Code::kInvalidArgument);
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
