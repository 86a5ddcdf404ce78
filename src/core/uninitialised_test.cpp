#include "core/uninitialised.h"

#include <doctest/doctest.h>

namespace gyre::core {

TEST_CASE("a text that is resized without zeros keeps what it had, and ends where it says") {
    std::string text("abc");
    for (const size_t size : {5, 15, 16, 1'000, 999, 100'000}) {
        CAPTURE(size);
        ResizeUninitialised(text, size);
        REQUIRE(text.size() == size);
        CHECK(text.starts_with("abc"));
        CHECK(text.c_str()[size] == '\0');
        text.back() = 'z';
        CHECK(std::string(text).back() == 'z');
    }
    ResizeUninitialised(text, 2);
    CHECK(text == "ab");
    ResizeUninitialised(text, 0);
    CHECK(text.empty());
}

}  // namespace gyre::core
