#include "net/tls.h"

#include <doctest/doctest.h>
#include <openssl/ssl.h>

#include <array>
#include <cstring>
#include <thread>

#include "core/file_system.h"
#include "core/temp_dir.h"
#include "core/worker_pool.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "net/test_raw_client.h"
#include "net/test_tls.h"

using namespace gyre;
using core::milliseconds;
using net::detail::Outcome;
using TlsExchange = std::shared_ptr<net::Exchange>;

namespace {

std::unique_ptr<net::HttpServer> ServeTls(net::HttpServerOptions options, net::Handler handler) {
    auto server = net::HttpServer::Start(std::move(options), std::move(handler));
    REQUIRE(server);
    return std::move(*server);
}

/// Says whether it came over TLS, and what it said.
void TlsEcho(const TlsExchange& exchange) {
    exchange->ReadBody(64 << 20, [exchange](core::Result<std::string> body) {
        const std::string text = exchange->Head().secure ? "secure " : "plain ";
        exchange->Respond({.status = 200, .headers = {}, .body = text + body.value_or("")});
    });
}

constexpr const char* kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

}  // namespace

TEST_CASE("one port speaks https and http, as a connection's first byte says") {
    const net::TestTls tls;
    auto server = ServeTls({.tls = tls.server.get()}, TlsEcho);
    net::HttpClient https(server->Address(), tls.client);
    net::HttpClient http(server->Address());
    for (const size_t size : {0U, 1U, 16'384U, 5'000'000U}) {
        net::ClientRequest request{.method = "POST", .target = "/", .headers = {}, .body = {}};
        request.body.assign(size, 'x');
        const auto secure = https.Send(request, milliseconds(10'000));
        REQUIRE(secure);
        CHECK(secure->body == "secure " + request.body);
        CHECK(http.Send(request, milliseconds(10'000))->body == "plain " + request.body);
    }
    // Only an authority that the client trusts will do, and only for the name that it asked for.
    const auto others = *net::TlsClient::Trusting({});
    const auto refused = net::HttpClient(server->Address(), others).Send({}, milliseconds(5'000));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("not trusted") != std::string::npos);
    const net::RawClient raw(*server);
    net::TestSession session(tls, raw.Descriptor(), "elsewhere.example");
    CHECK(session.ShakeHands() == Outcome::kBroken);
    CHECK_FALSE(net::TlsClient::Trusting("/no/such/file"));
}

TEST_CASE("bodies stream both ways under TLS, from threads that wait") {
    const net::TestTls tls;
    core::WorkerPool pool("test", 2, 16);
    auto server = ServeTls({.tls = tls.server.get()}, [&](const TlsExchange& exchange) {
        REQUIRE(pool.TrySubmit([exchange] {
            std::array<char, 10'000> buffer;
            auto writer = exchange->RespondStream({.status = 200, .headers = {}}, std::nullopt);
            while (true) {
                const auto got = exchange->Body().Read(buffer);
                REQUIRE(got);
                if (*got == 0) break;
                REQUIRE(writer->Write({buffer.data(), *got}));
            }
            REQUIRE(writer->Finish());
        }));
    });
    net::HttpClient client(server->Address(), tls.client);
    // Smaller than what sockets hold both ways, as this client first sends and then listens.
    const std::string body(120'000, 'q');
    for (int i = 0; i < 20; ++i) {
        const auto answer = client.Send(
            {.method = "PUT", .target = "/", .headers = {}, .body = body}, milliseconds(10'000));
        REQUIRE(answer);
        CHECK(answer->body == body);
    }
}

TEST_CASE("a stretch of a file is sent under TLS too") {
    const net::TestTls tls;
    const core::TempDir folder;
    const std::string bytes(1'000'000, 'q');
    REQUIRE(core::WriteFileAtomically(core::RealFileSystem(), folder.Path() / "f", bytes));
    const auto file = core::RealFileSystem().Open(folder.Path() / "f").value();
    core::WorkerPool pool("test", 1, 1);
    auto server = ServeTls({.tls = tls.server.get()}, [&](const TlsExchange& exchange) {
        REQUIRE(pool.TrySubmit([&, exchange] {
            auto writer = exchange->RespondStream({.status = 200, .headers = {}}, 999'000);
            REQUIRE(writer->WriteFrom({file.get(), 1'000, 999'000}));
            REQUIRE(writer->Finish());
        }));
    });
    net::HttpClient client(server->Address(), tls.client);
    const auto answer = client.Send({}, milliseconds(10'000));
    REQUIRE(answer);
    CHECK(answer->body == bytes.substr(1'000));
}

TEST_CASE("requests under TLS may be cut anywhere and follow each other in one record") {
    const net::TestTls tls;
    auto server = ServeTls({.tls = tls.server.get()}, TlsEcho);
    const net::RawClient raw(*server);
    net::TestSession session(tls, raw.Descriptor(), "localhost");
    REQUIRE(session.ShakeHands() == Outcome::kDone);
    const std::string request =
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    for (const char c : request) session.Say({&c, 1});
    CHECK(session.Hear("secure abc").ends_with("secure abc"));
    std::string many;
    for (int i = 0; i < 200; ++i) many += request;
    session.Say(many);
    std::string heard;
    for (size_t count = 0; count < 200;) {
        heard += session.Hear("secure abc");
        count = 0;
        for (size_t at = 0; (at = heard.find("secure abc", at)) != std::string::npos; ++at) ++count;
    }
    session.Say("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    session.Hear("secure ");
    char byte = 0;
    const Outcome end = session.Session().Receive({&byte, 1}).outcome;
    CHECK((end == Outcome::kEnded || end == Outcome::kWaitToReceive));
}

TEST_CASE("plain http on a TLS port and TLS on a plain one are told what is wrong") {
    const net::TestTls tls;
    auto secure = ServeTls({.tls = tls.server.get(), .tls_only = true}, TlsEcho);
    net::RawClient plain(*secure);
    plain.Say(kGet);
    const std::string heard = plain.HearAll();
    CHECK(heard.starts_with("HTTP/1.1 400 "));
    CHECK(heard.find("https") != std::string::npos);
    net::HttpClient https(secure->Address(), tls.client);
    CHECK(https.Send({}, milliseconds(5'000))->body == "secure ");

    auto without = ServeTls({}, TlsEcho);
    const net::RawClient raw(*without);
    net::TestSession session(tls, raw.Descriptor(), "localhost");
    CHECK(session.ShakeHands() == Outcome::kBroken);
    CHECK(session.Session().Reason().find("protocol version") != std::string::npos);
}

TEST_CASE("half a handshake ends in time, and a broken one at once") {
    const net::TestTls tls;
    auto server = ServeTls({.head_timeout = milliseconds(100), .tls = tls.server.get()}, TlsEcho);
    const auto began = std::chrono::steady_clock::now();
    net::RawClient half(*server);
    half.Say(std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01", 8));
    CHECK(half.HearAll().empty());
    CHECK(std::chrono::steady_clock::now() - began >= milliseconds(100));
    net::RawClient garbage(*server);
    garbage.Say(std::string_view("\x16\x03\x01\x00\x05hello", 10));
    CHECK(garbage.HearAll().starts_with("\x15"));  // an alert
    net::RawClient nonsense(*server);
    nonsense.Say("\x16GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(nonsense.HearAll().empty());
    net::RawClient gone(*server);
    gone.Say("\x16");
    gone.HangUp();
    net::RawClient idle(*server);
    CHECK_FALSE(idle.Hears(milliseconds(200)));  // silence is not half a handshake
    idle.Say(kGet);
    CHECK(idle.Hear("plain ").ends_with("plain "));
    // Nobody is left behind by the time that the server ends.
    net::RawClient waits(*server);
    waits.Say("\x16\x03");
    server->Stop(milliseconds(0));
    CHECK(server->Connections() == 0);
}

TEST_CASE("a client that does not read its answer is given up under TLS too") {
    const net::TestTls tls;
    const std::string large(30'000'000, 'x');
    auto server = ServeTls({.body_timeout = milliseconds(100), .tls = tls.server.get()},
                           [&](const TlsExchange& exchange) {
                               exchange->Respond({.status = 200, .headers = {}, .body = large});
                           });
    const net::RawClient raw(*server);
    net::TestSession session(tls, raw.Descriptor(), "localhost");
    REQUIRE(session.ShakeHands() == Outcome::kDone);
    session.Say(kGet);
    const auto until = std::chrono::steady_clock::now() + core::seconds(60);
    while (server->Connections() > 0 && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(milliseconds(5));
    }
    CHECK(server->Connections() == 0);
}

TEST_CASE("an old protocol or only other protocols above TLS are refused") {
    const net::TestTls tls;
    auto server = ServeTls({.tls = tls.server.get()}, TlsEcho);
    const auto try_with = [&](auto&& set) {
        set(tls.client->Context());
        const net::RawClient raw(*server);
        net::TestSession session(tls, raw.Descriptor(), "localhost");
        return session.ShakeHands();
    };
    CHECK(try_with([](SSL_CTX* context) {
              SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
          }) == Outcome::kDone);
    CHECK(try_with([](SSL_CTX* context) {
              SSL_CTX_set_min_proto_version(context, TLS1_1_VERSION);
              SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
              SSL_CTX_set_security_level(context, 0);
          }) == Outcome::kBroken);
    CHECK(try_with([](SSL_CTX* context) {
              SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION);
              SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
              constexpr std::array<unsigned char, 3> kH2 = {2, 'h', '2'};
              SSL_CTX_set_alpn_protos(context, kH2.data(), kH2.size());
          }) == Outcome::kBroken);
}

TEST_CASE("a session is taken up again by its ticket, under TLS 1.2 and 1.3") {
    const net::TestTls tls;
    auto server = ServeTls({.tls = tls.server.get()}, TlsEcho);
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        CAPTURE(version);
        SSL_CTX* const context = tls.client->Context();
        SSL_CTX_set_max_proto_version(context, version);
        SSL_SESSION* kept = nullptr;
        const auto visit = [&] {
            const net::RawClient raw(*server);
            BIO* const bio = BIO_new_socket(raw.Descriptor(), BIO_NOCLOSE);
            SSL* const ssl = SSL_new(context);
            SSL_set_bio(ssl, bio, bio);
            SSL_set1_host(ssl, "localhost");
            if (kept != nullptr) SSL_set_session(ssl, kept);
            const auto wait = [&] {
                REQUIRE(
                    net::detail::PollUntil(raw.Descriptor(), POLLIN,
                                           std::chrono::steady_clock::now() + core::seconds(60)));
            };
            while (SSL_connect(ssl) != 1) wait();
            SSL_write(ssl, kGet, static_cast<int>(std::strlen(kGet)));
            char answer[4096];
            while (SSL_read(ssl, answer, sizeof answer) <= 0) wait();
            const bool reused = SSL_session_reused(ssl) == 1;
            SSL_SESSION_free(std::exchange(kept, SSL_get1_session(ssl)));
            SSL_shutdown(ssl);
            SSL_free(ssl);
            return reused;
        };
        CHECK_FALSE(visit());
        CHECK(visit());
        SSL_SESSION_free(kept);
    }
}
