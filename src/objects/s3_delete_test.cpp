#include <doctest/doctest.h>

#include "core/digest.h"
#include "objects/test_s3.h"

using namespace gyre::objects;
using gyre::core::Code;
using gyre::net::Response;

namespace {

std::string Batch(const std::vector<std::string>& objects, bool quiet = false) {
    std::string xml = "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
    for (const std::string& object : objects) xml += "<Object>" + object + "</Object>";
    return xml + (quiet ? "<Quiet>true</Quiet>" : "") + "</Delete>";
}

std::string Key(const std::string& key) {
    return "<Key>" + key + "</Key>";
}

struct Batches : TestS3 {
    explicit Batches(S3Options options = {}) : TestS3(std::move(options)) {
        REQUIRE(Ask("PUT", "/bucket").status == 200);
        for (const std::string key : {"a", "b", "c%26d"}) {
            REQUIRE(Ask("PUT", "/bucket/" + key, "text").status == 200);
        }
    }
    std::vector<std::string> Keys() { return Elements(Ask("GET", "/bucket").body, "Key"); }
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a batch removes what is there and says so of what is not") {
    Batches s3;
    const Response done =
        s3.Ask("POST", "/bucket?delete", Batch({Key("a"), Key("none"), Key("c&amp;d")}));
    CHECK(done.status == 200);
    CHECK(Elements(done.body, "Key") == Names{"a", "none", "c&amp;d"});
    CHECK(Elements(done.body, "Deleted").size() == 3);
    CHECK(s3.Keys() == Names{"b"});
    const Response quiet =
        s3.Ask("POST", "/bucket?delete", Batch({Key("b"), Key(std::string(1025, 'k'))}, true));
    CHECK(quiet.status == 200);
    CHECK(Elements(quiet.body, "Deleted").empty());
    CHECK(Element(quiet.body, "Code") == "KeyTooLongError");
    CHECK(s3.Keys().empty());
}

TEST_CASE("an object of a batch can be refused alone") {
    Batches s3;
    const Response done =
        s3.Ask("POST", "/bucket?delete",
               Batch({Key("a") + "<ETag>\"x\"</ETag>",
                      Key("b") + "<ETag>\"1cb251ec0d568de6a929b520c4aed8d1\"</ETag>",
                      Key("c&amp;d") + "<VersionId>v</VersionId>", Key("a") + "<Size>7</Size>",
                      Key("none") + "<ETag>\"x\"</ETag>"}));
    CHECK(done.status == 200);
    CHECK(Elements(done.body, "Code") == Names{"PreconditionFailed", "PreconditionFailed"});
    // What is not there is gone, whatever was asked of it.
    CHECK(Elements(done.body, "Deleted").size() == 3);
    CHECK(Element(done.body, "VersionId") == "v");
    CHECK(s3.Keys() == Names{"a", "c&amp;d"});
}

TEST_CASE("each key of a batch needs its permission") {
    S3Options options;
    options.allowed = [&](const gyre::wire::CallContext&, const std::string& permission,
                          const std::string& resource) -> gyre::core::Status {
        if (permission == "s3:DeleteObject" && resource == "arn:aws:s3:::bucket/b") return {};
        return gyre::core::Fail(Code::kPermissionDenied, "AccessDenied", "Access Denied");
    };
    Batches s3(options);
    const Response done = s3.Ask("POST", "/bucket?delete", Batch({Key("a"), Key("b")}));
    CHECK(done.status == 200);
    CHECK(Elements(Element(done.body, "Deleted"), "Key") == Names{"b"});
    CHECK(Elements(Element(done.body, "Error"), "Key") == Names{"a"});
    CHECK(Element(done.body, "Code") == "AccessDenied");
    CHECK(s3.Keys() == Names{"a", "c&amp;d"});
}

TEST_CASE("a batch that is garbled or too long removes nothing") {
    Batches s3;
    const std::string batch = Batch({Key("a")});
    CHECK(s3.Outcome("POST", "/bucket?delete", "") == "400 MissingRequestBodyError");
    CHECK(s3.Outcome("POST", "/bucket?delete", "<Delete>") == "400 MalformedXML");
    CHECK(s3.Outcome("POST", "/bucket?delete", "<Delete></Delete>") == "400 MalformedXML");
    CHECK(s3.Outcome("POST", "/bucket?delete", Batch(Names(1001, Key("a")))) == "400 MalformedXML");
    CHECK(s3.Outcome("POST", "/none?delete", batch) == "404 NoSuchBucket");
    const auto with = [&](const std::string& header, const std::string& value) {
        return s3.Outcome("POST", "/bucket?delete", batch, {{header, value}});
    };
    CHECK(with("Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg==") == "400 BadDigest");
    CHECK(with("x-amz-checksum-crc32", "AAAAAA==") == "400 BadDigest");
    CHECK(with("x-amz-checksum-xxhash3", "AAAAAA==") == "400 BadDigest");
    CHECK(with("x-amz-expected-bucket-owner", "111111111111") == "403 AccessDenied");
    CHECK(s3.Keys().size() == 3);
    Checksummer summer({ChecksumAlgorithm::kCrc32});
    summer.Update(batch);
    CHECK(with("x-amz-checksum-crc32", gyre::core::Base64Encode(summer.Finish().values.at(
                                           ChecksumAlgorithm::kCrc32))) == "200");
    CHECK(s3.Outcome("POST", "/bucket?delete", Batch(Names(1000, Key("b")))) == "200");
    CHECK(s3.Keys() == Names{"c&amp;d"});
}
