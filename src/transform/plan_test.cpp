#include "transform/plan.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>

namespace gyre::transform {

TEST_CASE("keys that count up are shared out evenly") {
    for (const char* pattern : {"in/%03d", "%d", "pictures/2026-11-30/%05d.npy", "a/%d/b"}) {
        for (const size_t shares : {2, 3, 4, 5, 8, 16}) {
            CAPTURE(pattern);
            CAPTURE(shares);
            constexpr int kKeys = 1000;
            std::vector<int> in(shares);
            for (int i = 0; i < kKeys; i++) {
                char key[64];
                std::snprintf(key, sizeof key, pattern, i);
                in[ShareOf(key, shares)]++;
            }
            const int even = kKeys / static_cast<int>(shares);
            CHECK(*std::ranges::min_element(in) > even / 2);
            CHECK(*std::ranges::max_element(in) < even * 3 / 2);
        }
    }
    CHECK(ShareOf("any", 1) == 0);
}

}  // namespace gyre::transform
