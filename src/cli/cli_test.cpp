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

TEST_CASE("what was meant is named") {
    TestSession world;
    CHECK(world.Run({"deplyo"}) == 2);
    CHECK(world.Err().find("did you mean deploy?") != std::string::npos);
    CHECK(world.Run({"serve", "--lisen", "x"}) == 2);
    CHECK(world.Err().find("did you mean --listen?") != std::string::npos);
    CHECK(world.Run({"--url", "http://x", "status"}) == 2);
    CHECK(world.Err().find("gyre status --url") != std::string::npos);
    CHECK(world.Run({"deploy", "name-only"}) == 2);
    CHECK(world.Err().find("PATH") != std::string::npos);
}

TEST_CASE("every command has a help text with examples") {
    TestSession world;
    REQUIRE(world.Run({"--help"}) == 0);
    const std::string whole = world.Out();
    for (const std::string name :
         {"serve", "env", "status", "deploy", "invoke", "endpoints", "models", "logs", "delete"}) {
        CHECK(whole.find("\n  " + name) != std::string::npos);
        REQUIRE(world.Run({name, "--help"}) == 0);
        CHECK(world.Out().starts_with("usage: gyre " + name));
        CHECK(world.Out().find("gyre " + name, world.Out().find("Examples:\n")) !=
              std::string::npos);
        CHECK(world.Err().empty());
        const std::string help = world.Out();
        REQUIRE(world.Run({"help", name}) == 0);
        CHECK(world.Out() == help);
    }
    CHECK(world.Run({}) == 2);
    CHECK(world.Run({"--version"}) == 0);
    CHECK(world.Out().starts_with("gyre "));
}
