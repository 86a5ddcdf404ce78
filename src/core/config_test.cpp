#include "core/config.h"

#include <doctest/doctest.h>

using namespace gyre::core;

namespace {
Config Sample() {
    return Config({{"listen", "127.0.0.1:8080", "Address."},
                   {"serving.max_hosts", 8, "Most hosts.", 1},
                   {"serving.share", 0.5, "Share."},
                   {"images", JsonObject{}, "Images by name."}});
}
}  // namespace

TEST_CASE("a file overrides defaults") {
    Config config = Sample();
    REQUIRE(config.LoadToml("[serving]\nmax_hosts = 3\nshare = 1\n[images]\n\"a/b:1\" = \"x\"\n",
                            "gyre.toml"));
    CHECK(config.GetString("listen") == "127.0.0.1:8080");
    CHECK(config.GetInt("serving.max_hosts") == 3);
    CHECK(config.GetDouble("serving.share") == 1.0);
    CHECK(JsonString(config.Get("images"), "a/b:1") == "x");
    CHECK(config.LoadToml("[serving]\n", "gyre.toml"));
}

TEST_CASE("mistakes name the line and what was expected") {
    const struct {
        const char* text;
        const char* expected;
    } cases[] = {
        {"[serving]\nmax_host = 3\n",
         "line 2: unknown key 'serving.max_host'; the nearest known "
         "one is 'serving.max_hosts'"},
        {"listen = 5\n", "'listen' should be a string, not a whole number"},
        {"listen = \n", "line 1"},
        {"[servng]\n", "line 1: unknown key 'servng'"},
        {"[serving]\nmax_hosts = 0\n", "'serving.max_hosts' should be at least 1, not 0"},
        {"[serving]\nshare = -0.5\n", "should be at least 0"},
    };
    for (const auto& c : cases) {
        Config config = Sample();
        const auto loaded = config.LoadToml(c.text, "gyre.toml");
        REQUIRE_FALSE(loaded);
        CHECK(loaded.error().message.find(c.expected) != std::string::npos);
    }
}

TEST_CASE("the documented defaults load") {
    Config config = Sample();
    CHECK(config.LoadToml(config.DefaultsAsToml(), "defaults"));
}
