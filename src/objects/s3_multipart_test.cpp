#include <doctest/doctest.h>

#include "core/digest.h"
#include "objects/test_s3.h"

using namespace gyre::objects;
using gyre::net::Response;

namespace {

constexpr size_t kSmallest = size_t{5} << 20;

std::string Md5(const std::string& text) {
    gyre::core::Digest digest(gyre::core::DigestKind::kMd5);
    digest.Update(text);
    return digest.Finish();
}

std::string Sum(ChecksumAlgorithm algorithm, const std::string& text) {
    Checksummer summer({algorithm});
    summer.Update(text);
    return summer.Finish().values.at(algorithm);
}

std::string Base64(const std::string& raw) {
    return gyre::core::Base64Encode(raw);
}

std::string Quote(const std::string& text) {
    return '"' + text + '"';
}

struct Listed {
    int number;
    std::string etag;
    std::string more = "";  ///< further elements
};

std::string Listing(const std::vector<Listed>& parts) {
    std::string xml = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
    for (const auto& [number, etag, more] : parts) {
        xml += "<Part><PartNumber>" + std::to_string(number) + "</PartNumber><ETag>" + etag +
               "</ETag>" + more + "</Part>";
    }
    return xml + "</CompleteMultipartUpload>";
}

struct Uploads : TestS3 {
    Uploads() { REQUIRE(Ask("PUT", "/bucket").status == 200); }

    std::string Begin(const std::string& key, const Fields& headers = {}) {
        const Response begun = Ask("POST", "/bucket/" + key + "?uploads", "", headers);
        REQUIRE(begun.status == 200);
        CHECK(Element(begun.body, "Bucket") == "bucket");
        CHECK(Element(begun.body, "Key") == gyre::net::PercentDecode(key));
        return Element(begun.body, "UploadId");
    }
    static std::string PartPath(const std::string& key, const std::string& upload, int number) {
        return "/bucket/" + key + "?partNumber=" + std::to_string(number) + "&uploadId=" + upload;
    }
    /// The entity tag.
    std::string Part(const std::string& key, const std::string& upload, int number,
                     const std::string& body, const Fields& headers = {}) {
        const Response put = Ask("PUT", PartPath(key, upload, number), body, headers);
        REQUIRE_MESSAGE(put.status == 200, put.body);
        return Header(put, "ETag");
    }
    Response Complete(const std::string& key, const std::string& upload,
                      const std::vector<Listed>& parts, const Fields& headers = {}) {
        return Ask("POST", "/bucket/" + key + "?uploadId=" + upload, Listing(parts), headers);
    }
};

}  // namespace

TEST_CASE("parts become one object, and a repeated completion says the same") {
    Uploads s3;
    const std::string a = Noise(kSmallest, 1);
    const std::string b = Noise(kSmallest + 1, 2);
    const std::string c = Noise(100, 3);
    const std::string upload =
        s3.Begin("big", {{"Content-Type", "text/x"}, {"x-amz-meta-colour", "blue"}});
    // In any order, one of them twice, one that is not listed in the end.
    const std::string tag_c = s3.Part("big", upload, 9, c);
    const std::string tag_b = s3.Part("big", upload, 5, b);
    (void)s3.Part("big", upload, 2, c);
    const std::string tag_a = s3.Part("big", upload, 2, a);
    (void)s3.Part("big", upload, 7, c);
    CHECK(tag_a == Quote(gyre::core::HexEncode(Md5(a))));
    CHECK(s3.Outcome("GET", "/bucket/big") == "404 NoSuchKey");
    const std::vector<Listed> parts = {{2, tag_a}, {5, tag_b}, {9, tag_c}};
    const std::string etag = Quote(gyre::core::HexEncode(Md5(Md5(a) + Md5(b) + Md5(c))) + "-3");
    const std::string whole = a + b + c;
    const std::string crc = Base64(Sum(ChecksumAlgorithm::kCrc64Nvme, whole));
    for (int round = 0; round < 2; ++round) {
        const Response done = s3.Complete("big", upload, parts, {{"Host", "h:1"}});
        REQUIRE(done.status == 200);
        CHECK(Element(done.body, "ETag") == "&quot;" + etag.substr(1, etag.size() - 2) + "&quot;");
        CHECK(Element(done.body, "Location") == "http://h:1/bucket/big");
        CHECK(Element(done.body, "ChecksumCRC64NVME") == crc);
        CHECK(Element(done.body, "ChecksumType") == "FULL_OBJECT");
    }
    const Response got = s3.Ask("GET", "/bucket/big", "", {{"x-amz-checksum-mode", "ENABLED"}});
    CHECK(got.status == 200);
    CHECK(got.body == whole);
    CHECK(Header(got, "ETag") == etag);
    CHECK(Header(got, "Content-Type") == "text/x");
    CHECK(Header(got, "x-amz-meta-colour") == "blue");
    CHECK(Header(got, "x-amz-checksum-crc64nvme") == crc);

    // Ranges within a part, up to its end, across two and three of them.
    const size_t ab = a.size() + b.size();
    for (const auto& [first, last] :
         std::vector<std::pair<size_t, size_t>>{{0, 0},
                                                {10, 70'000},
                                                {a.size() - 1, a.size() - 1},
                                                {a.size() - 1, a.size()},
                                                {a.size(), ab - 1},
                                                {65'537, ab + 5},
                                                {ab - 1, whole.size() - 1},
                                                {ab + 1, ab + 2}}) {
        CAPTURE(first);
        CAPTURE(last);
        const Response part =
            s3.Ask("GET", "/bucket/big", "",
                   {{"Range", "bytes=" + std::to_string(first) + "-" + std::to_string(last)},
                    {"If-Match", etag}});
        CHECK(part.status == 206);
        CHECK(part.body == whole.substr(first, last - first + 1));
    }
    const Response second = s3.Ask("GET", "/bucket/big?partNumber=2");
    CHECK(second.status == 206);
    CHECK(second.body == b);
    CHECK(Header(second, "x-amz-mp-parts-count") == "3");
    CHECK(s3.Outcome("GET", "/bucket/big?partNumber=4") == "416 InvalidPartNumber");

    // What was made since is not what this upload made.
    REQUIRE(s3.Ask("PUT", "/bucket/big", "x").status == 200);
    CHECK(Element(s3.Complete("big", upload, parts).body, "Code") == "NoSuchUpload");
}

TEST_CASE("what a completion may not list") {
    Uploads s3;
    const std::string upload = s3.Begin("k");
    const std::string small = s3.Part("k", upload, 1, "small");
    const std::string last = s3.Part("k", upload, 2, "last");
    struct Case {
        std::vector<Listed> parts;
        std::string code;
    };
    const Case cases[] = {
        {{}, "MalformedXML"},
        {{{1, small}, {2, last}}, "EntityTooSmall"},
        {{{2, last}, {1, small}}, "InvalidPartOrder"},
        {{{2, last}, {2, last}}, "InvalidPartOrder"},
        {{{3, last}}, "InvalidPart"},
        {{{2, small}}, "InvalidPart"},
        {{{2, ""}}, "InvalidPart"},
        {{{2, last, "<ChecksumCRC64NVME>AAAAAAAAAAA=</ChecksumCRC64NVME>"}}, "InvalidPart"},
        {{{2, last, "<ChecksumSHA512>x</ChecksumSHA512>"}}, "InvalidPart"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.code);
        const Response refused = s3.Complete("k", upload, c.parts);
        CHECK(Element(refused.body, "Code") == c.code);
        CHECK(refused.status == 400);
    }
    CHECK(s3.Outcome("POST", "/bucket/k?uploadId=" + upload, "") == "400 MalformedXML");
    CHECK(s3.Outcome("POST", "/bucket/k?uploadId=" + upload, "<a>") == "400 MalformedXML");
    const auto with = [&](const char* header, const char* value) {
        return Element(s3.Complete("k", upload, {{2, last}}, {{header, value}}).body, "Code");
    };
    CHECK(with("x-amz-mp-object-size", "5") == "InvalidRequest");
    CHECK(with("x-amz-checksum-crc64nvme", "AAAAAAAAAAA=") == "BadDigest");
    CHECK(with("x-amz-checksum-crc32", "AAAAAA==") == "InvalidRequest");
    CHECK(with("x-amz-checksum-type", "COMPOSITE") == "InvalidRequest");
    CHECK(with("If-Match", "\"x\"") == "NoSuchKey");
    CHECK(s3.Ask("PUT", "/bucket/k", "there").status == 200);
    CHECK(with("If-None-Match", "*") == "PreconditionFailed");
    // None of these ended the upload; quotes around a tag are not needed.
    const Response done = s3.Complete("k", upload, {{2, last.substr(1, last.size() - 2)}},
                                      {{"x-amz-mp-object-size", "4"}});
    CHECK(done.status == 200);
    CHECK(s3.Ask("GET", "/bucket/k").body == "last");
}

TEST_CASE("what a part may not be") {
    Uploads s3;
    const std::string upload = s3.Begin("k");
    CHECK(s3.Outcome("PUT", Uploads::PartPath("k", upload, 0), "x") == "400 InvalidArgument");
    CHECK(s3.Outcome("PUT", Uploads::PartPath("k", upload, 10001), "x") == "400 InvalidArgument");
    CHECK(s3.Outcome("PUT", Uploads::PartPath("other", upload, 1), "x") == "404 NoSuchUpload");
    CHECK(s3.Outcome("PUT", Uploads::PartPath("k", "none", 1), "x") == "404 NoSuchUpload");
    CHECK(s3.Outcome("PUT", "/none/k?partNumber=1&uploadId=" + upload, "x") == "404 NoSuchBucket");
    const auto with = [&](const char* header, const std::string& value) {
        return s3.Outcome("PUT", Uploads::PartPath("k", upload, 1), "hello", {{header, value}});
    };
    CHECK(with("Content-MD5", Base64(Md5("hallo"))) == "400 BadDigest");
    CHECK(with("Content-MD5", "x") == "400 InvalidDigest");
    CHECK(with("Content-MD5", "") == "400 InvalidDigest");
    CHECK(with("x-amz-checksum-crc32", "AAAAAA==") == "400 BadDigest");
    CHECK(with("x-amz-checksum-sha1", "AAAA") == "400 BadDigest");
    CHECK(with("x-amz-checksum-sha512", "AAAA") == "400 BadDigest");
    CHECK(Elements(s3.Ask("GET", "/bucket/k?uploadId=" + upload).body, "Part").empty());
    CHECK(with("Content-MD5", Base64(Md5("hello"))) == "200");
    CHECK(with("x-amz-checksum-crc32c", Base64(Sum(ChecksumAlgorithm::kCrc32c, "hello"))) == "200");
}

TEST_CASE("checksums of the whole, of every algorithm and type") {
    struct Case {
        std::string algorithm;
        std::string type;  ///< as asked for
        std::string kept;  ///< "" where it is refused
    };
    const Case cases[] = {
        {"CRC32", "", "COMPOSITE"},
        {"CRC32", "FULL_OBJECT", "FULL_OBJECT"},
        {"CRC32C", "COMPOSITE", "COMPOSITE"},
        {"CRC32C", "FULL_OBJECT", "FULL_OBJECT"},
        {"CRC64NVME", "", "FULL_OBJECT"},
        {"CRC64NVME", "COMPOSITE", ""},
        {"SHA1", "", "COMPOSITE"},
        {"SHA1", "FULL_OBJECT", ""},
        {"SHA256", "", "COMPOSITE"},
        {"SHA256", "FULL_OBJECT", ""},
        {"", "FULL_OBJECT", ""},
        {"SHA512", "", "COMPOSITE"},
        {"SHA512", "FULL_OBJECT", ""},
        {"MD5", "", "COMPOSITE"},
        {"XXHASH64", "", "COMPOSITE"},
        {"XXHASH3", "COMPOSITE", "COMPOSITE"},
        {"XXHASH128", "", "COMPOSITE"},
        {"XXHASH128", "FULL_OBJECT", ""},
        {"MD4", "", ""},
    };
    Uploads s3;
    const std::string a = Noise(kSmallest, 1);
    const std::string b = Noise(1000, 2);
    for (const Case& c : cases) {
        CAPTURE(c.algorithm);
        CAPTURE(c.type);
        TestS3::Fields headers;
        if (!c.algorithm.empty()) headers.emplace_back("x-amz-checksum-algorithm", c.algorithm);
        if (!c.type.empty()) headers.emplace_back("x-amz-checksum-type", c.type);
        if (c.kept.empty()) {
            const int status = s3.Ask("POST", "/bucket/k?uploads", "", headers).status;
            CHECK(status == 400);
            continue;
        }
        const auto algorithm = *ChecksumByName(c.algorithm);
        const std::string upload = s3.Begin("k", headers);
        // Another algorithm than the upload's is refused.
        const auto other = algorithm == ChecksumAlgorithm::kCrc32 ? ChecksumAlgorithm::kSha1
                                                                  : ChecksumAlgorithm::kCrc32;
        CHECK(s3.Outcome("PUT", Uploads::PartPath("k", upload, 1), b,
                         {{"x-amz-checksum-" + std::string(ChecksumName(other)),
                           Base64(Sum(other, b))}}) == "400 InvalidRequest");
        std::vector<Listed> parts;
        std::string sums;
        for (const std::string& text : {a, b}) {
            const std::string sum = Sum(algorithm, text);
            const int number = static_cast<int>(parts.size()) + 1;
            const Response put = s3.Ask("PUT", Uploads::PartPath("k", upload, number), text,
                                        {{"x-amz-checksum-" + c.algorithm, Base64(sum)}});
            REQUIRE(put.status == 200);
            CHECK(Header(put, "x-amz-checksum-" + c.algorithm) == Base64(sum));
            const std::string element = "Checksum" + c.algorithm;
            parts.push_back({number, Header(put, "ETag"),
                             "<" + element + ">" + Base64(sum) + "</" + element + ">"});
            sums += sum;
        }
        const bool composite = c.kept == "COMPOSITE";
        const std::string whole =
            composite ? Base64(Sum(algorithm, sums)) + "-2" : Base64(Sum(algorithm, a + b));
        if (composite) {
            std::vector<Listed> bare = parts;
            bare[1].more.clear();
            CHECK(Element(s3.Complete("k", upload, bare).body, "Code") == "InvalidRequest");
        }
        const Response done = s3.Complete(
            "k", upload, parts,
            {{"x-amz-checksum-" + c.algorithm, whole}, {"x-amz-checksum-type", c.kept}});
        REQUIRE_MESSAGE(done.status == 200, done.body);
        const Response head = s3.Ask("HEAD", "/bucket/k", "", {{"x-amz-checksum-mode", "ENABLED"}});
        CHECK(Header(head, "x-amz-checksum-" + c.algorithm) == whole);
        CHECK(Header(head, "x-amz-checksum-type") == c.kept);
        const Response range = s3.Ask("GET", "/bucket/k", "",
                                      {{"x-amz-checksum-mode", "ENABLED"}, {"Range", "bytes=0-9"}});
        CHECK(Header(range, "x-amz-checksum-" + c.algorithm).empty());
    }
}

TEST_CASE("an aborted upload is gone, and a bucket with uploads can go") {
    Uploads s3;
    const std::string upload = s3.Begin("k");
    (void)s3.Part("k", upload, 1, Noise(100'000));
    CHECK(s3.Outcome("DELETE", "/bucket/k?uploadId=" + upload) == "204");
    for (const std::string method : {"DELETE", "GET"}) {
        CHECK(s3.Outcome(method, "/bucket/k?uploadId=" + upload) == "404 NoSuchUpload");
    }
    CHECK(s3.Outcome("PUT", Uploads::PartPath("k", upload, 1), "x") == "404 NoSuchUpload");
    CHECK(Element(s3.Complete("k", upload, {{1, "x"}}).body, "Code") == "NoSuchUpload");
    const std::string left = s3.Begin("k");
    (void)s3.Part("k", left, 1, "x");
    CHECK(s3.Outcome("DELETE", "/bucket") == "204");
    CHECK(s3.Outcome("PUT", "/bucket") == "200");
    CHECK(s3.Outcome("GET", "/bucket/k?uploadId=" + left) == "404 NoSuchUpload");
}

TEST_CASE("parts are listed page by page") {
    Uploads s3;
    const std::string upload = s3.Begin("k", {{"x-amz-checksum-algorithm", "SHA256"}});
    for (const int number : {3, 1, 10000, 2}) (void)s3.Part("k", upload, number, "x");
    const Response all = s3.Ask("GET", "/bucket/k?uploadId=" + upload);
    CHECK(Elements(all.body, "PartNumber") == std::vector<std::string>{"1", "2", "3", "10000"});
    CHECK(Element(all.body, "IsTruncated") == "false");
    CHECK(Element(all.body, "ChecksumAlgorithm") == "SHA256");
    CHECK(Element(all.body, "ChecksumType") == "COMPOSITE");
    CHECK(Element(all.body, "ChecksumSHA256") == Base64(Sum(ChecksumAlgorithm::kSha256, "x")));
    const Response first = s3.Ask("GET", "/bucket/k?max-parts=2&uploadId=" + upload);
    CHECK(Elements(first.body, "PartNumber") == std::vector<std::string>{"1", "2"});
    CHECK(Element(first.body, "IsTruncated") == "true");
    CHECK(Element(first.body, "NextPartNumberMarker") == "2");
    const Response second =
        s3.Ask("GET", "/bucket/k?max-parts=2&part-number-marker=2&uploadId=" + upload);
    CHECK(Elements(second.body, "PartNumber") == std::vector<std::string>{"3", "10000"});
    CHECK(Element(second.body, "IsTruncated") == "false");
    CHECK(s3.Outcome("GET", "/bucket/k?max-parts=-1&uploadId=" + upload) == "400 InvalidArgument");
}

TEST_CASE("uploads are listed by key and age, page by page, under common prefixes") {
    Uploads s3;
    std::vector<std::string> ids;
    for (const std::string key : {"b", "a/1", "b", "a/2", "c%20d"}) {
        ids.push_back(s3.Begin(key));
    }
    (void)s3.Ask("PUT", "/other");
    const auto keys = [&](const std::string& query) {
        const Response page = s3.Ask("GET", "/bucket?uploads&" + query);
        CHECK(page.status == 200);
        std::string text;
        for (const auto& key : Elements(page.body, "Key")) text += key + ",";
        text += "|";
        for (const auto& prefix : Elements(page.body, "CommonPrefixes")) {
            text += Element(prefix, "Prefix") + ",";
        }
        if (Element(page.body, "IsTruncated") == "true") {
            text += "|" + Element(page.body, "NextKeyMarker") + "@";
            const std::string name = Element(page.body, "NextUploadIdMarker");
            for (size_t i = 0; i < ids.size(); ++i) {
                if (ids[i] == name) text += std::to_string(i);
            }
        }
        return text;
    };
    CHECK(keys("") == "a/1,a/2,b,b,c d,|");
    CHECK(keys("encoding-type=url") == "a/1,a/2,b,b,c%20d,|");
    CHECK(keys("prefix=a/") == "a/1,a/2,|");
    CHECK(keys("delimiter=/") == "b,b,c d,|a/,");
    CHECK(keys("max-uploads=3") == "a/1,a/2,b,||b@0");
    CHECK(keys("max-uploads=3&key-marker=b&upload-id-marker=" + ids[0]) == "b,c d,|");
    CHECK(keys("key-marker=b") == "c d,|");
    CHECK(keys("max-uploads=1&delimiter=/") == "|a/,|a/@");
    CHECK(keys("max-uploads=1&delimiter=/&key-marker=a/") == "b,||b@0");
    CHECK(keys("prefix=b&key-marker=a") == "b,b,|");
    CHECK(Elements(s3.Ask("GET", "/other?uploads").body, "Upload").empty());
    CHECK(s3.Outcome("GET", "/none?uploads") == "404 NoSuchBucket");
}
