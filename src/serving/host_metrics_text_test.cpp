#include "serving/host_metrics_text.h"

#include <doctest/doctest.h>

namespace gyre::serving {
namespace {

TEST_CASE("several metric texts become one, each family once") {
    const std::string a =
        "# HELP x_total X.\n# TYPE x_total counter\nx_total{v=\"a\"} 1\n"
        "# HELP h_seconds H.\n# TYPE h_seconds histogram\n"
        "h_seconds_bucket{le=\"+Inf\",v=\"a\"} 2\nh_seconds_sum{v=\"a\"} "
        "3\nh_seconds_count{v=\"a\"} 2\n";
    const std::string b =
        "# HELP h_seconds H.\n# TYPE h_seconds histogram\n"
        "h_seconds_bucket{le=\"+Inf\",v=\"b\"} 5\nh_seconds_sum{v=\"b\"} "
        "6\nh_seconds_count{v=\"b\"} 5\n"
        "# HELP x_total X.\n# TYPE x_total counter\nx_total{v=\"b\"} 4\n"
        "# a remark\nlonely 9";
    CHECK(MergePrometheusTexts({a, b}) ==
          "# HELP x_total X.\n# TYPE x_total counter\nx_total{v=\"a\"} 1\nx_total{v=\"b\"} 4\n"
          "# HELP h_seconds H.\n# TYPE h_seconds histogram\n"
          "h_seconds_bucket{le=\"+Inf\",v=\"a\"} 2\nh_seconds_sum{v=\"a\"} 3\n"
          "h_seconds_count{v=\"a\"} 2\n"
          "h_seconds_bucket{le=\"+Inf\",v=\"b\"} 5\nh_seconds_sum{v=\"b\"} 6\n"
          "h_seconds_count{v=\"b\"} 5\nlonely 9\n");
    CHECK(MergePrometheusTexts({a}) == a);
    CHECK(MergePrometheusTexts({}).empty());
    CHECK(MergePrometheusTexts({"", "\n\n#\n# HELP\n"}).empty());
}

TEST_CASE("a family whose name begins with another's stays its own") {
    const std::string text =
        "# TYPE a counter\na 1\n# TYPE a_b counter\na_b 2\n# TYPE c gauge\nc 3\n";
    CHECK(
        MergePrometheusTexts({text, text}) ==
        "# TYPE a counter\na 1\na 1\n# TYPE a_b counter\na_b 2\na_b 2\n# TYPE c gauge\nc 3\nc 3\n");
}

}  // namespace
}  // namespace gyre::serving
