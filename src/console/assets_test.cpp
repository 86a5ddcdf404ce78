#include "console/assets.h"

#include <doctest/doctest.h>

#include <algorithm>

#include <string>

using namespace gyre::console;

TEST_CASE("the page and all that it names are inside, and small") {
    const Asset* page = FindAsset("/");
    REQUIRE(page);
    CHECK(page->content_type == "text/html; charset=utf-8");
    CHECK(FindAsset("/-/assets/nothing.js") == nullptr);
    size_t compressed = 0;
    for (const Asset& asset : AllAssets()) {
        INFO(std::string(asset.path));
        CHECK_FALSE(asset.plain.empty());
        CHECK_FALSE(asset.gzip.empty());
        CHECK(asset.gzip.substr(0, 2) == "\x1f\x8b");
        CHECK_FALSE(asset.brotli.empty());
        CHECK(asset.hash.size() == 16);
        compressed += asset.gzip.size();
        if (&asset == page || !asset.path.ends_with(".js")) continue;
        // Named by the page, or by a script that fetches it when it is needed.
        const std::string_view name = asset.path.substr(asset.path.rfind('/') + 1);
        CHECK(std::ranges::any_of(AllAssets(), [&](const Asset& other) {
            return &other != &asset && other.plain.find(name) != other.plain.npos;
        }));
    }
    CHECK(compressed < 300'000);
}

TEST_CASE("the page has no script or style of its own, which its policy would refuse") {
    const auto page = FindAsset("/")->plain;
    CHECK(page.find("<style") == page.npos);
    CHECK(page.find("<script>") == page.npos);
    CHECK(page.find(" style=") == page.npos);
    CHECK(page.find(" onclick=") == page.npos);
}
