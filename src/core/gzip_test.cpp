#include "core/gzip.h"

#include <doctest/doctest.h>

using namespace gyre::core;

TEST_CASE("gzip data comes back, within its limit") {
    const std::string text = std::string(100'000, 'a') + "end";
    const std::string packed = Gzip(text);
    CHECK(packed.size() < 1000);
    CHECK(Gunzip(packed, text.size()) == text);
    CHECK(Gunzip(packed, text.size() - 1).error().code == Code::kResourceExhausted);
    CHECK(Gunzip(Gzip(""), 10) == "");
    CHECK(Gunzip(packed.substr(0, packed.size() - 1), 1U << 20).error().code ==
          Code::kInvalidArgument);
    CHECK_FALSE(Gunzip(packed + "x", 1U << 20));
    CHECK_FALSE(Gunzip("plain", 100));
    CHECK_FALSE(Gunzip("", 100));
    CHECK(Unzlib(Zlib(text), text.size()) == text);
    CHECK(Unzlib(Zlib(text), 10).error().code == Code::kResourceExhausted);
    CHECK_FALSE(Unzlib(packed, 1U << 20));
}
