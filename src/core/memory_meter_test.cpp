#include "core/memory_meter.h"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace gyre::core {

TEST_CASE("a meter counts what its thread holds, and notes when it is too much") {
    bool over = false;
    MemoryMeter meter(1'000'000, over);
    std::optional<std::string> text(std::in_place, 600'000, 'x');
    CHECK(meter.Held() >= 600'000);
    for (int i = 0; i < 10; ++i) {
        text.reset();
        text.emplace(600'000, 'y');
    }
    CHECK_FALSE(over);
    const std::vector<char> more(600'000);
    CHECK(over);
    text.reset();
    CHECK(over);
    CHECK(meter.Held() < 700'000);
}

TEST_CASE("texts that grow in the standard library are counted once") {
    bool over = false;
    MemoryMeter meter(1'000'000, over);
    {
        std::string text;
        for (int i = 0; i < 100'000; ++i) text += "four";
    }
    CHECK(meter.Held() == 0);
    CHECK_FALSE(over);
}

TEST_CASE("a meter counts no small blocks, nor those of other threads or of a meter within it") {
    bool over = false;
    MemoryMeter meter(100'000, over);
    std::vector<std::unique_ptr<int64_t>> small(1000);
    const int64_t before = meter.Held();
    for (auto& one : small) one = std::make_unique<int64_t>(1);
    CHECK(meter.Held() == before);
    std::thread([] { const std::vector<char> theirs(1'000'000); }).join();
    {
        bool inner_over = false;
        const MemoryMeter inner(100'000, inner_over);
        const std::vector<char> its(1'000'000);
        CHECK(inner_over);
    }
    CHECK_FALSE(over);
}

}  // namespace gyre::core
