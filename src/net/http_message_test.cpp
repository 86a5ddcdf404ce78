#include "net/http_message.h"

#include <doctest/doctest.h>

using namespace gyre;

TEST_CASE("header names compare without case, and the order stays") {
    net::Headers headers;
    headers.Add("Host", "a");
    headers.Add("X-One", "1");
    headers.Add("x-one", "2");
    headers.Add("Last", "z");
    CHECK(headers.Get("X-ONE") == "1");
    CHECK_FALSE(headers.Find("x-on"));
    headers.Set("x-ONE", "3");
    CHECK(headers.size() == 3);
    CHECK(headers.Get("x-one") == "3");
    headers.Set("New", "n");
    headers.Remove("hOST");
    std::string all;
    for (const auto& [name, value] : headers) all += name + "=" + value + ";";
    CHECK(all == "X-One=3;Last=z;New=n;");
}

TEST_CASE("percent coding") {
    struct Case {
        std::string_view text;
        bool plus;
        std::optional<std::string> expected;
    };
    for (const Case& c :
         {Case{"a%20b", false, "a b"}, Case{"%2fA%2F", false, "/A/"}, Case{"a+b", false, "a+b"},
          Case{"a+b%2B", true, "a b+"}, Case{"", false, ""}, Case{"%", false, std::nullopt},
          Case{"%4", false, std::nullopt}, Case{"x%4g", false, std::nullopt},
          Case{"%00", false, std::string(1, '\0')}}) {
        CAPTURE(c.text);
        CHECK(net::PercentDecode(c.text, c.plus) == c.expected);
    }
    CHECK(net::PercentEncode("a b/~_-.\xC3\xA9") == "a%20b%2F~_-.%C3%A9");
    CHECK(net::PercentEncode("a/b", true) == "a/b");
}

TEST_CASE("a path's parts") {
    using Parts = std::vector<std::string>;
    CHECK(net::SplitPath("/a%2Fb//c/") == Parts{"a/b", "", "c"});
    CHECK(net::SplitPath("/") == Parts{});
    CHECK(net::SplitPath("") == Parts{});
    CHECK_FALSE(net::SplitPath("/predictions/%zz"));
}

TEST_CASE("queries") {
    const auto pairs = net::ParseQuery("a=1&b&&c=%20x=y&=v&d=+");
    REQUIRE(pairs);
    const std::vector<std::pair<std::string, std::string>> expected{
        {"a", "1"}, {"b", ""}, {"c", " x=y"}, {"", "v"}, {"d", " "}};
    CHECK(*pairs == expected);
    CHECK(net::ParseQuery("")->empty());
    CHECK_FALSE(net::ParseQuery("a=%zz"));
}
