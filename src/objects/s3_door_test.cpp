// What browsers get: preflights, CORS headers, uploads by a form.

#include <doctest/doctest.h>

#include <thread>

#include "core/digest.h"
#include "objects/post_policy.h"
#include "objects/s3_door.h"
#include "objects/test_s3.h"

using namespace gyre::objects;

namespace {

constexpr auto kSecret = "secret";

class OneKey final : public gyre::access::CredentialSource {
  public:
    [[nodiscard]] gyre::core::Result<gyre::access::Credential> Find(
        const std::string& id) const override {
        if (id != "AKID") return gyre::core::Fail(gyre::core::Code::kNotFound, "no such key");
        gyre::access::Credential credential;
        credential.access_key_id = id;
        credential.secret = kSecret;
        credential.caller = {"000000000000", "arn:aws:iam::000000000000:user/u", "u", id};
        return credential;
    }
};

struct Door : TestS3 {
    Door() {
        REQUIRE(Outcome("PUT", "/bkt") == "200");
        S3DoorOptions options;
        options.store = &Store();
        options.credentials = &keys;
        options.pool = &pool;
        options.clock = &Clock();
        options.s3.allowed = [this](const gyre::wire::CallContext& context,
                                    const std::string& permission,
                                    const std::string& resource) -> gyre::core::Status {
            asked = context.caller.arn + " " + resource;
            facts = context.facts;
            permissions.push_back(permission);
            if (!context.caller.arn.empty()) return {};
            return gyre::core::Fail(gyre::core::Code::kPermissionDenied, "AccessDenied", "no");
        };
        handler = MakeS3Door(options, [](std::shared_ptr<gyre::net::Exchange> exchange) {
            exchange->Respond({200, {}, "behind the door"});
        });
    }

    gyre::net::Response Knock(const std::string& method, const std::string& path,
                              const TestS3::Fields& headers, const std::string& body = "") {
        auto exchange = std::make_shared<TestExchange>(body);
        exchange->head.method = method;
        exchange->head.path = exchange->head.target = path;
        exchange->head.remote_address = "10.0.0.1";
        for (const auto& [name, value] : headers) exchange->head.headers.Add(name, value);
        handler(exchange);
        for (int i = 0; i < 5000 && !exchange->finished; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        REQUIRE(exchange->finished);
        return exchange->response;
    }
    gyre::net::Response Post(const FormFields& fields, const std::string& file,
                             TestS3::Fields headers = {}) {
        std::string body;
        for (const auto& [name, value] : fields) {
            body += "--x\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value +
                    "\r\n";
        }
        body += "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f.txt\"\r\n\r\n" +
                file + "\r\n--x--\r\n";
        headers.emplace_back("Content-Type", "multipart/form-data; boundary=x");
        return Knock("POST", "/bkt", headers, body);
    }

    OneKey keys;
    gyre::core::WorkerPool pool{"test", 1, 10};
    gyre::net::Handler handler;
    std::string asked;
    gyre::access::ConditionContext facts;
    std::vector<std::string> permissions;
};

std::string Policy(const std::string& more = "") {
    return gyre::core::Base64Encode(
        R"({"expiration":"2130-01-01T00:00:00Z","conditions":[{"bucket":"bkt"},)"
        R"(["starts-with","$key",""],["content-length-range",1,20])" +
        more + "]}");
}

FormFields Signed(FormFields fields, const std::string& policy) {
    fields.emplace_back("policy", policy);
    fields.emplace_back("AWSAccessKeyId", "AKID");
    fields.emplace_back("signature",
                        gyre::core::Base64Encode(gyre::core::HmacSha1(kSecret, policy)));
    return fields;
}

}  // namespace

TEST_CASE("a preflight is answered by the bucket's rules") {
    Door door;
    const TestS3::Fields asking = {{"Origin", "https://a.example.com"},
                                   {"Access-Control-Request-Method", "PUT"},
                                   {"Access-Control-Request-Headers", "X-Amz-Date, x-other"}};
    CHECK(door.Knock("OPTIONS", "/bkt/k", asking).status == 403);
    door.Ask("PUT", "/bkt?cors",
             "<CORSConfiguration><CORSRule><AllowedMethod>PUT</AllowedMethod><AllowedOrigin>"
             "https://*.example.com</AllowedOrigin><AllowedHeader>x-*</AllowedHeader><ExposeHeader>"
             "ETag</ExposeHeader><MaxAgeSeconds>60</MaxAgeSeconds></CORSRule><CORSRule>"
             "<AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule>"
             "</CORSConfiguration>");
    const auto allowed = door.Knock("OPTIONS", "/bkt/k", asking);
    CHECK(allowed.status == 200);
    CHECK(Header(allowed, "Access-Control-Allow-Origin") == "https://a.example.com");
    CHECK(Header(allowed, "Access-Control-Allow-Methods") == "PUT");
    CHECK(Header(allowed, "Access-Control-Allow-Headers") == "x-amz-date, x-other");
    CHECK(Header(allowed, "Access-Control-Expose-Headers") == "ETag");
    CHECK(Header(allowed, "Access-Control-Max-Age") == "60");
    CHECK(door.Knock("OPTIONS", "/bkt/k",
                     {{"Origin", "https://evil.com"}, {"Access-Control-Request-Method", "PUT"}})
              .status == 403);
    CHECK(door.Knock("OPTIONS", "/bkt/k", {{"Access-Control-Request-Method", "PUT"}}).status ==
          400);
    CHECK(door.Knock("OPTIONS", "/other/k", asking).status == 403);
}

TEST_CASE("answers carry CORS headers where a rule fits") {
    Door door;
    door.Ask("PUT", "/bkt?cors",
             "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*"
             "</AllowedOrigin></CORSRule></CORSConfiguration>");
    const auto got = door.Knock("GET", "/bkt/k", {{"Origin", "https://a.com"}});
    CHECK(got.body == "behind the door");
    CHECK(Header(got, "Access-Control-Allow-Origin") == "*");
    CHECK(Header(door.Knock("GET", "/bkt/k", {}), "Access-Control-Allow-Origin") == "");
    CHECK(Header(door.Knock("PUT", "/bkt/k", {{"Origin", "https://a.com"}}),
                 "Access-Control-Allow-Origin") == "");
    CHECK(
        Header(door.Knock("PUT", "/bkt/k",
                          {{"Origin", "https://a.com"}, {"Access-Control-Request-Method", "GET"}}),
               "Access-Control-Allow-Origin") == "*");
}

TEST_CASE("a form that its signer allowed becomes an object") {
    Door door;
    const auto made = door.Post(Signed({{"key", "in/${filename}"}}, Policy()), "hello");
    CHECK(made.status == 204);
    CHECK(Header(made, "ETag") == "\"5d41402abc4b2a76b9719d911017c592\"");
    CHECK(door.asked == "arn:aws:iam::000000000000:user/u arn:aws:s3:::bkt/in/f.txt");
    CHECK(door.Ask("GET", "/bkt/in/f.txt").body == "hello");
    // It is the key as written that the policy is about.
    const std::string only_f =
        gyre::core::Base64Encode(R"({"expiration":"2130-01-01T00:00:00Z","conditions":[)"
                                 R"({"bucket":"bkt"},["starts-with","$key","f.t"]]})");
    CHECK(door.Post(Signed({{"key", "${filename}"}}, only_f), "hello").status == 204);
    CHECK(door.Post(Signed({{"key", "x${filename}"}}, only_f), "hello").status == 403);
    door.permissions.clear();
    const auto created = door.Post(
        Signed({{"key", "k"},
                {"success_action_status", "201"},
                {"x-amz-meta-m", "1"},
                {"Content-Type", "text/plain"},
                {"acl", "private"},
                {"tagging",
                 "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet>"
                 "</Tagging>"}},
               Policy(R"(,{"success_action_status":"201"},{"x-amz-meta-m":"1"},{"acl":"private"},)"
                      R"(["starts-with","$Content-Type",""],["starts-with","$tagging",""])")),
        "x");
    CHECK(created.status == 201);
    CHECK(Element(created.body, "Key") == "k");
    CHECK(gyre::access::FindContext(door.facts, "aws:SourceIp") == "10.0.0.1");
    CHECK(gyre::access::FindContext(door.facts, "s3:x-amz-acl") == "private");
    CHECK(gyre::access::FindContext(door.facts, "s3:RequestObjectTag/a") == "1");
    CHECK(door.permissions == std::vector<std::string>{"s3:PutObject", "s3:PutObjectTagging"});
    const auto kept = door.Ask("GET", "/bkt/k");
    CHECK(Header(kept, "x-amz-meta-m") == "1");
    CHECK(Header(kept, "Content-Type") == "text/plain");
    CHECK(Header(kept, "x-amz-tagging-count") == "1");
    // Of the object a form's own headers say nothing.
    CHECK(door.Post(Signed({{"key", "l"}}, Policy()), "x",
                    {{"x-amz-acl", "private"}, {"x-amz-tagging", "a=1"}})
              .status == 204);
    CHECK_FALSE(gyre::access::FindContext(door.facts, "s3:x-amz-acl"));
    CHECK_FALSE(gyre::access::FindContext(door.facts, "s3:RequestObjectTag/a"));
    // Fields in Latin-1 as headers in Latin-1.
    CHECK(door.Post(Signed({{"key", "l"}, {"x-amz-meta-m", "\xe9"}},
                           Policy(R"(,["starts-with","$x-amz-meta-m",""])")),
                    "x")
              .status == 204);
    CHECK(Header(door.Ask("GET", "/bkt/l"), "x-amz-meta-m") == "\u00e9");
    CHECK(door.Post(Signed({{"key", "open"}, {"acl", "public-read"}},
                           Policy(R"(,{"acl":"public-read"})")),
                    "x")
              .status == 204);
    CHECK(Elements(door.Ask("GET", "/bkt/open?acl").body, "Permission") ==
          std::vector<std::string>{"READ", "FULL_CONTROL"});
}

TEST_CASE("a form that was not signed for, or not for this, makes nothing") {
    Door door;
    const std::string policy = Policy();
    CHECK(door.Post({{"key", "k"}}, "x").status == 403);  // anonymous
    FormFields forged = Signed({{"key", "k"}}, policy);
    forged.back().second = gyre::core::Base64Encode("no");
    CHECK(door.Post(forged, "x").status == 403);
    FormFields unsigned_form = Signed({{"key", "k"}}, policy);
    unsigned_form.pop_back();
    CHECK(door.Post(unsigned_form, "x").status == 400);
    FormFields stranger = Signed({{"key", "k"}}, policy);
    stranger[2].second = "NOBODY";
    CHECK(door.Post(stranger, "x").status == 403);
    CHECK(door.Post(Signed({{"key", "k"}, {"x-amz-meta-extra", "1"}}, policy), "x").status == 403);
    CHECK(door.Post(Signed({}, policy), "x").status == 400);             // no key
    CHECK(door.Post(Signed({{"key", "k"}}, policy), "").status == 400);  // too small
    CHECK(door.Post(Signed({{"key", "k"}}, policy), std::string(21, 'x')).status == 400);
    CHECK(door.Outcome("GET", "/bkt/k") == "404 NoSuchKey");
}

TEST_CASE("forms are signed with version 4 too") {
    Door door;
    const std::string policy =
        Policy(R"(,["starts-with","$x-amz-algorithm",""],["starts-with","$x-amz-credential",""],)"
               R"(["starts-with","$x-amz-date",""])");
    // AWS4-HMAC-SHA256: the key of the day, the region and the service.
    std::string key = std::string("AWS4") + kSecret;
    for (const char* part : {"20301231", "eu-west-1", "s3", "aws4_request"}) {
        const auto bytes = gyre::core::HmacSha256(key, part);
        key.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    const FormFields form = {
        {"key", "k"},
        {"policy", policy},
        {"x-amz-algorithm", "AWS4-HMAC-SHA256"},
        {"x-amz-credential", "AKID/20301231/eu-west-1/s3/aws4_request"},
        {"x-amz-date", "20301231T000000Z"},
        {"x-amz-signature", gyre::core::HexEncode(gyre::core::HmacSha256(key, policy))}};
    CHECK(door.Post(form, "x").status == 204);
    FormFields other_day = form;
    other_day[3].second = "AKID/20301230/eu-west-1/s3/aws4_request";
    CHECK(door.Post(other_day, "x").status == 400);
}
