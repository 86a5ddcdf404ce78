// Tags of objects and buckets as clients see them.

#include <doctest/doctest.h>

#include "objects/test_s3.h"

using namespace gyre::objects;

namespace {

std::string TagSet(const std::vector<std::pair<std::string, std::string>>& tags) {
    std::string xml = "<Tagging><TagSet>";
    for (const auto& [key, value] : tags) {
        xml += "<Tag><Key>" + key + "</Key><Value>" + value + "</Value></Tag>";
    }
    return xml + "</TagSet></Tagging>";
}

}  // namespace

TEST_CASE("an object's tags are put, read, copied, replaced and removed") {
    TestS3 s3;
    s3.Ask("PUT", "/bkt");
    CHECK(s3.Ask("PUT", "/bkt/k", "text", {{"x-amz-tagging", "a=1&b=x%20y"}}).status == 200);
    auto got = s3.Ask("GET", "/bkt/k?tagging").body;
    CHECK(Elements(got, "Key") == std::vector<std::string>{"a", "b"});
    CHECK(Elements(got, "Value") == std::vector<std::string>{"1", "x y"});
    CHECK(Header(s3.Ask("GET", "/bkt/k"), "x-amz-tagging-count") == "2");
    s3.Ask("PUT", "/bkt/copy", "", {{"x-amz-copy-source", "/bkt/k"}});
    CHECK(Elements(s3.Ask("GET", "/bkt/copy?tagging").body, "Key").size() == 2);
    s3.Ask("PUT", "/bkt/copy", "",
           {{"x-amz-copy-source", "/bkt/k"},
            {"x-amz-tagging-directive", "REPLACE"},
            {"x-amz-tagging", "c=3"}});
    CHECK(Element(s3.Ask("GET", "/bkt/copy?tagging").body, "Key") == "c");
    CHECK(s3.Outcome("PUT", "/bkt/k?tagging", TagSet({{"z", ""}})) == "200");
    got = s3.Ask("GET", "/bkt/k?tagging").body;
    CHECK(Elements(got, "Key") == std::vector<std::string>{"z"});
    CHECK(s3.Ask("GET", "/bkt/k").body == "text");
    CHECK(s3.Outcome("DELETE", "/bkt/k?tagging") == "204");
    CHECK(Elements(s3.Ask("GET", "/bkt/k?tagging").body, "Key").empty());
    CHECK(s3.Outcome("PUT", "/bkt/none?tagging", TagSet({{"a", "1"}})) == "404 NoSuchKey");
    CHECK(s3.Outcome("GET", "/bkt/none?tagging") == "404 NoSuchKey");
}

TEST_CASE("tags that come with an object are asked for") {
    S3Options options;
    std::vector<std::string> asked;
    options.allowed = [&](const gyre::wire::CallContext& context, const std::string& permission,
                          const std::string& resource) -> gyre::core::Status {
        const auto version = gyre::access::FindContext(context.facts, "s3:VersionId");
        asked.push_back(permission + (version ? "@" + *version : "") + " " + resource);
        return {};
    };
    TestS3 s3(options);
    const auto asks = [&](const std::string& method, const std::string& target,
                          const TestS3::Fields& headers) {
        asked.clear();
        CHECK(s3.Ask(method, target, "", headers).status == 200);
        return asked;
    };
    using Asked = std::vector<std::string>;
    const std::string read = "s3:GetObject arn:aws:s3:::bkt/k";
    const std::string put = "s3:PutObjectTagging arn:aws:s3:::bkt/";
    s3.Ask("PUT", "/bkt");
    CHECK(asks("PUT", "/bkt/plain", {}).empty());
    CHECK(asks("PUT", "/bkt/k", {{"x-amz-tagging", "a=1"}}) == Asked{put + "k"});
    CHECK(asks("POST", "/bkt/p?uploads", {{"x-amz-tagging", "a=1"}}) == Asked{put + "p"});
    CHECK(asks("PUT", "/bkt/c", {{"x-amz-copy-source", "/bkt/k"}}) ==
          Asked{read, "s3:GetObjectTagging arn:aws:s3:::bkt/k", put + "c"});
    CHECK(asks("PUT", "/bkt/c", {{"x-amz-copy-source", "/bkt/k?versionId=null"}}) ==
          Asked{"s3:GetObjectVersion@null arn:aws:s3:::bkt/k",
                "s3:GetObjectVersionTagging@null arn:aws:s3:::bkt/k", put + "c"});
    CHECK(asks("PUT", "/bkt/c",
               {{"x-amz-copy-source", "/bkt/k"},
                {"x-amz-tagging-directive", "REPLACE"},
                {"x-amz-tagging", "b=2"}}) == Asked{read, put + "c"});
    CHECK(asks("PUT", "/bkt/c",
               {{"x-amz-copy-source", "/bkt/k"}, {"x-amz-tagging-directive", "REPLACE"}}) ==
          Asked{read});
    CHECK(asks("PUT", "/bkt/c", {{"x-amz-copy-source", "/bkt/plain"}}) ==
          Asked{"s3:GetObject arn:aws:s3:::bkt/plain"});
}

TEST_CASE("each version has tags of its own") {
    TestS3 s3;
    s3.Ask("PUT", "/bkt");
    s3.Ask("PUT", "/bkt?versioning",
           "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>");
    const std::string first =
        Header(s3.Ask("PUT", "/bkt/k", "1", {{"x-amz-tagging", "v=1"}}), "x-amz-version-id");
    s3.Ask("PUT", "/bkt/k", "2", {{"x-amz-tagging", "v=2"}});
    const auto put = s3.Ask("PUT", "/bkt/k?tagging&versionId=" + first, TagSet({{"old", "yes"}}));
    CHECK(Header(put, "x-amz-version-id") == first);
    CHECK(Element(s3.Ask("GET", "/bkt/k?tagging").body, "Value") == "2");
    CHECK(Element(s3.Ask("GET", "/bkt/k?tagging&versionId=" + first).body, "Key") == "old");
    const std::string marker = Header(s3.Ask("DELETE", "/bkt/k"), "x-amz-version-id");
    CHECK(s3.Outcome("PUT", "/bkt/k?tagging&versionId=" + marker, TagSet({{"a", "1"}})) ==
          "405 MethodNotAllowed");
}

TEST_CASE("an upload in parts takes its tags along") {
    TestS3 s3;
    s3.Ask("PUT", "/bkt");
    const std::string upload =
        Element(s3.Ask("POST", "/bkt/k?uploads", "", {{"x-amz-tagging", "a=1"}}).body, "UploadId");
    const auto part = s3.Ask("PUT", "/bkt/k?partNumber=1&uploadId=" + upload, "text");
    s3.Ask("POST", "/bkt/k?uploadId=" + upload,
           "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>" +
               Header(part, "ETag") + "</ETag></Part></CompleteMultipartUpload>");
    CHECK(Element(s3.Ask("GET", "/bkt/k?tagging").body, "Key") == "a");
}

TEST_CASE("tags beyond their bounds are refused") {
    TestS3 s3;
    s3.Ask("PUT", "/bkt");
    s3.Ask("PUT", "/bkt/k", "text");
    std::vector<std::pair<std::string, std::string>> many;
    for (int i = 0; i < 11; ++i) many.emplace_back(std::to_string(i), "");
    CHECK(s3.Ask("PUT", "/bkt/k?tagging", TagSet(many)).status == 400);
    CHECK(s3.Outcome("PUT", "/bkt/k?tagging", TagSet({{std::string(129, 'k'), ""}})) ==
          "400 InvalidTag");
    CHECK(s3.Outcome("PUT", "/bkt/k?tagging", TagSet({{"k", std::string(257, 'v')}})) ==
          "400 InvalidTag");
    CHECK(s3.Outcome("PUT", "/bkt/k?tagging", TagSet({{"k", "1"}, {"k", "2"}})) ==
          "400 InvalidTag");
    CHECK(s3.Outcome("PUT", "/bkt/l", "text", {{"x-amz-tagging", "a=%zz"}}) ==
          "400 InvalidArgument");
    CHECK(s3.Outcome("GET", "/bkt/l") == "404 NoSuchKey");
}

TEST_CASE("tags that are not UTF-8 are refused") {
    TestS3 s3;
    s3.Ask("PUT", "/bkt");
    s3.Ask("PUT", "/bkt/k", "text");
    for (const char* tags : {"a=%FF", "%FF=a", "a=%ED%A0%80"}) {
        CAPTURE(tags);
        CHECK(s3.Outcome("PUT", "/bkt/k", "text", {{"x-amz-tagging", tags}}) ==
              "400 InvalidArgument");
        CHECK(s3.Outcome("POST", "/bkt/k?uploads", "", {{"x-amz-tagging", tags}}) ==
              "400 InvalidArgument");
        CHECK(s3.Outcome("PUT", "/bkt/copy", "",
                         {{"x-amz-copy-source", "/bkt/k"},
                          {"x-amz-tagging-directive", "REPLACE"},
                          {"x-amz-tagging", tags}}) == "400 InvalidArgument");
    }
    CHECK(s3.Outcome("PUT", "/bkt/k?tagging", TagSet({{"a", "\xff"}})) == "400 MalformedXML");
    CHECK(s3.Outcome("PUT", "/bkt?tagging", TagSet({{"a", "\xff"}})) == "400 MalformedXML");
    CHECK(s3.Outcome("GET", "/bkt/k?tagging") == "200");
}

TEST_CASE("policies can ask for the tags of buckets and objects") {
    TestS3 s3;
    s3.Ask("PUT", "/bkt");
    s3.Ask("PUT", "/bkt/a/k", "text", {{"x-amz-tagging", "a=1"}});
    s3.Ask("PUT", "/bkt?tagging", TagSet({{"team", "ml"}}));
    const auto& settings = s3.Store().Settings();
    CHECK(settings.TagsOf("arn:aws:s3:::bkt/a/k") == Tags{{"a", "1"}});
    CHECK(settings.TagsOf("arn:aws:s3:::bkt/none").empty());
    CHECK(settings.TagsOf("arn:aws:s3:::bkt") == Tags{{"team", "ml"}});
    CHECK(settings.TagsOf("arn:aws:s3:::other").empty());
}

TEST_CASE("a bucket's tags") {
    TestS3 s3;
    s3.Ask("PUT", "/bkt");
    CHECK(s3.Outcome("GET", "/bkt?tagging") == "404 NoSuchTagSet");
    CHECK(s3.Outcome("PUT", "/bkt?tagging", TagSet({{"team", "ml"}})) == "200");
    CHECK(Element(s3.Ask("GET", "/bkt?tagging").body, "Value") == "ml");
    CHECK(s3.Outcome("DELETE", "/bkt?tagging") == "204");
    CHECK(s3.Outcome("GET", "/bkt?tagging") == "404 NoSuchTagSet");
    CHECK(s3.Outcome("GET", "/none?tagging") == "404 NoSuchBucket");
}
