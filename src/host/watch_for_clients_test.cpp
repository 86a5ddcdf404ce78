#include "host/watch_for_clients.h"

#include <doctest/doctest.h>

namespace gyre::host {

using core::seconds;

TEST_CASE("a host whose clients have gone ends soon, one that nobody ever met later") {
    const core::SteadyTime start{};
    WatchForClients met(start);
    CHECK_FALSE(met.Abandoned(0, start + seconds(100)));  // the model's load, say
    CHECK_FALSE(met.Abandoned(1, start + seconds(101)));
    CHECK_FALSE(met.Abandoned(0, start + seconds(110)));
    CHECK_FALSE(met.Abandoned(2, start + seconds(200)));  // it was found again, late
    CHECK_FALSE(met.Abandoned(0, start + seconds(215)));
    CHECK(met.Abandoned(0, start + seconds(216)));
    WatchForClients never(start);
    CHECK_FALSE(never.Abandoned(0, start + seconds(120)));
    CHECK(never.Abandoned(0, start + seconds(121)));
}

}  // namespace gyre::host
