#include "core/process.h"

#include <doctest/doctest.h>

#include <csignal>

#include "core/guarded.h"

using namespace gyre::core;

namespace {
SteadyTime In(seconds time) {
    return std::chrono::steady_clock::now() + time;
}
}  // namespace

TEST_CASE("a child's lines and exit code arrive") {
    Guarded<std::vector<std::string>> lines;
    ProcessSpec spec;
    spec.command = {"sh", "-c", "echo out; echo $WORD >&2; printf partial; exit 3"};
    spec.environment = {{"WORD", "err"}};
    spec.on_line = [&](std::string_view line, bool is_stderr) {
        lines.Lock()->push_back((is_stderr ? "E:" : "O:") + std::string(line));
    };
    {
        auto child = ChildProcess::Start(std::move(spec));
        REQUIRE(child);
        const auto exit = (*child)->Wait(In(seconds(20)));
        REQUIRE(exit);
        CHECK(exit->code == 3);
        CHECK(exit->ToString() == "exit code 3");
    }
    auto seen = lines.Lock();
    std::sort(seen->begin(), seen->end());
    CHECK(*seen == std::vector<std::string>{"E:err", "O:out", "O:partial"});
}

TEST_CASE("the last lines are there when the end is, and nobody waits for a stray") {
    Guarded<std::string> last;
    ProcessSpec spec;
    spec.command = {"sh", "-c", "setsid sleep 30 & echo $!; echo last words >&2"};
    Guarded<pid_t> stray(0);
    spec.on_line = [&](std::string_view line, bool is_stderr) {
        if (is_stderr) *last.Lock() = line;
        if (!is_stderr) *stray.Lock() = std::stoi(std::string(line));
    };
    auto child = ChildProcess::Start(std::move(spec));
    REQUIRE(child);
    REQUIRE((*child)->Wait(In(seconds(20))));
    CHECK(*last.Lock() == "last words");
    child->reset();  // does not wait for what holds the output open
    kill(*stray.Lock(), SIGKILL);
}

TEST_CASE("a program that is not there is an error, not a child") {
    auto child = ChildProcess::Start({.command = {"gyre-no-such-program"}});
    REQUIRE_FALSE(child);
    CHECK(child.error().code == Code::kNotFound);
}

TEST_CASE("Terminate ends the whole group, also one that ignores SIGTERM") {
    Guarded<bool> ready;
    ProcessSpec spec;
    spec.command = {"sh", "-c", "trap '' TERM; echo ready; sleep 100 & wait; wait"};
    spec.on_line = [&](std::string_view, bool) {
        *ready.Lock() = true;
        ready.NotifyAll();
    };
    auto child = ChildProcess::Start(std::move(spec));
    REQUIRE(child);
    {
        auto seen = ready.Lock();
        REQUIRE(seen.WaitUntil(In(seconds(20)), [&] { return *seen; }));
    }
    CHECK_FALSE((*child)->Wait(std::chrono::steady_clock::now()));
    const ExitStatus exit = (*child)->Terminate(milliseconds(50));
    CHECK(exit.signal == SIGKILL);
}
