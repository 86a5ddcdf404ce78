#include "net/http_server.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>

#include <atomic>
#include <condition_variable>
#include <optional>
#include <thread>

#include "core/file_system.h"
#include "core/guarded.h"
#include "core/temp_dir.h"
#include "net/detail/socket.h"
#include "net/test_handler_thread.h"
#include "net/test_held_loop.h"
#include "net/test_raw_client.h"

using namespace gyre;
using core::milliseconds;
using net::RawClient;
using Exchange = std::shared_ptr<net::Exchange>;

namespace {

std::unique_ptr<net::HttpServer> Serve(net::Handler handler, net::HttpServerOptions options = {}) {
    auto server = net::HttpServer::Start(std::move(options), std::move(handler));
    REQUIRE(server);
    return std::move(*server);
}

void Echo(Exchange exchange) {
    exchange->ReadBody(1 << 20, [exchange](core::Result<std::string> body) {
        if (!body) return exchange->Respond({.status = 413, .headers = {}, .body = "too large"});
        exchange->Respond({.status = 200, .headers = {}, .body = exchange->Head().path + *body});
    });
}

}  // namespace

TEST_CASE("an address of IPv4 is one on sockets of IPv6, too") {
    const auto text = [](const char* address) {
        sockaddr_storage storage{};
        auto& six = reinterpret_cast<sockaddr_in6&>(storage);
        six.sin6_family = AF_INET6;
        REQUIRE(inet_pton(AF_INET6, address, &six.sin6_addr) == 1);
        return net::detail::AddressText(storage);
    };
    CHECK(text("::ffff:10.0.0.1") == "10.0.0.1");
    CHECK(text("2001:db8::1") == "2001:db8::1");
    CHECK(text("::1") == "::1");
}

TEST_CASE("requests follow each other on one connection, pipelined or not") {
    auto server = Serve(Echo);
    RawClient client(*server);
    client.Say("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n123");
    CHECK(client.Hear("/a123").starts_with("HTTP/1.1 200 OK\r\nDate: "));
    std::string many;
    for (int i = 0; i < 1000; ++i) {
        many += "POST /" + std::to_string(i) +
                " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked" +
                "\r\n\r\n2;x=y\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
    }
    std::thread writer([&] { client.Say(many); });
    for (int i = 0; i < 1000; ++i) {
        const std::string end = "/" + std::to_string(i) + "abc";
        CHECK(client.Hear(end).ends_with("\r\n\r\n" + end));
    }
    writer.join();
    client.Say("GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(client.HearAll().find("Connection: close") != std::string::npos);
}

TEST_CASE("what can be read in two ways is refused and the connection ends") {
    auto server = Serve(Echo);
    struct Case {
        std::string request;
        int status;
    };
    const std::string get = "GET / HTTP/1.1\r\n";
    for (const Case& c : std::initializer_list<Case>{
             {get + "\r\n", 400},
             {get + "Host: x\r\nHost: y\r\n\r\n", 400},
             {get + "Host: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
             {get + "Host: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400},
             {get + "Host: x\r\nContent-Length: -1\r\n\r\n", 400},
             {get + "Host: x\r\nContent-Length: 99999999999999999999\r\n\r\n", 400},
             {get + "Host: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
             {get + "Host: x\r\nX : y\r\n\r\n", 400},
             {get + "Host: x\r\n folded\r\n\r\n", 400},
             {get + "Host: x\nY: z\r\n\r\n", 400},
             {get + std::string("Host: x\r\nY: a\0b\r\n\r\n", 19), 400},
             {"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 400},
             {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505},
             {"nonsense\r\n\r\n", 400},
             {get + "X: " + std::string(70'000, 'x') + "\r\n\r\n", 431}}) {
        CAPTURE(c.request.substr(0, 100));
        RawClient client(*server);
        client.Say(c.request);
        const std::string answer = client.HearAll();
        CHECK(answer.starts_with("HTTP/1.1 " + std::to_string(c.status) + " "));
        CHECK(answer.find("Connection: close") != std::string::npos);
        CHECK(answer.find("x-amzn-RequestId: ") != std::string::npos);
    }
    for (const char* body : {"x\r\n", "-1\r\n", "5\nabc", "FFFFFFFFFFFFFFFFF\r\n", "1\r\nabc"}) {
        CAPTURE(body);
        RawClient client(*server);
        client.Say("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" +
                   std::string(body));
        CHECK(client.HearAll().starts_with("HTTP/1.1 413"));  // the handler's word for an error
    }
}

TEST_CASE("a body is asked for when it is read, and a refusal comes before it") {
    std::atomic<bool> read{true};
    auto server = Serve([&](Exchange exchange) {
        if (!read) return exchange->Respond({.status = 403, .headers = {}, .body = "no"});
        Echo(std::move(exchange));
    });
    const std::string head =
        "PUT /k HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
    RawClient client(*server);
    client.Say(head);
    CHECK(client.Hear("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    client.Say("hi");
    CHECK(client.Hear("/khi").starts_with("HTTP/1.1 200"));
    read = false;
    client.Say(head);
    const std::string refusal = client.HearAll();
    CHECK(refusal.starts_with("HTTP/1.1 403"));
    CHECK(refusal.find("Connection: close") != std::string::npos);
    read = true;
    RawClient odd(*server);  // expects what nobody knows; S3's clients are answered all the same
    odd.Say("PUT /k HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: tea\r\n\r\nhi");
    CHECK(odd.Hear("/khi").starts_with("HTTP/1.1 200"));
}

TEST_CASE("a short body that nobody reads is read over") {
    auto server = Serve([](Exchange exchange) {
        exchange->Respond({.status = 404, .headers = {}, .body = exchange->Head().path});
    });
    RawClient client(*server);
    for (int i = 0; i < 3; ++i) {
        client.Say("POST /" + std::to_string(i) +
                   " HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" +
                   std::string(100'000, 'x'));
        CHECK(client.Hear("\r\n\r\n/" + std::to_string(i)).starts_with("HTTP/1.1 404"));
    }
}

TEST_CASE("pool threads read and write bodies larger than any buffer") {
    net::HandlerThread worker;
    auto server = Serve([&](Exchange exchange) {
        worker.Start([exchange] {
            std::string all;
            std::vector<char> piece(100'000);
            while (true) {
                const auto got = exchange->Body().Read(piece);
                REQUIRE(got);
                if (*got == 0) break;
                all.append(piece.data(), *got);
            }
            const bool sized = exchange->Head().path == "/sized";
            auto out = exchange->RespondStream(
                {}, sized ? std::optional<uint64_t>(all.size()) : std::nullopt);
            for (size_t at = 0; at < all.size(); at += 1'000'000) {
                REQUIRE(out->Write(std::string_view(all).substr(at, 1'000'000)));
            }
            REQUIRE(out->Finish());
        });
    });
    for (const char* path : {"/sized", "/chunked"}) {
        RawClient client(*server);
        std::string body;
        for (int i = 0; body.size() < (30 << 20); ++i) body += std::to_string(i) + ",";
        std::thread writer([&] {
            client.Say("POST " + std::string(path) +
                       " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " +
                       std::to_string(body.size()) + "\r\n\r\n");
            client.Say(body);
        });
        writer.join();
        const std::string answer = client.HearAll();
        worker.Join();
        if (std::string_view(path) == "/sized") {
            CHECK(answer.ends_with(body));
        } else {
            CHECK(answer.size() > body.size());
            CHECK(answer.ends_with("\r\n0\r\n\r\n"));
        }
    }
}

TEST_CASE("a stretch of a file is sent as it lies there, larger than any buffer") {
    const core::TempDir folder;
    std::string bytes;
    for (int i = 0; bytes.size() < (20 << 20); ++i) bytes += std::to_string(i) + ",";
    REQUIRE(core::WriteFileAtomically(core::RealFileSystem(), folder.Path() / "f", bytes));
    const auto file = core::RealFileSystem().Open(folder.Path() / "f").value();
    const uint64_t from = 1000;
    const uint64_t length = bytes.size() - 2 * from;
    core::Status written;
    net::HandlerThread worker;
    auto server = Serve([&](Exchange exchange) {
        worker.Start([&, exchange] {
            const bool sized = exchange->Head().path != "/chunked";
            auto out =
                exchange->RespondStream({}, sized ? std::optional(length + 4) : std::nullopt);
            if (sized) REQUIRE(out->Write("left"));
            const uint64_t over = exchange->Head().path == "/short" ? from + 1 : 0;
            written = out->WriteFrom({file.get(), from + over, length});
            if (written) REQUIRE(out->Finish());
        });
    });
    const auto answer_to = [&](const std::string& asked) {
        RawClient client(*server);
        client.Say(asked + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        std::string answer = client.HearAll();
        worker.Join();
        return answer;
    };
    const std::string stretch = bytes.substr(from, length);
    CHECK(answer_to("GET /sized").ends_with("\r\n\r\nleft" + stretch));
    CHECK(written);
    const std::string chunked = answer_to("GET /chunked");
    CHECK(chunked.size() > length);
    CHECK(chunked.ends_with("\r\n0\r\n\r\n"));
    CHECK(answer_to("HEAD /sized").ends_with("\r\n\r\n"));
    CHECK(written);
    // One byte less than was announced: the answer is cut off.
    CHECK(answer_to("GET /short").ends_with(bytes.substr(bytes.size() - 1000)));
    CHECK(written.error().code == core::Code::kDataLoss);
}

TEST_CASE("who sends on after a refusal without an end holds nobody up, and is cut") {
    auto server = Serve([](const Exchange& exchange) {
        exchange->Respond({.status = 403, .headers = {}, .body = "no"});
    });
    RawClient endless(*server);
    std::atomic<bool> stop{false};
    std::thread sender([&] {
        endless.Say("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 900000000000\r\n\r\n");
        const std::string piece(1 << 20, 'x');
        for (int i = 0; i < 100'000 && !stop; ++i) endless.Say(piece);
    });
    for (int i = 0; i < 20; ++i) {
        RawClient other(*server);
        other.Say("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        CHECK(other.HearAll().ends_with("no"));
    }
    const auto until = std::chrono::steady_clock::now() + core::seconds(60);
    while (server->Connections() > 0 && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(milliseconds(5));
    }
    CHECK(server->Connections() == 0);
    stop = true;
    sender.join();
}

TEST_CASE("a stream that is not finished cuts the connection") {
    net::HandlerThread worker;
    auto server = Serve([&](Exchange exchange) {
        worker.Start([exchange] {
            auto out = exchange->RespondStream({}, 100);
            REQUIRE(out->Write("only this"));
            CHECK_FALSE(out->Write(std::string(100, 'x')));  // more than was announced
            CHECK_FALSE(out->Finish());
        });
    });
    RawClient client(*server);
    client.Say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(client.HearAll().ends_with("only this"));
    worker.Join();
}

TEST_CASE("slow clients meet their time-outs") {
    // One of them at a time: a client that says what it wants to say late must not meet another.
    auto short_idle = Serve(Echo, {.idle_timeout = milliseconds(60)});
    RawClient idle(*short_idle);
    CHECK(idle.HearAll().empty());
    auto server = Serve(Echo, {.head_timeout = milliseconds(50), .body_timeout = milliseconds(50)});
    RawClient half_head(*server);
    half_head.Say("GET / HTTP/1.1\r\nHo");
    CHECK(half_head.HearAll().starts_with("HTTP/1.1 408"));
    RawClient drip(*server);
    drip.Say("GET / HTTP/1.1\r\nX: ");
    int drops = 0;
    while (drops < 1000 && !drip.Hears(milliseconds(5))) {
        drip.Say("x");
        drops++;
    }
    CHECK(drops < 1000);
    CHECK(drip.HearAll().starts_with("HTTP/1.1 408"));
    RawClient half_body(*server);
    half_body.Say("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    CHECK(half_body.HearAll().starts_with("HTTP/1.1 413"));
}

TEST_CASE("a client that does not read its answer is given up, and one that reads slowly is not") {
    const std::string large(30'000'000, 'x');
    auto server = Serve(
        [&](const Exchange& exchange) {
            exchange->Respond({.status = 200, .headers = {}, .body = large});
        },
        {.body_timeout = core::seconds(4)});
    RawClient deaf(*server);
    deaf.Say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    std::string buffer(2'000'000, 0);
    for (int attempts = 1;; attempts++) {
        RawClient slow(*server);
        slow.Say("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        size_t heard = 0;
        auto longest = core::SteadyTime::duration::zero();
        for (ssize_t got = 1; got > 0;) {
            const auto began = std::chrono::steady_clock::now();
            std::this_thread::sleep_for(milliseconds(320));  // all in all longer than the time-out
            REQUIRE(slow.Hears(milliseconds(20'000)));
            got = ::recv(slow.Descriptor(), buffer.data(), buffer.size(), 0);
            if (got > 0) heard += static_cast<size_t>(got);
            longest = std::max(longest, std::chrono::steady_clock::now() - began);
        }
        if (heard > large.size()) break;
        REQUIRE(longest > core::seconds(2));  // the machine held us up: once more
        REQUIRE(attempts < 10);
    }
    const auto until = std::chrono::steady_clock::now() + core::seconds(60);
    while (server->Connections() > 0 && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(milliseconds(5));
    }
    CHECK(server->Connections() == 0);
}

TEST_CASE("a client that goes is noticed, and one that says no more is answered") {
    core::Guarded<core::Error> error;
    auto server = Serve([&](Exchange exchange) {
        exchange->ReadBody(100, [&error, exchange](core::Result<std::string> body) {
            if (!body) {
                *error.Lock() = body.error();
                error.NotifyAll();
            }
            exchange->Respond({.status = 200, .headers = {}, .body = "answer"});
        });
    });
    RawClient gone(*server);
    gone.Say("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    gone.HangUp();
    {
        auto locked = error.Lock();
        CHECK(locked.WaitUntil(std::chrono::steady_clock::now() + milliseconds(60'000),
                               [&] { return locked->code == core::Code::kCancelled; }));
    }
    RawClient quiet(*server);
    quiet.Say("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
    quiet.SayNoMore();
    CHECK(quiet.HearAll().ends_with("answer"));
}

TEST_CASE("an end that comes with the last bytes, in one event, is noticed") {
    net::IoLoop loop;
    core::Guarded<std::optional<core::Error>> error;
    auto server = Serve(
        [&](Exchange exchange) {
            exchange->ReadBody(100, [&error, exchange](core::Result<std::string> body) {
                *error.Lock() = body ? core::Error() : body.error();
                error.NotifyAll();
                exchange->Respond({.status = 200, .headers = {}, .body = ""});
            });
        },
        {.loop = &loop});
    RawClient client(*server);
    client.Say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    REQUIRE(client.Hear("\r\n\r\n").starts_with("HTTP/1.1 200"));
    error.Lock()->reset();
    net::HeldLoop held(loop);
    client.Say("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    client.HangUp();
    held.Release();
    auto locked = error.Lock();
    CHECK(locked.WaitUntil(std::chrono::steady_clock::now() + milliseconds(60'000),
                           [&] { return locked->has_value(); }));
    CHECK((*locked)->code == core::Code::kCancelled);
}

TEST_CASE("HEAD, 204 and 304 have no body; HTTP/1.0 ends the connection") {
    auto server = Serve([](Exchange exchange) {
        const std::string path = exchange->Head().path;
        if (path == "/204") return exchange->Respond({.status = 204, .headers = {}, .body = "x"});
        net::Response response{.status = 200, .headers = {}, .body = "body"};
        if (path == "/long") response.headers.Set("Content-Length", "12345");
        exchange->Respond(std::move(response));
    });
    RawClient client(*server);
    client.Say("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(client.Hear("\r\n\r\n").find("Content-Length: 4") != std::string::npos);
    client.Say("HEAD /long HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(client.Hear("\r\n\r\n").find("Content-Length: 12345") != std::string::npos);
    client.Say("GET /204 HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(client.Hear("\r\n\r\n").find("Content-Length") == std::string::npos);
    RawClient old(*server);
    old.Say("GET / HTTP/1.0\r\n\r\n");
    CHECK(old.HearAll().ends_with("body"));
}

TEST_CASE("a dropped exchange is answered with 500, a second answer is ignored") {
    auto server = Serve([](Exchange exchange) {
        if (exchange->Head().path == "/drop") return;
        exchange->Respond({.status = 200, .headers = {}, .body = "first"});
        exchange->Respond({.status = 200, .headers = {}, .body = "second"});
    });
    RawClient client(*server);
    client.Say("GET /drop HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(client.Hear("\r\n\r\n").starts_with("HTTP/1.1 500"));
    CHECK(client.Hear("first").starts_with("HTTP/1.1 200"));
}

TEST_CASE("stopping lets answers end and refuses new connections") {
    core::Guarded<Exchange> held;
    auto server = Serve([&](Exchange exchange) {
        *held.Lock() = std::move(exchange);
        held.NotifyAll();
    });
    RawClient client(*server);
    RawClient idle(*server);
    client.Say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    {
        auto locked = held.Lock();
        locked.Wait([&] { return *locked != nullptr; });
    }
    std::thread stopper([&] { server->Stop(milliseconds(10'000)); });
    CHECK(idle.HearAll().empty());
    (*held.Lock())->Respond({.status = 200, .headers = {}, .body = "late"});
    held.Lock()->reset();
    CHECK(client.HearAll().ends_with("late"));
    stopper.join();
    CHECK(server->Connections() == 0);
    CHECK_FALSE(net::detail::Connect(server->Address(),
                                     std::chrono::steady_clock::now() + milliseconds(200)));
    server->Stop(milliseconds(0));
}

TEST_CASE("answers come from any thread, on hundreds of connections") {
    core::Guarded<std::vector<Exchange>> waiting;
    std::atomic<bool> stop{false};
    auto server = Serve([&](Exchange exchange) { waiting.Lock()->push_back(std::move(exchange)); },
                        {.threads = 2});
    std::vector<std::jthread> threads;
    for (int i = 0; i < 2; ++i) {
        threads.emplace_back([&] {
            while (!stop) {
                std::vector<Exchange> batch;
                batch.swap(*waiting.Lock());
                for (const Exchange& exchange : batch) {
                    exchange->Respond(
                        {.status = 200, .headers = {}, .body = exchange->Head().path});
                }
            }
        });
    }
    std::vector<std::unique_ptr<RawClient>> clients;
    // Both ends are of this process, and 1024 files are all that some systems let it open.
    for (int i = 0; i < 400; ++i) clients.push_back(std::make_unique<RawClient>(*server));
    for (int round = 0; round < 5; ++round) {
        for (size_t i = 0; i < clients.size(); ++i) {
            clients[i]->Say("GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n");
        }
        for (size_t i = 0; i < clients.size(); ++i) {
            CHECK(clients[i]->Hear("\r\n\r\n/" + std::to_string(i)).starts_with("HTTP/1.1 200"));
        }
    }
    stop = true;
}
