// Versions as clients see them.

#include <doctest/doctest.h>

#include "objects/test_s3.h"

using namespace gyre::objects;

namespace {

constexpr auto kEnabled =
    "<VersioningConfiguration><Status>Enabled</Status>"
    "</VersioningConfiguration>";
constexpr auto kSuspended =
    "<VersioningConfiguration><Status>Suspended</Status>"
    "</VersioningConfiguration>";

struct Versioned : TestS3 {
    Versioned() {
        REQUIRE(Outcome("PUT", "/bkt") == "200");
        REQUIRE(Outcome("PUT", "/bkt?versioning", kEnabled) == "200");
    }
    std::string Put(const std::string& key, const std::string& text) {
        const auto answer = Ask("PUT", "/bkt/" + key, text);
        REQUIRE(answer.status == 200);
        return Header(answer, "x-amz-version-id");
    }
    std::string Get(const std::string& key, const std::string& version = "") {
        const auto answer =
            Ask("GET", "/bkt/" + key + (version.empty() ? "" : "?versionId=" + version));
        return answer.status == 200 ? answer.body : std::to_string(answer.status);
    }
};

}  // namespace

TEST_CASE("a bucket never versioned says nothing of versions") {
    TestS3 s3;
    s3.Ask("PUT", "/bkt");
    CHECK(s3.Ask("GET", "/bkt?versioning").body.find("<Status>") == std::string::npos);
    CHECK(Header(s3.Ask("PUT", "/bkt/k", "1"), "x-amz-version-id") == "");
    const auto got = s3.Ask("GET", "/bkt/k?versionId=null");
    CHECK(got.body == "1");
    CHECK(Header(got, "x-amz-version-id") == "");
    CHECK(s3.Outcome("GET", "/bkt/k?versionId=0123456789abcdef") == "404 NoSuchVersion");
    CHECK(s3.Outcome("GET", "/bkt/k?versionId=a%20b") == "400 InvalidArgument");
    const auto listed = s3.Ask("GET", "/bkt?versions").body;
    CHECK(Element(listed, "VersionId") == "null");
    CHECK(Element(listed, "IsLatest") == "true");
    CHECK(s3.Outcome("DELETE", "/bkt/k?versionId=null") == "204");
    CHECK(s3.Outcome("GET", "/bkt/k") == "404 NoSuchKey");
    CHECK(s3.Outcome("DELETE", "/bkt") == "204");
}

TEST_CASE("what is put over another stays below it; a delete marker hides all") {
    Versioned s3;
    CHECK(Element(s3.Ask("GET", "/bkt?versioning").body, "Status") == "Enabled");
    const std::string first = s3.Put("k", "1");
    const std::string second = s3.Put("k", "2");
    CHECK(first != second);
    CHECK(s3.Get("k") == "2");
    CHECK(s3.Get("k", first) == "1");
    CHECK(s3.Get("k", second) == "2");
    const auto removed = s3.Ask("DELETE", "/bkt/k");
    CHECK(removed.status == 204);
    CHECK(Header(removed, "x-amz-delete-marker") == "true");
    const std::string marker = Header(removed, "x-amz-version-id");
    const auto gone = s3.Ask("GET", "/bkt/k");
    CHECK(gone.status == 404);
    CHECK(Header(gone, "x-amz-delete-marker") == "true");
    CHECK(Header(gone, "x-amz-version-id") == marker);
    CHECK(s3.Outcome("GET", "/bkt/k?versionId=" + marker) == "405 MethodNotAllowed");
    CHECK(Element(s3.Ask("GET", "/bkt?list-type=2").body, "KeyCount") == "0");
    CHECK(s3.Get("k", first) == "1");
    // Without the marker the newest version is current again.
    const auto unmarked = s3.Ask("DELETE", "/bkt/k?versionId=" + marker);
    CHECK(Header(unmarked, "x-amz-delete-marker") == "true");
    CHECK(s3.Get("k") == "2");
    // And without that one, the one before it.
    s3.Ask("DELETE", "/bkt/k?versionId=" + second);
    CHECK(s3.Get("k") == "1");
    CHECK(s3.Get("k", second) == "404");
    CHECK(s3.Outcome("DELETE", "/bkt") == "409 BucketNotEmpty");
    s3.Ask("DELETE", "/bkt/k?versionId=" + first);
    CHECK(s3.Get("k") == "404");
    CHECK(s3.Outcome("DELETE", "/bkt") == "204");
}

TEST_CASE("removing what is not there makes a delete marker all the same") {
    Versioned s3;
    CHECK(Header(s3.Ask("DELETE", "/bkt/none"), "x-amz-delete-marker") == "true");
    CHECK(s3.Outcome("DELETE", "/bkt") == "409 BucketNotEmpty");
    CHECK(s3.Outcome("DELETE", "/bkt/none?versionId=feed") == "204");
}

TEST_CASE("while versions are suspended there is one null version") {
    TestS3 s3;
    s3.Ask("PUT", "/bkt");
    s3.Ask("PUT", "/bkt/k", "before");
    s3.Ask("PUT", "/bkt?versioning", kEnabled);
    const std::string kept = Header(s3.Ask("PUT", "/bkt/k", "kept"), "x-amz-version-id");
    CHECK(s3.Ask("GET", "/bkt/k?versionId=null").body == "before");
    s3.Ask("PUT", "/bkt?versioning", kSuspended);
    CHECK(Element(s3.Ask("GET", "/bkt?versioning").body, "Status") == "Suspended");
    CHECK(Header(s3.Ask("PUT", "/bkt/k", "new"), "x-amz-version-id") == "");
    CHECK(s3.Ask("GET", "/bkt/k?versionId=null").body == "new");
    CHECK(s3.Ask("GET", "/bkt/k?versionId=" + kept).body == "kept");
    CHECK(Elements(s3.Ask("GET", "/bkt?versions").body, "VersionId").size() == 2);
    CHECK(Header(s3.Ask("PUT", "/bkt/k", "newer"), "x-amz-version-id") == "");
    CHECK(Elements(s3.Ask("GET", "/bkt?versions").body, "VersionId").size() == 2);
    const auto removed = s3.Ask("DELETE", "/bkt/k");
    CHECK(Header(removed, "x-amz-version-id") == "null");
    CHECK(Header(removed, "x-amz-delete-marker") == "true");
    CHECK(s3.Outcome("GET", "/bkt/k?versionId=null") == "405 MethodNotAllowed");
    CHECK(s3.Ask("GET", "/bkt/k?versionId=" + kept).body == "kept");
    s3.Ask("DELETE", "/bkt/k?versionId=null");
    CHECK(s3.Ask("GET", "/bkt/k").body == "kept");
}

TEST_CASE("versions are listed key by key, newest first, page by page") {
    Versioned s3;
    std::vector<std::string> wanted;
    for (const std::string key : {"a", "b/1", "b/2", "c"}) {
        std::vector<std::string> of_key;
        for (int i = 0; i < 5; ++i) of_key.push_back(s3.Put(key, std::to_string(i)));
        if (key == "c") of_key.push_back(Header(s3.Ask("DELETE", "/bkt/c"), "x-amz-version-id"));
        wanted.insert(wanted.end(), of_key.rbegin(), of_key.rend());
    }
    std::vector<std::string> found;
    size_t latest = 0;
    std::string next;
    for (int page = 0; page < 20; ++page) {
        const auto listed = s3.Ask("GET", "/bkt?versions&max-keys=2" + next).body;
        for (const std::string& one : Elements(listed, "VersionId")) found.push_back(one);
        for (const std::string& one : Elements(listed, "IsLatest")) latest += one == "true";
        if (Element(listed, "IsTruncated") != "true") break;
        next = "&key-marker=" + Element(listed, "NextKeyMarker") +
               "&version-id-marker=" + Element(listed, "NextVersionIdMarker");
    }
    CHECK(found == wanted);
    CHECK(latest == 4);
    const auto folded = s3.Ask("GET", "/bkt?versions&delimiter=/").body;
    CHECK(Elements(folded, "VersionId").size() == 11);
    CHECK(Elements(folded, "CommonPrefixes").size() == 1);
    CHECK(Elements(s3.Ask("GET", "/bkt?versions&prefix=b/2").body, "VersionId").size() == 5);
    // A version without its dot is a marker too, as other S3 servers give them out.
    const auto after =
        s3.Ask("GET", "/bkt?versions&key-marker=a&version-id-marker=" + wanted[2]).body;
    CHECK(Elements(after, "VersionId").front() == wanted[3]);
    CHECK(Elements(s3.Ask("GET", "/bkt?versions&key-marker=a").body, "VersionId").front() ==
          wanted[5]);
    CHECK(s3.Outcome("GET", "/bkt?versions&version-id-marker=x") == "400 InvalidArgument");
}

TEST_CASE("a bucket is emptied page by page by what its pages say") {
    Versioned s3;
    for (int i = 0; i < 7; ++i) s3.Put("k", std::to_string(i));
    s3.Ask("DELETE", "/bkt/k");
    std::string next;
    for (int page = 0; page < 10; ++page) {
        const auto listed = s3.Ask("GET", "/bkt?versions&max-keys=3" + next).body;
        for (const std::string& one : Elements(listed, "VersionId")) {
            CHECK(s3.Outcome("DELETE", "/bkt/k?versionId=" + one) == "204");
        }
        if (Element(listed, "IsTruncated") != "true") break;
        next = "&key-marker=k&version-id-marker=" + Element(listed, "NextVersionIdMarker");
    }
    CHECK(s3.Outcome("DELETE", "/bkt") == "204");
}

TEST_CASE("a version is copied, with its own bytes, and back onto its key") {
    Versioned s3;
    const std::string first = s3.Put("k", "1");
    s3.Put("k", "2");
    const auto copied =
        s3.Ask("PUT", "/bkt/copy", "", {{"x-amz-copy-source", "/bkt/k?versionId=" + first}});
    CHECK(copied.status == 200);
    CHECK(Header(copied, "x-amz-copy-source-version-id") == first);
    CHECK(s3.Get("copy") == "1");
    const std::string part = "/bkt/parts?partNumber=1&uploadId=" +
                             Element(s3.Ask("POST", "/bkt/parts?uploads").body, "UploadId");
    const std::string from = "/bkt/k?versionId=" + first;
    for (const TestS3::Fields& headers :
         {TestS3::Fields{{"x-amz-copy-source", from}},
          TestS3::Fields{{"x-amz-copy-source", from}, {"x-amz-copy-source-range", "bytes=0-0"}}}) {
        CHECK(Header(s3.Ask("PUT", part, "", headers), "x-amz-copy-source-version-id") == first);
    }
    s3.Ask("PUT", "/bkt/k", "", {{"x-amz-copy-source", "/bkt/k?versionId=" + first}});
    CHECK(s3.Get("k") == "1");
    const std::string marker = Header(s3.Ask("DELETE", "/bkt/k"), "x-amz-version-id");
    CHECK(s3.Outcome("PUT", "/bkt/x", "", {{"x-amz-copy-source", "/bkt/k?versionId=" + marker}}) ==
          "400 InvalidRequest");
    CHECK(s3.Outcome("PUT", "/bkt/x", "", {{"x-amz-copy-source", "/bkt/k"}}) == "404 NoSuchKey");
    CHECK(s3.Outcome("PUT", "/bkt/x", "", {{"x-amz-copy-source", "/bkt/k?versionId=feed"}}) ==
          "404 NoSuchVersion");
}

TEST_CASE("a batch removes versions and makes markers, and says which") {
    Versioned s3;
    const std::string first = s3.Put("k", "1");
    s3.Put("l", "1");
    const auto answer = s3.Ask("POST", "/bkt?delete",
                               "<Delete><Object><Key>k</Key><VersionId>" + first +
                                   "</VersionId></Object><Object><Key>l</Key></Object></Delete>");
    CHECK(answer.status == 200);
    CHECK(Elements(answer.body, "Deleted").size() == 2);
    CHECK(Elements(answer.body, "DeleteMarker") == std::vector<std::string>{"true"});
    CHECK(Element(answer.body, "DeleteMarkerVersionId").size() == 32);
    CHECK(s3.Get("k") == "404");
    CHECK(s3.Get("l") == "404");
    CHECK(s3.Outcome("POST", "/bkt?delete", "<Delete></Delete>") == "400 MalformedXML");
    CHECK(s3.Outcome("POST", "/bkt?delete", "<Delete><Quiet>true</Quiet></Delete>") ==
          "400 MalformedXML");
}

TEST_CASE("removals can ask for a tag, a size and a time") {
    Versioned s3;
    const std::string first = s3.Put("k", "one");
    CHECK(s3.Outcome("DELETE", "/bkt/k", "", {{"If-Match", "\"no\""}}) == "412 PreconditionFailed");
    CHECK(s3.Outcome("DELETE", "/bkt/k", "", {{"x-amz-if-match-size", "4"}}) ==
          "412 PreconditionFailed");
    CHECK(s3.Outcome("DELETE", "/bkt/k", "",
                     {{"x-amz-if-match-last-modified-time", "Thu, 01 Jan 2015 00:00:00 GMT"}}) ==
          "412 PreconditionFailed");
    CHECK(s3.Outcome("DELETE", "/bkt/k", "", {{"If-Match", "*"}, {"x-amz-if-match-size", "3"}}) ==
          "204");
    CHECK(s3.Outcome("DELETE", "/bkt/k?versionId=" + first, "", {{"x-amz-if-match-size", "4"}}) ==
          "412 PreconditionFailed");
    // Of what was never there a condition hides nothing.
    CHECK(s3.Outcome("DELETE", "/bkt/none", "", {{"If-Match", "*"}}) == "204");
    CHECK(s3.Ask("GET", "/bkt?versions&prefix=none").body.find("DeleteMarker") ==
          std::string::npos);
}

TEST_CASE("versioning takes Enabled and Suspended only") {
    TestS3 s3;
    s3.Ask("PUT", "/bkt");
    CHECK(s3.Outcome("PUT", "/bkt?versioning", "<VersioningConfiguration/>") ==
          "400 IllegalVersioningConfigurationException");
    CHECK(s3.Outcome("PUT", "/bkt?versioning",
                     "<VersioningConfiguration><Status>Off</Status></VersioningConfiguration>") ==
          "400 IllegalVersioningConfigurationException");
    CHECK(s3.Outcome("PUT", "/none?versioning", kEnabled) == "404 NoSuchBucket");
    CHECK(s3.Outcome("PUT", "/bkt?versioning",
                     "<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Enabled"
                     "</MfaDelete></VersioningConfiguration>") == "501 NotImplemented");
}
