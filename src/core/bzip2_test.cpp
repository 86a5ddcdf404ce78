#include "core/bzip2.h"

#include <doctest/doctest.h>

#include <string>

using namespace gyre::core;

namespace {

using namespace std::string_literals;

// As bzip2 has packed them: 100,000 times "a" and "end"; "more".
const std::string kLong =
    "\102\132\150\071\061\101\131\046\123\131\203\333\142\275\000\000\306\021\000"
    "\204\000\046\001\000\010\040\000\060\300\002\225\032\151\303\104\054\350\242"
    "\067\333\202\027\305\334\221\116\024\044\040\366\330\257\100"s;
const std::string kShort =
    "\102\132\150\071\061\101\131\046\123\131\166\245\332\237\000\000\000\201\200"
    "\002\002\220\000\040\000\041\232\150\063\115\023\074\135\311\024\341\102\101"
    "\332\227\152\174"s;

}  // namespace

TEST_CASE("a bzip2 file of several streams is unpacked piece by piece") {
    const std::string text = std::string(100'000, 'a') + "end";
    const std::string file = kLong + kShort;
    for (const size_t piece : {size_t{1}, size_t{7}, file.size()}) {
        for (const size_t room : {size_t{1}, size_t{4096}, size_t{1} << 20}) {
            BunzipStream stream;
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
    BunzipStream stream;
    std::string into(100, 0);
    std::string_view cut = std::string_view(kShort).substr(0, 12);
    REQUIRE(stream.Inflate(cut, into));
    CHECK_FALSE(stream.AtEnd());
    BunzipStream other;
    std::string_view plain = "this is plain text";
    CHECK_FALSE(other.Inflate(plain, into));
}
