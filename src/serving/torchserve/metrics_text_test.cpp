#include "serving/torchserve/metrics_text.h"

#include <doctest/doctest.h>

namespace gyre::serving::torchserve {
namespace {

TEST_CASE("TorchServe's own metrics have its order of labels, its comma and its numbers") {
    CHECK(AsTorchServeWrites("# TYPE Requests2XX counter\n"
                             "Requests2XX{Hostname=\"h\",Level=\"Host\"} 36\n") ==
          "# TYPE Requests2XX counter\n"
          "Requests2XX{Level=\"Host\",Hostname=\"h\",} 36.0\n");
    CHECK(AsTorchServeWrites(
              "WorkerLoadTime{Hostname=\"h\",Level=\"Host\",WorkerName=\"W-9000-m_1.0\"} 7.5\n") ==
          "WorkerLoadTime{WorkerName=\"W-9000-m_1.0\",Level=\"Host\",Hostname=\"h\",} 7.5\n");
    CHECK(AsTorchServeWrites("ts_inference_requests_total{hostname=\"h\",model_name=\"m\","
                             "model_version=\"default\"} 1\n") ==
          "ts_inference_requests_total{model_name=\"m\",model_version=\"default\","
          "hostname=\"h\",} 1.0\n");
    CHECK(AsTorchServeWrites("Sizes_bucket{ModelName=\"m\",Hostname=\"h\",le=\"+Inf\"} 2\n") ==
          "Sizes_bucket{ModelName=\"m\",Hostname=\"h\",le=\"+Inf\",} 2.0\n");
}

TEST_CASE("Values keep their commas and quotes, and other metrics their form") {
    CHECK(
        AsTorchServeWrites("Asked{Mood=\"so \\\"so\\\", yes\",Hostname=\"a,b\",Level=\"x\"} 1\n") ==
        "Asked{Mood=\"so \\\"so\\\", yes\",Level=\"x\",Hostname=\"a,b\",} 1.0\n");
    CHECK(AsTorchServeWrites("gyre_batch_size_count{endpoint=\"m\"} 3\nup 1\n") ==
          "gyre_batch_size_count{endpoint=\"m\"} 3\nup 1\n");
    CHECK(AsTorchServeWrites("Odd{Hostname=\"h\"} NaN\n") == "Odd{Hostname=\"h\",} NaN\n");
}

}  // namespace
}  // namespace gyre::serving::torchserve
