#include "jobs/runner.h"

#include <doctest/doctest.h>

#include <csignal>

#include "core/guarded.h"
#include "core/temp_dir.h"

using namespace gyre::jobs;
using gyre::core::Code;
using gyre::core::seconds;

namespace {

gyre::core::SteadyTime Soon() {
    return std::chrono::steady_clock::now() + seconds(20);
}

}  // namespace

TEST_CASE("a program runs where and as it was told, and its lines arrive before its end is told") {
    const gyre::core::TempDir folder;
    gyre::core::Guarded<std::vector<std::string>> lines;
    LocalRunner runner;
    auto program =
        runner.Start({.name = "test",
                      .command = {"sh", "-c", "pwd; echo $COLOUR >&2; exit 3"},
                      .environment = {{"COLOUR", "red"}},
                      .directory = folder.Path(),
                      .on_line = [&](std::string_view line, bool is_stderr) {
                          lines.Lock()->push_back((is_stderr ? "2:" : "1:") + std::string(line));
                      }});
    REQUIRE(program);
    const auto end = (*program)->Wait(Soon());
    REQUIRE(end);
    CHECK(end->code == 3);
    CHECK((*program)->Stop(seconds(1)).code == 3);
    program->reset();
    auto seen = *lines.Lock();
    std::sort(seen.begin(), seen.end());
    CHECK(seen == std::vector<std::string>{"1:" + folder.Path().string(), "2:red"});
}

TEST_CASE("a program is stopped, with force when it does not listen") {
    LocalRunner runner;
    auto gentle = runner.Start({.name = "gentle", .command = {"sleep", "100"}});
    REQUIRE(gentle);
    CHECK_FALSE((*gentle)->Wait(std::chrono::steady_clock::now()));
    CHECK((*gentle)->Stop(seconds(20)).signal == SIGTERM);

    gyre::core::Guarded<bool> ready;
    auto deaf =
        runner.Start({.name = "deaf",
                      .command = {"sh", "-c", "trap '' TERM; echo up; sleep 100 & wait; wait"},
                      .on_line = [&](std::string_view, bool) {
                          *ready.Lock() = true;
                          ready.NotifyAll();
                      }});
    REQUIRE(deaf);
    {
        auto up = ready.Lock();
        REQUIRE(up.WaitUntil(Soon(), [&] { return *up; }));
    }
    CHECK((*deaf)->Stop(gyre::core::milliseconds(20)).signal == SIGKILL);
}

TEST_CASE("what cannot be started says so") {
    LocalRunner runner;
    CHECK(runner.Start({.name = "x", .command = {"/no/such/program"}}).error().code ==
          Code::kNotFound);
    CHECK(runner.Start({.name = "x"}).error().code == Code::kInvalidArgument);
}
