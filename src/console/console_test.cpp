#include "console/console.h"

#include <doctest/doctest.h>

#include <map>
#include <vector>

#include "access/signature_claim.h"
#include "access/signing_key.h"
#include "access/sigv4.h"
#include "console/test_exchange.h"
#include "core/json.h"

using namespace gyre;
using namespace gyre::console;

namespace {

class Keys final : public access::CredentialSource {
  public:
    Keys() { known["AKIAANN"] = Key("AKIAANN", "ann's secret"); }
    [[nodiscard]] core::Result<access::Credential> Find(const std::string& id) const override {
        const auto found = known.find(id);
        if (found == known.end()) return core::Fail(core::Code::kNotFound, "no such key");
        return found->second;
    }
    static access::Credential Key(std::string id, std::string secret) {
        access::Credential credential;
        credential.access_key_id = std::move(id);
        credential.secret = std::move(secret);
        credential.caller.arn = "arn:aws:iam::1:user/ann";
        credential.caller.account = "1";
        return credential;
    }
    std::map<std::string, access::Credential> known;
};

/// The console before a gate that keeps what it is handed and answers with `gate_answer`.
struct House {
    House() {
        ConsoleOptions options;
        options.gate = [this](const std::shared_ptr<net::Exchange>& exchange) {
            passed.push_back(exchange->Head());
            exchange->Respond(gate_answer);
        };
        options.credentials = &keys;
        options.clock = &clock;
        options.region = "eu-west-1";
        handler = MakeConsole(std::move(options));
    }

    net::Response Ask(std::string method, std::string target, net::Headers headers = {},
                      std::string body = {}) {
        auto exchange = std::make_shared<TestExchange>(std::move(method), std::move(target),
                                                       std::move(headers), std::move(body));
        handler(exchange);
        return exchange->answer;
    }

    net::Response SignIn(const std::string& secret, const std::string& key = "AKIAANN") {
        net::Headers headers;
        headers.Add("Content-Type", "application/json");
        headers.Add("X-Gyre-Token", "sign-in");
        return Ask(
            "POST", "/-/session", headers,
            core::JsonText(core::JsonObject{{"accessKeyId", key}, {"secretAccessKey", secret}}));
    }

    /// Headers of a session's call.
    net::Headers Session() {
        const auto answer = SignIn("ann's secret");
        REQUIRE(answer.status == 200);
        const std::string cookie(answer.headers.Get("Set-Cookie"));
        net::Headers headers;
        headers.Add("Cookie", "other=1; " + cookie.substr(0, cookie.find(';')));
        const auto told = core::ParseJson(answer.body);
        headers.Add("X-Gyre-Token", std::string(*core::JsonString(*told, "token")));
        return headers;
    }

    core::FakeClock clock;
    Keys keys;
    std::vector<net::RequestHead> passed;
    net::Response gate_answer{.status = 200, .headers = {}, .body = "from the gate"};
    net::Handler handler;
};

net::Headers Header(std::string name, std::string value) {
    net::Headers headers;
    headers.Add(std::move(name), std::move(value));
    return headers;
}

}  // namespace

TEST_CASE("a browser gets the page at /, everybody else the gate") {
    House house;
    const auto page = house.Ask("GET", "/", Header("Accept", "text/html,*/*"));
    CHECK(page.status == 200);
    CHECK(page.headers.Get("Content-Type") == "text/html; charset=utf-8");
    const std::string policy(page.headers.Get("Content-Security-Policy"));
    CHECK(policy.find("script-src 'self';") != policy.npos);
    CHECK(policy.find("unsafe") == policy.npos);
    CHECK(policy.find("frame-ancestors 'none'") != policy.npos);
    CHECK(house.passed.empty());

    net::Headers signed_browser = Header("Accept", "text/html");
    signed_browser.Add("Authorization", "AWS4-HMAC-SHA256 …");
    CHECK(house.Ask("GET", "/", signed_browser).body == "from the gate");
    CHECK(house.Ask("GET", "/").body == "from the gate");
    CHECK(house.Ask("POST", "/", Header("Accept", "text/html")).body == "from the gate");
    CHECK(house.Ask("GET", "/?X-Amz-Signature=1", Header("Accept", "text/html")).body ==
          "from the gate");
    CHECK(house.Ask("GET", "/bucket/key").body == "from the gate");
    CHECK(house.passed.size() == 5);
}

TEST_CASE("files come in the encoding that is asked for, and are not sent twice") {
    House house;
    const auto plain = house.Ask("GET", "/", Header("Accept", "text/html"));
    CHECK_FALSE(plain.headers.Find("Content-Encoding"));
    for (const auto& [accepted, encoding] : std::map<std::string, std::string>{
             {"gzip, deflate, br", "br"}, {"gzip", "gzip"}, {"br;q=0, gzip;q=0.5", "gzip"}}) {
        net::Headers headers = Header("Accept", "text/html");
        headers.Add("Accept-Encoding", accepted);
        const auto answer = house.Ask("GET", "/", headers);
        INFO(accepted);
        CHECK(answer.headers.Get("Content-Encoding") == encoding);
        CHECK(answer.body.size() < plain.body.size());
    }
    net::Headers again = Header("Accept", "text/html");
    again.Add("If-None-Match", std::string(plain.headers.Get("ETag")));
    CHECK(house.Ask("GET", "/", again).status == 304);
    CHECK(house.Ask("GET", "/-/assets/none.js").status == 404);
}

TEST_CASE("signing in takes the right secret, and gives a cookie that scripts cannot read") {
    House house;
    const auto answer = house.SignIn("ann's secret");
    CHECK(answer.status == 200);
    const std::string cookie(answer.headers.Get("Set-Cookie"));
    CHECK(cookie.find("; HttpOnly; SameSite=Strict") != cookie.npos);
    CHECK(answer.body.find("secret") == answer.body.npos);
    const auto wrong = house.SignIn("ann's other secret");
    CHECK(wrong.status == 403);
    CHECK_FALSE(wrong.headers.Find("Set-Cookie"));
    CHECK(house.SignIn("", "AKIABEN").body == wrong.body);
    CHECK(house.SignIn("").status == 403);
    // A form of another site: no JSON, or no header of its own.
    CHECK(house.Ask("POST", "/-/session", Header("X-Gyre-Token", "sign-in"), "{}").status == 403);
    CHECK(
        house.Ask("POST", "/-/session", Header("Content-Type", "application/json"), "{}").status ==
        403);
}

TEST_CASE("temporary keys need their token, and end") {
    House house;
    auto key = Keys::Key("ASIA1", "s");
    key.session_token = "t";
    key.expires = house.clock.WallNow() + core::seconds(60);
    house.keys.known["ASIA1"] = key;
    net::Headers headers = Header("Content-Type", "application/json");
    headers.Add("X-Gyre-Token", "sign-in");
    const std::string without = R"({"accessKeyId":"ASIA1","secretAccessKey":"s"})";
    const std::string with = R"({"accessKeyId":"ASIA1","secretAccessKey":"s","sessionToken":"t"})";
    CHECK(house.Ask("POST", "/-/session", headers, without).status == 403);
    CHECK(house.Ask("POST", "/-/session", headers, with).status == 200);
    house.clock.SetWall(*key.expires);
    CHECK(house.Ask("POST", "/-/session", headers, with).status == 403);
}

TEST_CASE("after ten wrong keys an address waits for a minute") {
    House house;
    for (int i = 0; i < 10; ++i) CHECK(house.SignIn("wrong").status == 403);
    const auto refused = house.SignIn("ann's secret");
    CHECK(refused.status == 429);
    CHECK(refused.headers.Get("Retry-After") == "60");
    house.clock.Advance(core::seconds(60));
    CHECK(house.SignIn("ann's secret").status == 200);
}

TEST_CASE("a session's call reaches the gate signed with its key, at the API's own path") {
    House house;
    net::Headers headers = house.Session();
    headers.Add("Content-Type", "text/plain");
    headers.Add("Origin", "http://localhost");
    headers.Add("X-Amz-Security-Token", "somebody's");
    const auto answer = house.Ask("PUT", "/-/api/s3/bucket/a%20b?partNumber=1", headers);
    CHECK(answer.body == "from the gate");
    REQUIRE(house.passed.size() == 1);
    const net::RequestHead& head = house.passed[0];
    CHECK(head.path == "/bucket/a%20b");
    CHECK(head.target == "/bucket/a%20b?partNumber=1");
    CHECK(head.query == "partNumber=1");
    for (const char* name : {"Cookie", "X-Gyre-Token", "Origin", "X-Amz-Security-Token"}) {
        INFO(name);
        CHECK_FALSE(head.headers.Find(name));
    }
    const auto claim = access::ReadClaim(head, access::ErrorStyle::kS3);
    REQUIRE(claim);
    REQUIRE(*claim);
    CHECK((*claim)->access_key_id == "AKIAANN");
    CHECK((*claim)->service == "s3");
    CHECK((*claim)->region == "eu-west-1");
    access::SigningKeyCache cache;
    CHECK(access::CheckSignature(head, **claim, house.keys.known["AKIAANN"], "UNSIGNED-PAYLOAD",
                                 cache, access::ErrorStyle::kS3));
}

TEST_CASE("what an API answers to a session is no page of the console's") {
    House house;
    house.gate_answer.headers.Add("Content-Type", "text/html");
    house.gate_answer.headers.Add("Cache-Control", "public");
    const auto answer = house.Ask("GET", "/-/api/s3/bucket/evil.html", house.Session());
    CHECK(answer.headers.Get("Content-Security-Policy") == "sandbox; default-src 'none'");
    CHECK(answer.headers.Get("X-Content-Type-Options") == "nosniff");
    CHECK(answer.headers.Get("Cache-Control") == "private, no-cache");
    // Nor is what a presigned URL or a public bucket shows.
    CHECK(
        house.Ask("GET", "/b/evil.html?X-Amz-Signature=1").headers.Get("Content-Security-Policy") ==
        "sandbox");
    CHECK(house.Ask("GET", "/b/evil.html").headers.Get("Content-Security-Policy") == "sandbox");
    house.gate_answer.headers.Set("Content-Type", "image/png");
    CHECK_FALSE(house.Ask("GET", "/b/picture.png").headers.Find("Content-Security-Policy"));
    house.gate_answer.headers.Remove("Content-Type");
    CHECK(house.Ask("GET", "/b/guess").headers.Find("Content-Security-Policy"));
}

TEST_CASE("a call without session, token or from another site is refused before the gate") {
    House house;
    const net::Headers good = house.Session();
    CHECK(house.Ask("GET", "/-/api/s3/").status == 401);
    CHECK(house.Ask("GET", "/-/api/s3/", Header("Cookie", "gyre=0123")).status == 401);
    net::Headers no_token = Header("Cookie", std::string(good.Get("Cookie")));
    CHECK(house.Ask("POST", "/-/api/sagemaker/", no_token).status == 403);
    CHECK(house.Ask("DELETE", "/-/session", no_token).status == 403);
    net::Headers wrong = no_token;
    wrong.Add("X-Gyre-Token", std::string(64, '0'));
    CHECK(house.Ask("POST", "/-/api/sagemaker/", wrong).status == 403);
    net::Headers elsewhere = good;
    elsewhere.Add("Sec-Fetch-Site", "same-site");
    CHECK(house.Ask("GET", "/-/api/s3/", elsewhere).status == 403);
    elsewhere.Set("Sec-Fetch-Site", "none");
    CHECK(house.Ask("POST", "/-/api/sagemaker/", elsewhere).status == 403);
    CHECK(house.Ask("GET", "/-/api/s3", good).status == 404);
    CHECK(house.passed.empty());
    CHECK(house.Ask("GET", "/-/api/s3/", elsewhere).status == 200);
    CHECK(house.Ask("GET", "/-/api/s3/", no_token).status == 200);
}

TEST_CASE("a session ends by signing out, and with its key") {
    House house;
    const net::Headers first = house.Session();
    const net::Headers second = house.Session();
    CHECK(house.Ask("GET", "/-/session", first).status == 200);
    const auto out = house.Ask("DELETE", "/-/session", first);
    CHECK(out.status == 200);
    const std::string cookie(out.headers.Get("Set-Cookie"));
    CHECK(cookie.find("Max-Age=0") != cookie.npos);
    CHECK(house.Ask("GET", "/-/session", first).status == 401);
    CHECK(house.Ask("GET", "/-/api/s3/", second).status == 200);
    house.keys.known.clear();
    CHECK(house.Ask("GET", "/-/api/s3/", second).status == 401);
    CHECK(house.Ask("GET", "/-/session", second).status == 401);
}
