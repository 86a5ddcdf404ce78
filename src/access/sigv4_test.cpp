#include "access/sigv4.h"

#include <doctest/doctest.h>

#include "access/canonical.h"
#include "access/payload.h"
#include "access/sign.h"
#include "core/file_system.h"
#include "core/json.h"

using namespace gyre;
using namespace gyre::access;

namespace {

core::Json Vectors(const std::string& name) {
    auto text = core::ReadFile(core::RealFileSystem(),
                               std::string(GYRE_SOURCE_DIR) + "/src/access/testdata/" + name);
    REQUIRE(text);
    auto json = core::ParseJson(*text);
    REQUIRE(json);
    return *json;
}

void SetTarget(net::RequestHead& head, const std::string& target) {
    head.target = target;
    const size_t question = target.find('?');
    head.path = target.substr(0, question);
    head.query = question == target.npos ? "" : target.substr(question + 1);
}

net::RequestHead HeadOf(const core::Json& row) {
    net::RequestHead head;
    head.method = core::JsonStringOr(row, "method");
    SetTarget(head, core::JsonStringOr(row, "target"));
    for (const auto& header : row.at("headers").as_array()) {
        head.headers.Add(std::string(header.at(0).as_string()),
                         std::string(header.at(1).as_string()));
    }
    return head;
}

const Credential kExample{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "", {}, "",
                          std::nullopt};

core::Result<ChunkSeed> Verify(const net::RequestHead& head, const Credential& credential,
                               std::string_view payload_hash, core::WallTime now,
                               ErrorStyle style) {
    SigningKeyCache keys;
    GYRE_ASSIGN(auto claim, ReadClaim(head, style));
    REQUIRE(claim);
    GYRE_TRY(CheckClaim(head, *claim, credential, now, style));
    return CheckSignature(head, *claim, credential, payload_hash, keys, style);
}

net::RequestHead SignedHead(const std::string& service, core::WallTime now) {
    net::RequestHead head;
    head.method = "POST";
    SetTarget(head, "/endpoints/e/invocations");
    head.headers.Add("Host", "localhost:8080");
    SignHead(head, PayloadHash("body"),
             {kExample.access_key_id, kExample.secret, "", "us-east-1", service}, now);
    return head;
}

const core::WallTime kNow = *ParseBasicTime("20261124T120000Z");

}  // namespace

TEST_CASE("the published signature version 4 suite") {
    const core::Json suite = Vectors("aws_sig_v4_suite.json");
    const auto now = *ParseBasicTime("20150830T123600Z");
    int checked = 0;
    for (const core::Json& row : suite.at("requests").as_array()) {
        // Ours insists that a token which is sent is signed.
        if (core::JsonBool(row, "omit").value_or(false)) continue;
        CAPTURE(core::JsonStringOr(row, "name"));
        net::RequestHead head = HeadOf(row);
        Credential credential = kExample;
        credential.session_token = core::JsonStringOr(row, "token");
        if (core::JsonBool(row, "normalize").value_or(true)) {
            CHECK(Verify(head, credential, PayloadHash(core::JsonStringOr(row, "body")), now,
                         ErrorStyle::kQuery));
            head.method = "PATCH";
            CHECK_FALSE(Verify(head, credential, PayloadHash(core::JsonStringOr(row, "body")), now,
                               ErrorStyle::kQuery));
        } else {
            // Only S3's rule leaves a path as it is.
            const auto claim = ReadClaim(head, ErrorStyle::kQuery);
            REQUIRE(claim);
            REQUIRE(*claim);
            const auto key =
                DeriveSigningKey(credential.secret, "20150830", "us-east-1", "service");
            const std::string canonical =
                CanonicalRequest(head, PathRule::kS3, (*claim)->signed_headers,
                                 PayloadHash(core::JsonStringOr(row, "body")), "X-Amz-Signature");
            CHECK(core::HexEncode(core::HmacSha256(
                      AsText(key), StringToSign("20150830T123600Z", (*claim)->Scope(),
                                                canonical))) == (*claim)->signature);
        }
        ++checked;
    }
    CHECK(checked > 60);
}

TEST_CASE("requests that botocore signed") {
    const core::Json vectors = Vectors("botocore_vectors.json");
    for (const core::Json& row : vectors.at("requests").as_array()) {
        CAPTURE(core::JsonStringOr(row, "name"));
        net::RequestHead head = HeadOf(row);
        const bool s3 = core::JsonStringOr(row, "service") == "s3";
        const ErrorStyle style = s3 ? ErrorStyle::kS3 : ErrorStyle::kJson;
        const bool in_url = head.query.find("Signature=") != head.query.npos;
        const std::string hash =
            s3 && in_url ? "UNSIGNED-PAYLOAD" : PayloadHash(core::JsonStringOr(row, "body"));
        Credential credential{core::JsonStringOr(vectors, "access_key_id"),
                              core::JsonStringOr(vectors, "secret"),
                              core::JsonStringOr(row, "token"),
                              {},
                              "",
                              std::nullopt};
        CHECK(Verify(head, credential, hash, kNow, style));

        Credential wrong = credential;
        wrong.secret += "x";
        CHECK_FALSE(Verify(head, wrong, hash, kNow, style));
        wrong = credential;
        wrong.session_token += "x";
        CHECK_FALSE(Verify(head, wrong, hash, kNow, style));
        if (in_url) {
            CHECK_FALSE(Verify(head, credential, hash, kNow + core::seconds(601), style));
        } else {
            CHECK_FALSE(Verify(head, credential, PayloadHash("another"), kNow, style));
        }
        net::RequestHead moved = head;
        moved.path += "x";
        CHECK_FALSE(Verify(moved, credential, hash, kNow, style));
        moved = head;
        moved.headers.Add("x-amz-meta-added", "1");
        CHECK_FALSE(Verify(moved, credential, hash, kNow, style));
    }
}

TEST_CASE("S3's documented examples") {
    const Credential credential{"AKIAIOSFODNN7EXAMPLE",
                                "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                                "",
                                {},
                                "",
                                std::nullopt};
    const auto now = *ParseBasicTime("20130524T000000Z");
    net::RequestHead head;
    head.method = "GET";
    SetTarget(head, "/test.txt");
    head.headers.Add("Host", "examplebucket.s3.amazonaws.com");
    head.headers.Add("Range", "bytes=0-9");
    head.headers.Add("x-amz-content-sha256", PayloadHash(""));
    head.headers.Add("x-amz-date", "20130524T000000Z");
    head.headers.Add("Authorization",
                     "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/"
                     "aws4_request,SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
                     "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    CHECK(Verify(head, credential, PayloadHash(""), now, ErrorStyle::kS3));

    net::RequestHead presigned;
    presigned.method = "GET";
    presigned.headers.Add("Host", "examplebucket.s3.amazonaws.com");
    SetTarget(presigned,
              "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F"
              "20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires="
              "86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
              "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
    CHECK(Verify(presigned, credential, kUnsignedPayload, now, ErrorStyle::kS3));
}

TEST_CASE("what we sign, we accept") {
    for (const char* service : {"s3", "sagemaker"}) {
        const ErrorStyle style = std::string(service) == "s3" ? ErrorStyle::kS3 : ErrorStyle::kJson;
        CHECK(Verify(SignedHead(service, kNow), kExample, PayloadHash("body"), kNow, style));

        net::RequestHead url;
        url.method = "GET";
        SetTarget(url, "/a%20b?x=1");
        url.headers.Add("Host", "h");
        SetTarget(url,
                  PresignTarget(url, {kExample.access_key_id, kExample.secret, "", "eu", service},
                                kNow, core::seconds(60)));
        const std::string hash =
            style == ErrorStyle::kS3 ? std::string(kUnsignedPayload) : PayloadHash("");
        CHECK(Verify(url, kExample, hash, kNow + core::seconds(60), style));
        CHECK_FALSE(Verify(url, kExample, hash, kNow + core::seconds(61), style));
    }
}

TEST_CASE("refusals in each family's words") {
    struct Case {
        const char* what;
        ErrorStyle style;
        std::function<void(net::RequestHead&, Credential&, core::WallTime&)> change;
        const char* name;
        int status;
    };
    const auto authorization = [](const char* value) {
        return [value](net::RequestHead& head, Credential&, core::WallTime&) {
            head.headers.Set("Authorization", value);
        };
    };
    const auto later = [](int seconds) {
        return [seconds](net::RequestHead&, Credential&, core::WallTime& now) {
            now += core::seconds(seconds);
        };
    };
    const auto secret = [](net::RequestHead&, Credential& c, core::WallTime&) { c.secret = "x"; };
    const auto expired = [](net::RequestHead&, Credential& c, core::WallTime& now) {
        c.expires = now;
    };
    const auto extra = [](net::RequestHead& head, Credential&, core::WallTime&) {
        head.headers.Add("X-Amz-Meta-Sneaked", "in");
    };
    const auto bad_date = [](net::RequestHead& head, Credential&, core::WallTime&) {
        head.headers.Set("X-Amz-Date", "yesterday");
    };
    const auto other_day = [](net::RequestHead& head, Credential&, core::WallTime&) {
        head.headers.Set("X-Amz-Date", "20261123T235959Z");
    };
    const Case cases[] = {
        {"wrong secret", ErrorStyle::kS3, secret, "SignatureDoesNotMatch", 403},
        {"wrong secret", ErrorStyle::kQuery, secret, "SignatureDoesNotMatch", 403},
        {"wrong secret", ErrorStyle::kJson, secret, "InvalidSignatureException", 400},
        {"wrong secret", ErrorStyle::kRestJson, secret, "InvalidSignatureException", 403},
        {"too late", ErrorStyle::kS3, later(901), "RequestTimeTooSkewed", 403},
        {"too early", ErrorStyle::kS3, later(-901), "RequestTimeTooSkewed", 403},
        {"too late", ErrorStyle::kJson, later(901), "InvalidSignatureException", 400},
        {"too early", ErrorStyle::kQuery, later(-901), "SignatureDoesNotMatch", 403},
        {"expired", ErrorStyle::kS3, expired, "ExpiredToken", 400},
        {"expired", ErrorStyle::kJson, expired, "ExpiredTokenException", 400},
        {"unsigned header", ErrorStyle::kS3, extra, "AccessDenied", 403},
        {"unsigned header", ErrorStyle::kJson, extra, "InvalidSignatureException", 400},
        {"bad date", ErrorStyle::kJson, bad_date, "IncompleteSignatureException", 400},
        {"other day", ErrorStyle::kS3, other_day, "AuthorizationHeaderMalformed", 400},
        {"version 2", ErrorStyle::kS3, authorization("AWS AKID:c2ln"), "InvalidRequest", 400},
        {"bearer", ErrorStyle::kJson, authorization("Bearer x"), "IncompleteSignatureException",
         400},
        {"empty", ErrorStyle::kS3, authorization("AWS4-HMAC-SHA256"),
         "AuthorizationHeaderMalformed", 400},
        {"short scope", ErrorStyle::kQuery,
         authorization("AWS4-HMAC-SHA256 Credential=A/20261124/s3/aws4_request, "
                       "SignedHeaders=host, Signature=00"),
         "IncompleteSignature", 400},
        {"not hex", ErrorStyle::kJson,
         authorization("AWS4-HMAC-SHA256 Credential=A/20261124/r/s/aws4_request, "
                       "SignedHeaders=host, Signature=xyz"),
         "IncompleteSignatureException", 400},
    };
    for (const Case& c : cases) {
        CAPTURE(c.what);
        CAPTURE(c.name);
        const bool s3 = c.style == ErrorStyle::kS3;
        core::WallTime now = kNow;
        Credential credential = kExample;
        net::RequestHead head = SignedHead(s3 ? "s3" : "sagemaker", now);
        c.change(head, credential, now);
        const auto verified = Verify(head, credential, PayloadHash("body"), now, c.style);
        REQUIRE_FALSE(verified);
        CHECK(verified.error().wire_name == c.name);
        CHECK(verified.error().http_status == c.status);
        CHECK(verified.error().message.find(kExample.secret) == std::string::npos);
    }
}

TEST_CASE("S3's mismatch shows what should have been signed") {
    Credential wrong = kExample;
    wrong.secret = "other";
    const auto verified =
        Verify(SignedHead("s3", kNow), wrong, PayloadHash("body"), kNow, ErrorStyle::kS3);
    REQUIRE_FALSE(verified);
    CHECK(verified.error()
              .details.at("CanonicalRequest")
              .starts_with("POST\n/endpoints/e/invocations\n\nhost:localhost:8080\n"));
    CHECK(verified.error().details.at("StringToSign").starts_with("AWS4-HMAC-SHA256\n20261124T"));
}

TEST_CASE("a client that was told no region signs with none") {
    net::RequestHead head = SignedHead("s3", kNow);
    head.headers.Set("Authorization",
                     "AWS4-HMAC-SHA256 Credential=A/20261124//s3/aws4_request, "
                     "SignedHeaders=host;x-amz-date, Signature=" +
                         std::string(64, '0'));
    const auto claim = ReadClaim(head, ErrorStyle::kS3);
    REQUIRE(claim);
    CHECK(claim->value().region.empty());
    CHECK(claim->value().Scope() == "20261124//s3/aws4_request");
}

TEST_CASE("host must be signed") {
    net::RequestHead head = SignedHead("sagemaker", kNow);
    std::string value(head.headers.Get("Authorization"));
    value.replace(value.find("host;"), 5, "");
    head.headers.Set("Authorization", value);
    const auto verified = Verify(head, kExample, PayloadHash("body"), kNow, ErrorStyle::kJson);
    REQUIRE_FALSE(verified);
    CHECK(verified.error().message.find("host") != std::string::npos);
}

TEST_CASE("presigned parameters are checked") {
    const std::string good =
        "/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A%2F20261124%2Fr%2Fs3%2Faws4_request"
        "&X-Amz-Date=20261124T120000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=" +
        std::string(64, 'a');
    const std::pair<const char*, const char*> changes[] = {
        {"Expires=60", "Expires=604801"}, {"Expires=60", "Expires=-1"},
        {"Expires=60", "Expires=soon"},   {"HMAC-SHA256&", "HMAC-MD5&"},
        {"aws4_request", "aws3_request"}, {"SignedHeaders=host", "SignedHeaders="},
        {"20261124T120000Z", "2026"},     {"=20261124T", "=20261324T"},
    };
    net::RequestHead head;
    head.method = "GET";
    SetTarget(head, good);
    CHECK(ReadClaim(head, ErrorStyle::kS3));
    for (const auto& [from, to] : changes) {
        CAPTURE(to);
        std::string target = good;
        target.replace(target.find(from), std::string(from).size(), to);
        SetTarget(head, target);
        const auto claim = ReadClaim(head, ErrorStyle::kS3);
        REQUIRE_FALSE(claim);
        CHECK(claim.error().wire_name == "AuthorizationQueryParametersError");
    }
}

TEST_CASE("a request without a signature is anonymous") {
    net::RequestHead head;
    head.method = "GET";
    SetTarget(head, "/bucket?list-type=2");
    const auto claim = ReadClaim(head, ErrorStyle::kS3);
    REQUIRE(claim);
    CHECK_FALSE(claim->has_value());
}

TEST_CASE("times of headers") {
    CHECK(ParseHeaderTime("Tue, 24 Nov 2026 12:00:00 GMT") == kNow);
    CHECK(ParseHeaderTime("20261124T120000Z") == kNow);
    for (const char* text :
         {"", "Tue, 24 Nov 2026 12:00:00 CET", "Tue, 24 Xxx 2026 12:00:00 GMT",
          "Tue, 31 Nov 2026 12:00:00 GMT", "20261124T250000Z", "20261124T12000Z"}) {
        CAPTURE(text);
        CHECK_FALSE(ParseHeaderTime(text));
    }
}

TEST_CASE("a cached key is not used for another secret") {
    SigningKeyCache keys;
    const auto first = keys.Get("A", "one", "20261124", "r", "s");
    CHECK(keys.Get("A", "one", "20261124", "r", "s") == first);
    CHECK(keys.Get("A", "two", "20261124", "r", "s") ==
          DeriveSigningKey("two", "20261124", "r", "s"));
}

TEST_CASE("the asymmetric version is said to be missing, wherever it stands") {
    net::RequestHead head;
    head.method = "GET";
    head.target = head.path = "/bucket";
    head.headers.Add("Authorization",
                     "AWS4-ECDSA-P256-SHA256 Credential=AKID/20261124/s3/aws4_request, "
                     "SignedHeaders=host, Signature=00");
    const auto header = ReadClaim(head, ErrorStyle::kS3);
    REQUIRE_FALSE(header);
    CHECK(header.error().wire_name == "NotImplemented");
    CHECK(header.error().http_status == 501);
    net::RequestHead url;
    url.method = "GET";
    url.path = "/bucket";
    url.query = "X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256&X-Amz-Signature=00";
    CHECK(ReadClaim(url, ErrorStyle::kS3).error().wire_name == "NotImplemented");
}
