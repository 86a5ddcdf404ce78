#include "objects/s3_actions.h"

#include <doctest/doctest.h>

#include "objects/test_s3.h"

using namespace gyre::objects;
using gyre::net::Response;

namespace {

/// The text of the first element of that name; "" where there is none.
std::string Element(const std::string& xml, const std::string& name) {
    const size_t open = xml.find("<" + name + ">");
    if (open == std::string::npos) return "";
    const size_t start = open + name.size() + 2;
    return xml.substr(start, xml.find("</" + name + ">", start) - start);
}

std::string Header(const Response& response, std::string_view name) {
    return std::string(response.headers.Get(name));
}

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
