#include "serving/torchserve/worker_metrics.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include "core/file_system.h"
#include "core/temp_dir.h"

namespace gyre::serving::torchserve {
namespace {

constexpr const char* kOne =
    "# TYPE Asked counter\nAsked{ModelName=\"m\"} 2.0\n# TYPE HandlerTime gauge\n"
    "HandlerTime{ModelName=\"m\"} 7.25\n# TYPE Size histogram\nSize_bucket{le=\"1\"} 1\n"
    "Size_bucket{le=\"+Inf\"} 2\nSize_sum 5.5\nSize_count 2\n";

TEST_CASE("of several workers counters and histograms are added, gauges the last") {
    SampleSum sum;
    sum.Add(kOne);
    sum.Add(
        "# TYPE Asked counter\nAsked{ModelName=\"m\"} 3\nAsked{ModelName=\"a b\"} 1\n"
        "# TYPE HandlerTime gauge\nHandlerTime{ModelName=\"m\"} 1\n"
        "# TYPE Size histogram\nSize_count 1\nbroken\nSize_sum x\n");
    CHECK(sum.Text() ==
          "# TYPE Asked counter\nAsked{ModelName=\"a b\"} 1\nAsked{ModelName=\"m\"} 5\n"
          "# TYPE HandlerTime gauge\nHandlerTime{ModelName=\"m\"} 1\n"
          "# TYPE Size histogram\nSize_bucket{le=\"+Inf\"} 2\nSize_bucket{le=\"1\"} 1\n"
          "Size_count 3\nSize_sum 5.5\n");
}

TEST_CASE("what a worker counted stays when it has ended") {
    const core::TempDir folder;
    const auto write = [&](const std::string& name, std::string_view text) {
        REQUIRE(core::WriteFileAtomically(core::RealFileSystem(), folder.Path() / name, text));
    };
    constexpr const char* kNobody = "999999999.prom";  // above the system's largest
    write(kNobody, "# TYPE Asked counter\nAsked 2\n");
    write(std::to_string(::getpid()) + ".prom", "# TYPE Asked counter\nAsked 1\n");
    write("1.prom.new", "# TYPE Asked counter\nAsked 100\n");
    WorkerMetrics metrics(folder.Path());
    CHECK(metrics.Text() == "# TYPE Asked counter\nAsked 3\n");
    CHECK_FALSE(std::filesystem::exists(folder.Path() / kNobody));
    CHECK(metrics.Text() == "# TYPE Asked counter\nAsked 3\n");
    CHECK(WorkerMetrics(folder.Path() / "none").Text() == "");
}

TEST_CASE("name[] picks samples") {
    const std::string text =
        "# HELP a A\n# TYPE a counter\na{x=\"1\"} 1\na{x=\"2\"} 2\n# HELP ab B\n# TYPE ab "
        "gauge\nab 3\n";
    CHECK(OnlyNamed(text, {}) == text);
    CHECK(OnlyNamed(text, {"ab"}) == "# HELP ab B\n# TYPE ab gauge\nab 3\n");
    CHECK(OnlyNamed(text, {"a"}) == "# HELP a A\n# TYPE a counter\na{x=\"1\"} 1\na{x=\"2\"} 2\n");
    CHECK(OnlyNamed(text, {"c"}) == "");
}

}  // namespace
}  // namespace gyre::serving::torchserve
