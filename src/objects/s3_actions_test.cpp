#include "objects/s3_actions.h"

#include <doctest/doctest.h>

#include "core/digest.h"
#include "objects/test_s3.h"

using namespace gyre::objects;
using gyre::net::Response;

namespace {

struct Bucket3 : TestS3 {
    Bucket3() { CHECK(Ask("PUT", "/bucket").status == 200); }
};

}  // namespace

TEST_CASE("a bucket's life") {
    TestS3 s3;
    CHECK(s3.Ask("HEAD", "/bucket").status == 404);
    CHECK(s3.Ask("PUT", "/bucket").status == 200);
    CHECK(s3.Ask("HEAD", "/bucket").status == 200);
    CHECK(Header(s3.Ask("HEAD", "/bucket"), "x-amz-bucket-region") == "eu-west-1");
    const Response again = s3.Ask("PUT", "/bucket");
    CHECK(again.status == 409);
    CHECK(Element(again.body, "Code") == "BucketAlreadyOwnedByYou");
    const Response bad = s3.Ask("PUT", "/Bad_Name");
    CHECK(bad.status == 400);
    CHECK(Element(bad.body, "Code") == "InvalidBucketName");
    CHECK(s3.Ask("GET", "/bucket?location").body.find("eu-west-1") != std::string::npos);
    CHECK(Element(s3.Ask("GET", "/").body, "Name") == "bucket");
    CHECK(s3.Ask("PUT", "/bucket/k", "x").status == 200);
    CHECK(Element(s3.Ask("DELETE", "/bucket").body, "Code") == "BucketNotEmpty");
    CHECK(s3.Ask("DELETE", "/bucket/k").status == 204);
    CHECK(s3.Ask("DELETE", "/bucket").status == 204);
    CHECK(Element(s3.Ask("DELETE", "/bucket").body, "Code") == "NoSuchBucket");
}

TEST_CASE("an object's headers come back as they were put") {
    Bucket3 s3;
    const Response put = s3.Ask("PUT", "/bucket/a%20b/c", "hello",
                                {{"Content-Type", "text/x"},
                                 {"Cache-Control", "no-store"},
                                 {"Content-Encoding", "gzip, aws-chunked"},
                                 {"x-amz-meta-Colour", "blue"}});
    CHECK(put.status == 200);
    CHECK(Header(put, "ETag") == "\"5d41402abc4b2a76b9719d911017c592\"");
    for (const std::string method : {"GET", "HEAD"}) {
        CAPTURE(method);
        const Response got =
            s3.Ask(method, "/bucket/a%20b/c", "", {{"x-amz-checksum-mode", "ENABLED"}});
        CHECK(got.status == 200);
        CHECK(got.body == (method == "GET" ? "hello" : ""));
        CHECK(Header(got, "ETag") == "\"5d41402abc4b2a76b9719d911017c592\"");
        CHECK(Header(got, "Content-Type") == "text/x");
        CHECK(Header(got, "Cache-Control") == "no-store");
        CHECK(Header(got, "Content-Encoding") == "gzip");
        CHECK(Header(got, "x-amz-meta-colour") == "blue");
        CHECK(Header(got, "Accept-Ranges") == "bytes");
        CHECK(Header(got, "Last-Modified") == "Tue, 14 Nov 2023 22:13:20 GMT");
        CHECK(Header(got, "x-amz-checksum-crc64nvme") == "M3eFcAZSQlc=");
        CHECK(Header(got, "x-amz-checksum-type") == "FULL_OBJECT");
    }
    CHECK(Header(s3.Ask("HEAD", "/bucket/a%20b/c"), "Content-Length") == "5");
    CHECK(Header(s3.Ask("HEAD", "/bucket/a%20b/c"), "x-amz-checksum-crc64nvme").empty());
    const Response overridden = s3.Ask(
        "GET",
        "/bucket/a%20b/c?response-content-type=text%2Fy&response-content-disposition=attachment");
    CHECK(Header(overridden, "Content-Type") == "text/y");
    CHECK(Header(overridden, "Content-Disposition") == "attachment");
}

TEST_CASE("headers in Latin-1 come back in UTF-8") {
    Bucket3 s3;
    const std::vector<std::pair<std::string, std::string>> headers = {
        {"Content-Disposition", "filename=\"\xe9\""}, {"x-amz-meta-a", "\xff \u20ac"}};
    REQUIRE(s3.Ask("PUT", "/bucket/k", "x", headers).status == 200);
    auto moved = headers;
    moved.emplace_back("x-amz-copy-source", "/bucket/k");
    moved.emplace_back("x-amz-metadata-directive", "REPLACE");
    REQUIRE(s3.Ask("PUT", "/bucket/copy", "", moved).status == 200);
    for (const char* key : {"/bucket/k", "/bucket/copy"}) {
        const Response got = s3.Ask("GET", key);
        CHECK(got.status == 200);
        CHECK(Header(got, "Content-Disposition") == "filename=\"\u00e9\"");
        CHECK(Header(got, "x-amz-meta-a") == "\u00ff \u20ac");
    }
    REQUIRE(s3.Ask("POST", "/bucket/parts?uploads", "", headers).status == 200);
    CHECK(Element(s3.Ask("GET", "/bucket?uploads").body, "Key") == "parts");
}

TEST_CASE("rows that older versions wrote with other bytes than UTF-8 are read") {
    Bucket3 s3;
    REQUIRE(s3.Ask("PUT", "/bucket/k", "x", {{"x-amz-meta-a", "AB"}}).status == 200);
    REQUIRE(s3.Ask("POST", "/bucket/parts?uploads", "", {{"x-amz-meta-a", "AB"}}).status == 200);
    const auto spoilt =
        s3.Database().Write([](gyre::db::Transaction& transaction) -> gyre::core::Status {
            for (const std::string table : {"objects", "object_uploads"}) {
                GYRE_TRY(transaction.Execute("UPDATE " + table +
                                             " SET detail = replace(detail, 'AB', CAST(X'E9' AS "
                                             "TEXT))"));
            }
            return {};
        });
    REQUIRE(spoilt);
    CHECK(Header(s3.Ask("GET", "/bucket/k"), "x-amz-meta-a") == "\u00e9");
    CHECK(Element(s3.Ask("GET", "/bucket?list-type=2").body, "Key") == "k");
    CHECK(Element(s3.Ask("GET", "/bucket?uploads").body, "Key") == "parts");
    CHECK(s3.Outcome("DELETE", "/bucket/k") == "204");
}

TEST_CASE("a listing does not begin within a character") {
    Bucket3 s3;
    for (const char* start : {"p", "k"}) {
        const std::string token = gyre::core::Base64Encode(start + std::string(40, '\x80'));
        CHECK(s3.Outcome("GET", "/bucket?list-type=2&continuation-token=" +
                                    gyre::net::PercentEncode(token)) == "400 InvalidArgument");
    }
    CHECK(s3.Outcome("GET", "/bucket?list-type=2&prefix=%80%80") == "400 InvalidArgument");
}

TEST_CASE("ranges and conditions of a GET") {
    Bucket3 s3;
    REQUIRE(s3.Ask("PUT", "/bucket/k", "0123456789").status == 200);
    const std::string etag = "\"781e5e245d69b566979b86e28d23f2c7\"";
    struct Case {
        std::string header;
        std::string value;
        int status;
        std::string body;
        std::string range;
    };
    const Case cases[] = {
        {"Range", "bytes=0-0", 206, "0", "bytes 0-0/10"},
        {"Range", "bytes=3-", 206, "3456789", "bytes 3-9/10"},
        {"Range", "bytes=-3", 206, "789", "bytes 7-9/10"},
        {"Range", "bytes=-99", 206, "0123456789", "bytes 0-9/10"},
        {"Range", "bytes=8-99", 206, "89", "bytes 8-9/10"},
        {"Range", "bytes=5-2", 200, "0123456789", ""},
        {"Range", "bytes=0-1,3-4", 200, "0123456789", ""},
        {"Range", "lines=0-1", 200, "0123456789", ""},
        {"If-Match", etag, 200, "0123456789", ""},
        {"If-Match", "\"x\", " + etag, 200, "0123456789", ""},
        {"If-Match", "*", 200, "0123456789", ""},
        {"If-None-Match", etag, 304, "", ""},
        {"If-None-Match", "\"x\"", 200, "0123456789", ""},
        {"If-Modified-Since", "Tue, 14 Nov 2023 22:13:20 GMT", 304, "", ""},
        {"If-Modified-Since", "Tue, 14 Nov 2023 22:13:19 GMT", 200, "0123456789", ""},
        {"If-Unmodified-Since", "Tue, 14 Nov 2023 22:13:20 GMT", 200, "0123456789", ""},
        {"If-Modified-Since", "yesterday", 200, "0123456789", ""},
        {"If-Unmodified-Since", "", 200, "0123456789", ""},
    };
    for (const Case& c : cases) {
        CAPTURE(c.header);
        CAPTURE(c.value);
        const Response got = s3.Ask("GET", "/bucket/k", "", {{c.header, c.value}});
        CHECK(got.status == c.status);
        CHECK(got.body == c.body);
        CHECK(Header(got, "Content-Range") == c.range);
        CHECK(Header(got, "ETag") == etag);
        CHECK(s3.Ask("HEAD", "/bucket/k", "", {{c.header, c.value}}).status == c.status);
    }
    const std::vector<std::tuple<std::string, std::string, int, std::string>> refused = {
        {"Range", "bytes=10-", 416, "InvalidRange"},
        {"Range", "bytes=-0", 416, "InvalidRange"},
        {"If-Match", "\"x\"", 412, "PreconditionFailed"},
        {"If-Unmodified-Since", "Tue, 14 Nov 2023 22:13:19 GMT", 412, "PreconditionFailed"},
    };
    for (const auto& [header, value, status, code] : refused) {
        CAPTURE(header);
        CAPTURE(value);
        const Response got = s3.Ask("GET", "/bucket/k", "", {{header, value}});
        CHECK(got.status == status);
        CHECK(Element(got.body, "Code") == code);
    }
    CHECK(Element(s3.Ask("GET", "/bucket/none").body, "Code") == "NoSuchKey");
    CHECK(Element(s3.Ask("GET", "/none/k").body, "Code") == "NoSuchBucket");
}

TEST_CASE("what is asked for and not built is refused, what stock clients send by default is not") {
    Bucket3 s3;
    struct Case {
        std::string header;
        std::string value;
        std::string outcome;
    };
    const Case cases[] = {
        {"x-amz-server-side-encryption", "aws:kms", "200"},
        {"x-amz-server-side-encryption", "AES256", "200"},
        {"x-amz-server-side-encryption", "aws:kms:dsse", "501 NotImplemented"},
        {"x-amz-server-side-encryption-aws-kms-key-id", "key", "501 NotImplemented"},
        {"x-amz-server-side-encryption-customer-algorithm", "AES256", "501 NotImplemented"},
        {"x-amz-acl", "private", "200"},
        {"x-amz-acl", "bucket-owner-full-control", "200"},
        {"x-amz-acl", "public-read", "200"},
        {"x-amz-acl", "aws-exec-read", "501 NotImplemented"},
        {"x-amz-acl", "everybody", "400 InvalidArgument"},
        {"x-amz-grant-read", "id=x", "501 NotImplemented"},
        {"x-amz-tagging", "a=b", "200"},
        {"x-amz-tagging", "", "200"},
        {"x-amz-object-lock-mode", "GOVERNANCE", "501 NotImplemented"},
        {"x-amz-storage-class", "STANDARD", "200"},
        {"x-amz-storage-class", "GLACIER", "501 NotImplemented"},
        {"x-amz-storage-class", "COLD", "400 InvalidStorageClass"},
        {"x-amz-write-offset-bytes", "0", "501 NotImplemented"},
        {"x-amz-meta-a", std::string(2048, 'a'), "400 MetadataTooLarge"},
        {"x-amz-meta-a", std::string(2047, 'a'), "200"},
        {"x-amz-request-payer", "requester", "200"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.header);
        CAPTURE(c.value);
        CHECK(s3.Outcome("PUT", "/bucket/k", "x", {{c.header, c.value}}) == c.outcome);
        CHECK(s3.Outcome("POST", "/bucket/k?uploads", "", {{c.header, c.value}}) ==
              (c.header == "x-amz-write-offset-bytes" ? "200" : c.outcome));
    }
    CHECK(Header(s3.Ask("GET", "/bucket/k"), "x-amz-server-side-encryption").empty());
    CHECK(s3.Outcome("GET", "/bucket/k?versionId=v") == "404 NoSuchVersion");
    CHECK(s3.Outcome("GET", "/bucket/k?versionId=null") == "200");
    CHECK(s3.Outcome("DELETE", "/bucket/k?versionId=v") == "204");
    CHECK(s3.Outcome("PUT", "/lock", "", {{"x-amz-bucket-object-lock-enabled", "true"}}) ==
          "501 NotImplemented");
    CHECK(s3.Ask("GET", "/bucket/k?tagging").body.find("<TagSet></TagSet>") != std::string::npos);
    CHECK(s3.Outcome("GET", "/bucket/none?tagging") == "404 NoSuchKey");
}

TEST_CASE("the time when an object expires comes back as it was put") {
    Bucket3 s3;
    for (const char* time : {"Tue, 14 Nov 2023 22:13:20 GMT", "0", "2030-01-01", "never"}) {
        REQUIRE(s3.Ask("PUT", "/bucket/k", "x", {{"Expires", time}}).status == 200);
        CHECK(Header(s3.Ask("HEAD", "/bucket/k"), "Expires") == time);
    }
    CHECK(Header(s3.Ask("HEAD",
                        "/bucket/k?response-expires=Tue%2C%2014%20Nov%202023%2022%3A13%3A"
                        "19%20GMT"),
                 "Expires") == "Tue, 14 Nov 2023 22:13:19 GMT");
}

TEST_CASE("a PUT that is refused for what is there is refused before its body") {
    Bucket3 s3;
    REQUIRE(s3.Ask("PUT", "/bucket/k", "x").status == 200);
    CHECK(s3.Outcome("PUT", "/bucket/k", "y", {{"If-None-Match", "*"}}) ==
          "412 PreconditionFailed");
    CHECK(s3.Outcome("PUT", "/bucket/k", "y", {{"If-Match", "\"x\""}}) == "412 PreconditionFailed");
    CHECK(s3.Outcome("PUT", "/bucket/none", "y", {{"If-Match", "\"x\""}}) == "404 NoSuchKey");
    CHECK(s3.Ask("GET", "/bucket/k").body == "x");
    CHECK(s3.Outcome("PUT", "/bucket/k", "y",
                     {{"If-Match", "\"9dd4e461268c8034f5c8564e155c67a6\""}}) == "200");
}

TEST_CASE("buckets are the account's, whoever asks") {
    Bucket3 s3;
    REQUIRE(s3.Ask("PUT", "/bucket/k", "x").status == 200);
    s3.caller = {};  // an anonymous one
    CHECK(Element(s3.Ask("GET", "/bucket").body, "ID") == "000000000000");
    CHECK(Element(s3.Ask("GET", "/bucket?versions").body, "ID") == "000000000000");
    const std::string expected = "x-amz-expected-bucket-owner";
    CHECK(s3.Outcome("GET", "/bucket/k", "", {{expected, "000000000000"}}) == "200");
    CHECK(s3.Outcome("GET", "/bucket/k", "", {{expected, "000000000001"}}) == "403 AccessDenied");
}

TEST_CASE("who may not list a bucket does not learn what is not in it") {
    S3Options options;
    std::string asked;
    bool listed = false;
    options.allowed = [&](const gyre::wire::CallContext& context, const std::string& permission,
                          const std::string& resource) -> gyre::core::Status {
        asked = permission + " " + resource + " " + context.facts.back().second;
        if (listed) return {};
        return gyre::core::Fail(gyre::core::Code::kPermissionDenied, "AccessDenied", "no");
    };
    TestS3 s3(options);
    REQUIRE(s3.Ask("PUT", "/bucket").status == 200);
    CHECK(s3.Outcome("GET", "/bucket/secret/plan") == "403 AccessDenied");
    CHECK(asked == "s3:ListBucket arn:aws:s3:::bucket secret/plan");
    CHECK(s3.Ask("HEAD", "/bucket/secret/plan").status == 403);
    CHECK(s3.Outcome("GET", "/none/k") == "404 NoSuchBucket");
    listed = true;
    CHECK(s3.Outcome("GET", "/bucket/secret/plan") == "404 NoSuchKey");
    CHECK(s3.Ask("HEAD", "/bucket/secret/plan").status == 404);
}
