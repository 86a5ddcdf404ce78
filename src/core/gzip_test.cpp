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
    CHECK(Gunzip(packed + Gzip("") + Gzip("more"), 1U << 20) == text + "more");
    CHECK_FALSE(Gunzip(packed + "x", 1U << 20));
    CHECK_FALSE(Gunzip(packed + Gzip("more").substr(0, 12), 1U << 20));
    CHECK_FALSE(Gunzip("plain", 100));
    CHECK_FALSE(Gunzip("", 100));
    CHECK(Unzlib(Zlib(text), text.size()) == text);
    CHECK(Unzlib(Zlib(text), 10).error().code == Code::kResourceExhausted);
    CHECK_FALSE(Unzlib(packed, 1U << 20));
}

TEST_CASE("a gzip file of several members is unpacked piece by piece") {
    const std::string text = std::string(100'000, 'a') + "end";
    const std::string file = Gzip(text) + Gzip("") + Gzip("more");
    for (const size_t piece : {size_t{1}, size_t{7}, file.size()}) {
        for (const size_t room : {size_t{1}, size_t{4096}, size_t{1} << 20}) {
            GunzipStream stream;
            CHECK(stream.AtEnd());
            std::string content;
            std::string into(room, 0);
            for (size_t at = 0; at < file.size(); at += piece) {
                std::string_view packed = std::string_view(file).substr(at, piece);
                while (true) {
                    const auto wrote = stream.Inflate(packed, into);
                    REQUIRE(wrote);
                    if (*wrote == 0) break;
                    content.append(into, 0, *wrote);
                }
                CHECK(packed.empty());
            }
            CHECK(stream.AtEnd());
            CHECK(content == text + "more");
        }
    }
    GunzipStream stream;
    std::string into(100, 0);
    std::string_view cut = std::string_view(file).substr(0, 12);
    REQUIRE(stream.Inflate(cut, into));
    CHECK_FALSE(stream.AtEnd());
    GunzipStream other;
    std::string_view plain = "this is plain text";
    CHECK_FALSE(other.Inflate(plain, into));
}
