#include "objects/detail/external_answer.h"

#include <doctest/doctest.h>

using namespace gyre::objects;
using namespace gyre::objects::detail;

TEST_CASE("an element's text, whatever stands around it") {
    CHECK(TextOf("<a><Code>NoSuchKey</Code></a>", "Code") == "NoSuchKey");
    CHECK(TextOf("<CodeX>1</CodeX><Code x=\"y\">a&amp;b&quot;</Code>", "Code") == "a&b\"");
    CHECK(TextOf("<Code>never ends", "Code").empty());
    CHECK(TextOf("<Code", "Code").empty());
    CHECK(TextOf("", "Code").empty());
}

TEST_CASE("an error keeps its name and status; without a body it gets one") {
    const auto named =
        ErrorOf({403, {}, "<Error><Code>AccessDenied</Code><Message>no</Message></Error>"});
    CHECK(named.wire_name == "AccessDenied");
    CHECK(named.message == "no");
    CHECK(named.http_status == 403);
    CHECK(named.code == gyre::core::Code::kPermissionDenied);
    CHECK(ErrorOf({404, {}, ""}).wire_name == "NoSuchKey");
    // A completion that began as a success.
    const auto late = ErrorOf({200, {}, "<Error><Code>InternalError</Code></Error>"});
    CHECK(late.http_status == 500);
}

TEST_CASE("a listing of another S3") {
    const auto page = ReadListing(
        "b",
        "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"x\"><IsTruncated>true</IsTruncated>"
        "<Contents><Key>a%20b%2Fc</Key><Size>12</Size><ETag>&quot;e&quot;</ETag>"
        "<LastModified>2026-11-24T12:00:00.000Z</LastModified></Contents>"
        "<Contents><Key>d</Key><Size>0</Size></Contents></ListBucketResult>");
    REQUIRE(page);
    CHECK(page->truncated);
    REQUIRE(page->objects.size() == 2);
    CHECK(page->objects[0].key == "a b/c");
    CHECK(page->objects[0].size == 12);
    CHECK(page->objects[0].etag == "e");
    CHECK(gyre::core::HttpDate(page->objects[0].modified) == "Tue, 24 Nov 2026 12:00:00 GMT");
    CHECK(!ReadListing("b", "<html>"));
}
