#include "engine/precision_choice.h"

#include <doctest/doctest.h>

namespace gyre::engine {
namespace {

PrecisionTrial Trial(const char* precision, double error, std::map<int, double> times) {
    return {.precision = precision, .error = error, .milliseconds = std::move(times)};
}

std::string Chosen(const std::vector<PrecisionTrial>& trials, const std::string& wanted,
                   double tolerance) {
    const auto choice = ChoosePrecision(trials, wanted, tolerance);
    return choice ? trials[choice->index].precision : "error: " + choice.error().message;
}

}  // namespace

TEST_CASE("auto takes the fastest precision within the tolerance") {
    const std::vector<PrecisionTrial> all{Trial("fp32", 0, {{1, 18}, {8, 140}}),
                                          Trial("bf16", 0.008, {{1, 10}, {8, 70}}),
                                          Trial("int8", 0.05, {{1, 6}, {8, 40}})};
    CHECK(Chosen(all, "auto", 0.1) == "int8");
    CHECK(Chosen(all, "auto", 0.05) == "int8");
    CHECK(Chosen(all, "auto", 0.01) == "bf16");
    CHECK(Chosen(all, "auto", 0.001) == "fp32");
    CHECK(ChoosePrecision(all, "auto", 0.01)->why.find("int8 is off by 0.05") != std::string::npos);
    CHECK(Chosen(all, "fp32", 0.1) == "fp32");
    CHECK(Chosen(all, "int8", 0) == "int8");  // asked for by name
}

TEST_CASE("a gain of less than a twentieth is none") {
    CHECK(Chosen({Trial("fp32", 0, {{1, 10}}), Trial("bf16", 0, {{1, 9.6}})}, "auto", 1) == "fp32");
    CHECK(Chosen({Trial("fp32", 0, {{1, 10}}), Trial("bf16", 0, {{1, 9.4}})}, "auto", 1) == "bf16");
}

TEST_CASE("the most rows that all were measured with decide") {
    CHECK(Chosen({Trial("fp32", 0, {{1, 10}, {8, 40}, {32, 100}}),
                  Trial("bf16", 0, {{1, 5}, {8, 60}})},
                 "auto", 1) == "fp32");
    CHECK(Chosen({Trial("fp32", 0, {}), Trial("bf16", 0, {})}, "auto", 1) == "fp32");
}

TEST_CASE("what cannot be had is left out, or refused when asked for") {
    std::vector<PrecisionTrial> trials{Trial("fp32", 0, {{1, 10}}), Trial("int8", 0, {})};
    trials[1].unusable = "no samples";
    CHECK(Chosen(trials, "auto", 1) == "fp32");
    CHECK(Chosen(trials, "int8", 1).find("no samples") != std::string::npos);
    CHECK(Chosen(trials, "bf16", 1).starts_with("error"));
    PrecisionTrial broken = Trial("bf16", std::numeric_limits<double>::quiet_NaN(), {{1, 1}});
    CHECK(Chosen({trials[0], broken}, "auto", 1) == "fp32");
}

}  // namespace gyre::engine
