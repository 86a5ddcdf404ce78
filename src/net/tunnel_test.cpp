#include <doctest/doctest.h>

#include "net/http_server.h"
#include "net/test_raw_client.h"
#include "net/test_tls.h"

using namespace gyre;
using core::milliseconds;
using net::detail::Outcome;

namespace {

struct Proxy {
    explicit Proxy(milliseconds head_timeout = milliseconds(10'000)) {
        net::HttpServerOptions options;
        options.tls = tls.server.get();
        options.head_timeout = head_timeout;
        options.answers_for = [](std::string_view host, uint16_t port) {
            return host.ends_with(".amazonaws.com") && port == 443;
        };
        options.tunnel_refusal = "only AWS's names are answered here";
        auto started = net::HttpServer::Start(options, [](std::shared_ptr<net::Exchange> exchange) {
            const auto& head = exchange->Head();
            exchange->Respond({.status = 200,
                               .headers = {},
                               .body = std::string(head.headers.Get("Host")) +
                                       (head.secure ? " secure" : " plain")});
        });
        REQUIRE(started);
        server = std::move(*started);
    }

    net::TestTls tls;
    std::unique_ptr<net::HttpServer> server;
};

std::string Connect(const std::string& target) {
    return "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n\r\n";
}

constexpr const char* kEstablished = "HTTP/1.1 200 Connection established\r\n\r\n";

}  // namespace

TEST_CASE("a tunnel to a name that is answered here ends here, under its certificate") {
    const Proxy proxy;
    net::RawClient raw(*proxy.server);
    raw.Say(Connect("STS.us-east-1.amazonaws.com:443"));
    CHECK(raw.Hear("\r\n\r\n") == kEstablished);
    net::TestSession session(proxy.tls, raw.Descriptor(), "sts.us-east-1.amazonaws.com");
    REQUIRE(session.ShakeHands() == Outcome::kDone);
    for (int i = 0; i < 3; ++i) {
        session.Say("GET / HTTP/1.1\r\nHost: sts.us-east-1.amazonaws.com\r\n\r\n");
        const std::string answer = session.Hear("secure");
        CHECK(answer.ends_with("sts.us-east-1.amazonaws.com secure"));
    }
    session.Say(Connect("sts.us-east-1.amazonaws.com:443"));
    CHECK(session.Hear("once").starts_with("HTTP/1.1 501 "));
}

TEST_CASE("plain http and bytes that did not wait for the answer pass a tunnel too") {
    const Proxy proxy;
    net::RawClient raw(*proxy.server);
    raw.Say(Connect("s3.amazonaws.com:443") + "GET / HTTP/1.1\r\nHost: s3.amazonaws.com\r\n\r\n");
    const std::string answer = raw.Hear("plain");
    CHECK(answer.starts_with(kEstablished));
    CHECK(answer.ends_with("s3.amazonaws.com plain"));
    raw.Say(Connect("s3.amazonaws.com:443"));
    CHECK(raw.HearAll().starts_with("HTTP/1.1 501 "));
}

TEST_CASE("a tunnel to anywhere else is refused with a reason") {
    const Proxy proxy;
    for (const char* target : {"example.com:443", "sts.us-east-1.amazonaws.com:80",
                               "amazonaws.com.example.com:443", "127.0.0.1:22", "[::1]:443"}) {
        net::RawClient raw(*proxy.server);
        raw.Say(Connect(target));
        const std::string heard = raw.HearAll();
        CHECK(heard.starts_with("HTTP/1.1 403 only AWS's names are answered here\r\n"));
        CHECK(heard.find(std::string(target) + ": only AWS's names") != std::string::npos);
    }
    for (const char* target :
         {"example.com", ":443", "a:", "a:0", "a:65536", "a:4x", "http://a:443", "u@a:443", "/"}) {
        CAPTURE(target);
        net::RawClient raw(*proxy.server);
        raw.Say(Connect(target));
        CHECK(raw.HearAll().starts_with("HTTP/1.1 400 "));
    }
    auto started = net::HttpServer::Start({}, [](const std::shared_ptr<net::Exchange>&) {});
    net::RawClient raw(**started);
    raw.Say(Connect("sts.amazonaws.com:443"));
    CHECK(raw.HearAll().starts_with("HTTP/1.1 501 "));
}

TEST_CASE("a tunnel in which nothing is said is closed in time") {
    const Proxy proxy(milliseconds(80));
    net::RawClient raw(*proxy.server);
    raw.Say(Connect("logs.us-east-1.amazonaws.com:443"));
    CHECK(raw.HearAll() == kEstablished);
}
