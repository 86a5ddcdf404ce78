#include <doctest/doctest.h>

#include "cli/detail/test_session.h"

using namespace gyre;
using cli::detail::TestSession;

TEST_CASE("serve gets its arguments, with the environment and defaults under them") {
    TestSession world;
    CHECK(world.Run({"serve"}) == 0);
    CHECK(world.served->data == "data");
    CHECK(world.served->listen.empty());
    CHECK(world.served->config.empty());

    world.variables["GYRE_DATA"] = "/var/gyre";
    CHECK(world.Run({"serve", "--listen", "0.0.0.0:0", "--config=gyre.toml"}) == 0);
    CHECK(world.served->data == "/var/gyre");
    CHECK(world.served->listen == "0.0.0.0:0");
    CHECK(world.served->config == "gyre.toml");

    CHECK(world.Run({"serve", "--data", "here"}) == 0);
    CHECK(world.served->data == "here");
}

TEST_CASE("the exit code of serve is its own") {
    TestSession world;
    world.serve_code = 3;
    CHECK(world.Run({"serve"}) == 3);
}

TEST_CASE("a wrong command line is one line on stderr and exit code 2") {
    TestSession world;
    CHECK(world.Run({"serve", "--lisen", "x"}) == 2);
    CHECK(world.Out().empty());
    CHECK(world.Err().starts_with("gyre: "));
    CHECK(world.Err().find('\n') == world.Err().size() - 1);
    CHECK_FALSE(world.served);
}
