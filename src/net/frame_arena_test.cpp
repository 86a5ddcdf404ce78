#include "net/detail/frame_arena.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <vector>

using namespace gyre;
using net::detail::FrameArena;

namespace {

constexpr size_t kMiB = size_t{1} << 20;

struct Ends {
    Ends() {
        auto made = FrameArena::Make();
        REQUIRE(made);
        client = made->first;
        auto mapped = FrameArena::Map(made->second);
        REQUIRE(mapped);
        server = *mapped;
    }
    std::shared_ptr<FrameArena> client;
    std::shared_ptr<FrameArena> server;
};

core::Body Filled(FrameArena& arena, size_t size, char with) {
    auto memory = arena.Take(size);
    REQUIRE(memory);
    std::memset(memory->data.get(), with, size);
    return memory->Part(0, size);
}

}  // namespace

TEST_CASE("what one end lends the other one reads, in place") {
    Ends ends;
    core::Body body = Filled(*ends.client, 100'000, 'c');
    const char* const at = body.data();
    const auto place = ends.client->Lend(body);
    REQUIRE(place);
    auto read = ends.server->Borrow(*place);
    REQUIRE(read);
    CHECK(read->View() == std::string(100'000, 'c'));

    body = {};
    CHECK(ends.client->Take(1)->data.get() != at);  // it is lent
    read = core::Body();
    CHECK(ends.client->Take(1)->data.get() == at);  // and free again

    const auto answer = ends.server->Lend(Filled(*ends.server, 5, 's'));
    REQUIRE(answer);
    CHECK(ends.client->Borrow(*answer)->View() == "sssss");
}

TEST_CASE("a body that is lent twice is taken back when both readers are gone") {
    Ends ends;
    core::Body body = Filled(*ends.client, kMiB, 'c');
    const char* const at = body.data();
    auto one = ends.server->Borrow(*ends.client->Lend(body));
    auto two = ends.server->Borrow(*ends.client->Lend(body));
    body = {};
    one.reset();
    CHECK(ends.client->Take(1)->data.get() != at);
    two.reset();
    CHECK(ends.client->Take(1)->data.get() == at);
}

TEST_CASE("a server gives a request's body back as its answer") {
    Ends ends;
    core::Body asked = Filled(*ends.client, 1'000, 'c');
    auto request = ends.server->Borrow(*ends.client->Lend(asked));
    REQUIRE(ends.server->Contains(*request));
    const auto place = ends.server->Lend(request->View().substr(10, 100));
    REQUIRE(place);
    request.reset();
    auto answer = ends.client->Borrow(*place);
    REQUIRE(answer);
    const char* const at = asked.data();
    CHECK(answer->data() == at + 10);
    asked = {};
    CHECK(ends.client->Take(1)->data.get() != at);
    answer.reset();
    CHECK(ends.client->Take(1)->data.get() == at);
    CHECK_FALSE(ends.client->Borrow(*place));  // nobody holds it any more
}

TEST_CASE("a full memory refuses, and memory is used again from its front") {
    Ends ends;
    std::vector<core::BodyMemory> taken;
    while (auto memory = ends.client->Take(20 * kMiB)) taken.push_back(std::move(*memory));
    CHECK(taken.size() == 6);
    CHECK(ends.client->Take(kMiB));
    char* const second = taken[1].data.get();
    taken.erase(taken.begin() + 1);
    CHECK_FALSE(ends.client->Take(21 * kMiB));
    CHECK(ends.client->Take(20 * kMiB)->data.get() == second);
    taken.clear();
    CHECK(ends.client->Take(128 * kMiB));
    CHECK_FALSE(ends.client->Take(128 * kMiB + 1));
    std::vector<core::BodyMemory> many;
    while (auto memory = ends.client->Take(1)) many.push_back(std::move(*memory));
    CHECK(many.size() == 128);
}

TEST_CASE("places that a peer makes up are refused") {
    Ends ends;
    const core::Body body = Filled(*ends.client, 5'000, 'c');
    REQUIRE(ends.client->Lend(body));
    using End = FrameArena::End;
    const size_t half = 128 * kMiB;
    for (const FrameArena::Place& place : std::vector<FrameArena::Place>{
             {End::kServer, 0, half, 1},
             {End::kServer, 0, half - 1, 2},
             {End::kServer, 0, 1, half},
             {End::kServer, 0, UINT64_MAX, 2},
             {End::kServer, 0, 2, UINT64_MAX},
             {End::kServer, 128, 0, 1},
             {static_cast<End>(2), 0, 0, 1},
             {End::kClient, 0, 8'192, 1},      // nothing is lent there
             {End::kClient, 0, 4'096, 5'000},  // more than is lent
         }) {
        CHECK_FALSE(ends.client->Borrow(place));
    }
    CHECK(ends.client->Borrow({End::kServer, 127, half - 1, 1}));
    CHECK_FALSE(ends.client->Lend("elsewhere"));
}

TEST_CASE("memory that could shrink under its reader is refused") {
    const net::detail::Fd loose(memfd_create("loose", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    CHECK_FALSE(FrameArena::Map(loose));
    REQUIRE(ftruncate(loose.Get(), static_cast<off_t>(256 * kMiB + 4096)) == 0);
    CHECK_FALSE(FrameArena::Map(loose));
    CHECK_FALSE(FrameArena::Map(net::detail::Fd()));
    auto made = FrameArena::Make();
    REQUIRE(made);
    CHECK(ftruncate(made->second.Get(), 0) != 0);
}

TEST_CASE("much memory that nobody uses goes back to the system") {
    Ends ends;
    char* front = nullptr;
    {
        const auto memory = ends.client->Take(40 * kMiB);
        REQUIRE(memory);
        std::memset(memory->data.get(), 'x', memory->size);
        ends.client->Tidy();  // not while it is used
        CHECK(memory->data.get()[30 * kMiB] == 'x');
        front = memory->data.get();
    }
    ends.client->Tidy();
    CHECK(front[0] == 'x');
    CHECK(front[30 * kMiB] == '\0');
}

TEST_CASE("bodies outlive both ends") {
    std::optional<core::Body> read;
    {
        Ends ends;
        const core::Body body = Filled(*ends.client, 100'000, 'c');
        read = ends.server->Borrow(*ends.client->Lend(body));
    }
    CHECK(read->View() == std::string(100'000, 'c'));
}
