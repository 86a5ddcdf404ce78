#include <doctest/doctest.h>

#include "core/digest.h"
#include "objects/test_s3.h"

using namespace gyre::objects;
using gyre::core::Code;
using gyre::net::Response;

namespace {

constexpr size_t kSmallestPart = size_t{5} << 20;

struct Copies : TestS3 {
    explicit Copies(S3Options options = {}) : TestS3(std::move(options)) {
        REQUIRE(Ask("PUT", "/bucket").status == 200);
        REQUIRE(Ask("PUT", "/other").status == 200);
        const Response put = Ask("PUT", "/bucket/a%20b", "hello",
                                 {{"Content-Type", "text/x"},
                                  {"Cache-Control", "no-store"},
                                  {"x-amz-website-redirect-location", "/elsewhere"},
                                  {"x-amz-meta-colour", "blue"}});
        REQUIRE(put.status == 200);
        etag = Header(put, "ETag");
    }
    Response Copy(const std::string& to, const std::string& from, Fields headers = {}) {
        headers.emplace_back("x-amz-copy-source", from);
        return Ask("PUT", to, "", headers);
    }
    std::string Refused(const std::string& to, const std::string& from, Fields headers = {}) {
        const Response answer = Copy(to, from, std::move(headers));
        return std::to_string(answer.status) + " " + Element(answer.body, "Code");
    }
    /// An object of two parts, and what is in it.
    std::string PutInParts(const std::string& path) {
        const std::string upload = Element(Ask("POST", path + "?uploads").body, "UploadId");
        const std::string texts[] = {Noise(kSmallestPart, 1), Noise(1000, 2)};
        std::string listing = "<CompleteMultipartUpload>";
        for (int i = 0; i < 2; ++i) {
            const std::string number = std::to_string(i + 1);
            const Response put =
                Ask("PUT", path + "?uploadId=" + upload + "&partNumber=" + number, texts[i]);
            listing += "<Part><PartNumber>" + number + "</PartNumber><ETag>" + Header(put, "ETag") +
                       "</ETag></Part>";
        }
        listing += "</CompleteMultipartUpload>";
        REQUIRE(Ask("POST", path + "?uploadId=" + upload, listing).status == 200);
        return texts[0] + texts[1];
    }

    std::string etag;
};

}  // namespace

TEST_CASE("a copy has the source's bytes and, unless replaced, its metadata") {
    Copies s3;
    for (const std::string from : {"/bucket/a%20b", "bucket/a%20b", "bucket%2Fa%20b"}) {
        CAPTURE(from);
        const Response copied = s3.Copy("/other/k", from);
        REQUIRE_MESSAGE(copied.status == 200, copied.body);
        CHECK(Element(copied.body, "ETag") == "&quot;5d41402abc4b2a76b9719d911017c592&quot;");
        CHECK(Element(copied.body, "LastModified") == "2023-11-14T22:13:20.000Z");
        CHECK(Element(copied.body, "ChecksumCRC64NVME") == "M3eFcAZSQlc=");
        const Response got = s3.Ask("GET", "/other/k");
        CHECK(got.body == "hello");
        CHECK(Header(got, "Content-Type") == "text/x");
        CHECK(Header(got, "Cache-Control") == "no-store");
        CHECK(Header(got, "x-amz-meta-colour") == "blue");
        CHECK(Header(got, "x-amz-website-redirect-location").empty());
        REQUIRE(s3.Ask("DELETE", "/other/k").status == 204);
    }
    REQUIRE(s3.Copy("/other/k", "/bucket/a%20b",
                    {{"x-amz-metadata-directive", "REPLACE"},
                     {"Content-Type", "text/y"},
                     {"x-amz-meta-size", "big"}})
                .status == 200);
    const Response got = s3.Ask("GET", "/other/k");
    CHECK(got.body == "hello");
    CHECK(Header(got, "Content-Type") == "text/y");
    CHECK(Header(got, "Cache-Control").empty());
    CHECK(Header(got, "x-amz-meta-colour").empty());
    CHECK(Header(got, "x-amz-meta-size") == "big");
}

TEST_CASE("a copy lives on when its source is gone, whichever way it was stored") {
    Copies s3;
    const std::string large = Noise(200'000);
    REQUIRE(s3.Ask("PUT", "/bucket/large", large).status == 200);
    const std::string parts = s3.PutInParts("/bucket/parts");
    const std::string etag = Header(s3.Ask("HEAD", "/bucket/parts"), "ETag");
    for (const std::string key : {"large", "parts"}) {
        CAPTURE(key);
        const std::string& text = key == "large" ? large : parts;
        REQUIRE(s3.Copy("/other/1", "/bucket/" + key).status == 200);
        REQUIRE(s3.Copy("/other/2", "/other/1").status == 200);
        REQUIRE(s3.Ask("DELETE", "/bucket/" + key).status == 204);
        CHECK(s3.Ask("GET", "/other/1").body == text);
        // In place of itself, and of the other copy.
        REQUIRE(s3.Copy("/other/1", "/other/1", {{"x-amz-metadata-directive", "REPLACE"}}).status ==
                200);
        REQUIRE(s3.Copy("/other/2", "/other/1").status == 200);
        REQUIRE(s3.Ask("DELETE", "/other/1").status == 204);
        CHECK(s3.Ask("GET", "/other/2").body == text);
        CHECK(s3.BlobFiles() > 0);
        REQUIRE(s3.Ask("DELETE", "/other/2").status == 204);
    }
    // Nothing is left of them.
    CHECK(s3.BlobFiles() == 0);
    CHECK(etag.ends_with("-2\""));
}

TEST_CASE("a copy is summed anew when another checksum is wanted") {
    Copies s3;
    const std::string text = s3.PutInParts("/bucket/parts");
    Checksummer summer({ChecksumAlgorithm::kSha256});
    summer.Update(text);
    const std::string sum =
        gyre::core::Base64Encode(summer.Finish().values.at(ChecksumAlgorithm::kSha256));
    const Response copied =
        s3.Copy("/bucket/parts", "/bucket/parts", {{"x-amz-checksum-algorithm", "SHA256"}});
    CHECK(copied.status == 200);
    CHECK(Element(copied.body, "ChecksumSHA256") == sum);
    const Response got = s3.Ask("GET", "/bucket/parts", "", {{"x-amz-checksum-mode", "ENABLED"}});
    CHECK(got.body == text);
    CHECK(Header(got, "x-amz-checksum-sha256") == sum);
    CHECK(Header(got, "x-amz-checksum-crc64nvme").empty());
}

TEST_CASE("copies that are refused") {
    Copies s3;
    const std::string from = "/bucket/a%20b";
    CHECK(s3.Refused("/bucket/a%20b", from) == "400 InvalidRequest");
    CHECK(s3.Refused("/other/k", "/bucket/none") == "404 NoSuchKey");
    CHECK(s3.Refused("/other/k", "/none/k") == "404 NoSuchBucket");
    CHECK(s3.Refused("/none/k", from) == "404 NoSuchBucket");
    CHECK(s3.Refused("/other/k", from + "?versionId=3") == "404 NoSuchVersion");
    CHECK(s3.Refused("/other/k", from + "?versionId=null") == "200 ");
    CHECK(s3.Refused("/other/k", "arn:aws:s3:eu-west-1:000000000000:accesspoint/p/object/k") ==
          "501 NotImplemented");
    for (const std::string bad : {"/bucket", "bucket/", "/bucket/%zz", "//k"}) {
        CAPTURE(bad);
        CHECK(s3.Refused("/other/k", bad) == "400 InvalidArgument");
    }
    struct Case {
        std::string header;
        std::string value;
        std::string outcome;
    };
    const std::string at = "Tue, 14 Nov 2023 22:13:20 GMT";
    const std::string before = "Tue, 14 Nov 2023 22:13:19 GMT";
    const Case cases[] = {
        {"x-amz-metadata-directive", "MERGE", "400 InvalidArgument"},
        {"x-amz-copy-source-if-match", s3.etag, "200 "},
        {"x-amz-copy-source-if-match", "\"x\"", "412 PreconditionFailed"},
        {"x-amz-copy-source-if-none-match", s3.etag, "412 PreconditionFailed"},
        {"x-amz-copy-source-if-none-match", "\"x\"", "200 "},
        {"x-amz-copy-source-if-modified-since", at, "412 PreconditionFailed"},
        {"x-amz-copy-source-if-modified-since", before, "200 "},
        {"x-amz-copy-source-if-unmodified-since", before, "412 PreconditionFailed"},
        {"x-amz-copy-source-if-unmodified-since", at, "200 "},
        {"If-None-Match", "*", "412 PreconditionFailed"},
        {"If-Match", s3.etag, "200 "},
        {"x-amz-source-expected-bucket-owner", "111111111111", "403 AccessDenied"},
        {"x-amz-source-expected-bucket-owner", "000000000000", "200 "},
        {"x-amz-checksum-algorithm", "MD5", "200 "},
        {"x-amz-checksum-algorithm", "MD4", "400 InvalidRequest"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.header);
        CAPTURE(c.value);
        CHECK(s3.Refused("/other/k", from, {{c.header, c.value}}) == c.outcome);
    }
}

TEST_CASE("the source of a copy needs a permission of its own") {
    std::vector<std::string> asked;
    S3Options options;
    options.allowed = [&](const gyre::wire::CallContext&, const std::string& permission,
                          const std::string& resource) -> gyre::core::Status {
        asked.push_back(permission + " " + resource);
        return gyre::core::Fail(Code::kPermissionDenied, "AccessDenied", "no");
    };
    Copies s3(options);
    CHECK(s3.Refused("/other/k", "/bucket/a%20b") == "403 AccessDenied");
    CHECK(asked == std::vector<std::string>{"s3:GetObject arn:aws:s3:::bucket/a b"});
    CHECK_FALSE(s3.Store().Get("other", "k").has_value());
    const std::string upload = Element(s3.Ask("POST", "/other/k?uploads").body, "UploadId");
    CHECK(s3.Refused("/other/k?partNumber=1&uploadId=" + upload, "/bucket/a%20b") ==
          "403 AccessDenied");
}

TEST_CASE("parts are copied from objects, whole or by range, shared or read") {
    Copies s3;
    const std::string parts = s3.PutInParts("/bucket/parts");
    const std::string whole = Noise(kSmallestPart, 9);
    // With a checksum that is not the upload's, so that it is read for that.
    Checksummer crc({ChecksumAlgorithm::kCrc32});
    crc.Update(whole);
    const auto sums = crc.Finish();
    REQUIRE(
        s3.Ask("PUT", "/bucket/whole", whole,
               {{"x-amz-checksum-crc32", gyre::core::Base64Encode(sums.values.begin()->second)}})
            .status == 200);
    const std::string upload = Element(s3.Ask("POST", "/other/k?uploads").body, "UploadId");
    struct Case {
        std::string from;
        std::string range;
        std::string text;
    };
    const std::string end = std::to_string(kSmallestPart - 1);
    const Case cases[] = {
        {"/bucket/whole", "", whole},
        {"/bucket/parts", "bytes=0-" + end, parts.substr(0, kSmallestPart)},
        {"/bucket/parts", "bytes=5-" + std::to_string(kSmallestPart + 9),
         parts.substr(5, kSmallestPart + 5)},
        {"/bucket/whole", "bytes=0-" + end, whole},
        {"/bucket/parts", "", parts},
        {"/bucket/a%20b", "bytes=1-3", "ell"},
    };
    std::string listing = "<CompleteMultipartUpload>";
    std::string text;
    int number = 0;
    for (const Case& c : cases) {
        const std::string path =
            "/other/k?partNumber=" + std::to_string(++number) + "&uploadId=" + upload;
        TestS3::Fields headers;
        if (!c.range.empty()) headers.emplace_back("x-amz-copy-source-range", c.range);
        const Response copied = s3.Copy(path, c.from, headers);
        REQUIRE_MESSAGE(copied.status == 200, copied.body);
        listing += "<Part><PartNumber>" + std::to_string(number) + "</PartNumber><ETag>" +
                   Element(copied.body, "ETag") + "</ETag></Part>";
        text += c.text;
    }
    // The source's two, and those of the third and fifth part; the others share them or are small.
    CHECK(s3.BlobFiles() == 4);
    REQUIRE(s3.Ask("DELETE", "/bucket/parts").status == 204);
    REQUIRE(s3.Ask("DELETE", "/bucket/whole").status == 204);
    const Response done =
        s3.Ask("POST", "/other/k?uploadId=" + upload, listing + "</CompleteMultipartUpload>");
    REQUIRE_MESSAGE(done.status == 200, done.body);
    CHECK(s3.Ask("GET", "/other/k").body == text);
    Checksummer summer({ChecksumAlgorithm::kCrc64Nvme});
    summer.Update(text);
    CHECK(Element(done.body, "ChecksumCRC64NVME") ==
          gyre::core::Base64Encode(summer.Finish().values.at(ChecksumAlgorithm::kCrc64Nvme)));
    REQUIRE(s3.Ask("DELETE", "/other/k").status == 204);
    CHECK(s3.BlobFiles() == 0);
}

TEST_CASE("part copies that are refused") {
    Copies s3;
    const std::string upload = Element(s3.Ask("POST", "/other/k?uploads").body, "UploadId");
    const std::string path = "/other/k?partNumber=1&uploadId=" + upload;
    for (const std::string range : {"bytes=0-5", "bytes=5-9", "bytes=3-1"}) {
        CAPTURE(range);
        CHECK(s3.Refused(path, "/bucket/a%20b", {{"x-amz-copy-source-range", range}}) ==
              "416 InvalidRange");
    }
    for (const std::string range :
         {"bytes=1-", "bytes=-1", "1-2", "bytes=0-1,3-4", "bytes=", "bytes=a-b"}) {
        CAPTURE(range);
        CHECK(s3.Refused(path, "/bucket/a%20b", {{"x-amz-copy-source-range", range}}) ==
              "400 InvalidArgument");
    }
    CHECK(s3.Refused(path, "/bucket/a%20b", {{"x-amz-copy-source-if-match", "\"x\""}}) ==
          "412 PreconditionFailed");
    CHECK(s3.Refused(path, "/bucket/none") == "404 NoSuchKey");
    CHECK(s3.Refused("/other/k?partNumber=0&uploadId=" + upload, "/bucket/a%20b") ==
          "400 InvalidArgument");
    CHECK(s3.Refused("/other/k?partNumber=1&uploadId=x", "/bucket/a%20b") == "404 NoSuchUpload");
}
