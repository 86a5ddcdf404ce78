#include "transform/host_pool.h"

#include <doctest/doctest.h>

#include <future>

namespace gyre::transform {
namespace {

/// Of a host that answers nothing.
class SilentClient final : public net::FrameClient {
  public:
    void Send(net::Frame, Done) override {}
    core::BodyMemory NewMemory(size_t size) override { return core::BodyMemory::OfHeap(size); }
    bool Connected() const override { return true; }
    size_t Pending() const override { return 0; }
    void Close() override {}
};

constexpr size_t kMuch = 1 << 30;

void AddHosts(HostPool& pool, int count) {
    std::vector<std::shared_ptr<serving::HostLink>> links;
    for (int i = 0; i < count; i++) {
        links.push_back(std::make_shared<serving::HostLink>(std::make_unique<SilentClient>(),
                                                            std::to_string(i)));
    }
    pool.Update(std::move(links));
}

}  // namespace

TEST_CASE("so many requests at each host, each at that of its share") {
    HostPool pool(2, kMuch);
    CHECK_FALSE(pool.TryTake({}));
    AddHosts(pool, 2);
    auto first = pool.TryTake({.share = 1});
    auto second = pool.TryTake({.share = 3});
    REQUIRE((first && second));
    CHECK(first->Link()->Instance() == "1");
    CHECK(second->Link()->Instance() == "1");
    CHECK_FALSE(pool.TryTake({.share = 1}));
    CHECK(pool.TryTake({.share = 2}));
    first->Release();
    CHECK(pool.TryTake({.share = 1}));
    pool.Close();
    CHECK_FALSE(pool.Take({.share = 1}));
}

TEST_CASE("who wants a host alone gets it when the others there are over, and before any other") {
    HostPool pool(2, kMuch);
    AddHosts(pool, 2);
    auto before = pool.TryTake({});
    auto alone = std::async(std::launch::async, [&] { return pool.Take({.alone = true}); });
    while (pool.TryTake({})) std::this_thread::yield();  // until it waits
    CHECK(pool.TryTake({.share = 1}));
    before->Release();
    auto place = alone.get();
    REQUIRE(place);
    CHECK_FALSE(pool.TryTake({}));
    CHECK(pool.TryTake({.share = 1}));
    place->Release();
    CHECK(pool.TryTake({}));
}

TEST_CASE("the bytes of all hosts' requests are bounded, but one is always let in") {
    HostPool pool(9, 100);
    AddHosts(pool, 2);
    {
        const auto large = pool.TryTake({.bytes = 1'000});
        CHECK(large);
        CHECK_FALSE(pool.TryTake({.share = 1, .bytes = 1}));
    }
    auto first = pool.TryTake({.bytes = 80});
    CHECK_FALSE(pool.TryTake({.share = 1, .bytes = 30}));
    auto waits =
        std::async(std::launch::async, [&] { return pool.Take({.share = 1, .bytes = 30}); });
    first->Holds(70);
    CHECK(waits.get());
    CHECK(pool.TryTake({.share = 1, .bytes = 30}));
    CHECK_FALSE(pool.TryTake({.share = 1, .bytes = 31}));
}

}  // namespace gyre::transform
