#include "telemetry/metric_math.h"

#include <doctest/doctest.h>

#include <string>

using namespace gyre;
using namespace gyre::telemetry;

namespace {

const MathSeries kFirst{{{0, 1}, {60, 2}, {180, 8}}, 60};
const MathSeries kSecond{{{0, 10}, {60, 0}, {120, 5}}, 60};

/// "0=1 60=2", or the error's code name.
std::string Eval(const std::string& expression) {
    const std::vector<const MathSeries*> all{&kFirst, &kSecond};
    const auto result = EvaluateMath(
        expression,
        [](std::string_view id) -> const MathSeries* {
            return id == "m1" ? &kFirst : id == "m2" ? &kSecond : nullptr;
        },
        all);
    if (!result) return result.error().wire_name.empty() ? "missing" : result.error().wire_name;
    std::string text;
    for (const auto& [time, value] : result->points) {
        std::string number = std::to_string(value);
        number.erase(number.find_last_not_of('0') + 1);
        if (number.back() == '.') number.pop_back();
        text += (text.empty() ? "" : " ") + std::to_string(time) + "=" + number;
    }
    return text;
}

}  // namespace

TEST_CASE("metric math") {
    struct Row {
        const char* expression;
        const char* expected;
    };
    for (const Row& row : {
             Row{"m1", "0=1 60=2 180=8"},
             Row{"m1 + m2", "0=11 60=2"},
             Row{"m1/m2*100", "0=10"},
             Row{"-m1 + 2 * 3 ^ 2", "0=17 60=16 180=10"},
             Row{"(m1+1)*2", "0=4 60=6 180=18"},
             Row{"SUM([m1, m2])", "0=11 60=2 120=5 180=8"},
             Row{"SUM(METRICS())", "0=11 60=2 120=5 180=8"},
             Row{"AVG(METRICS())/2", "0=2.75 60=0.5 120=2.5 180=4"},
             Row{"MAX([m1,m2]) - MIN([m1,m2])", "0=9 60=2 120=0 180=0"},
             Row{"m1 / MAX(m1)", "0=0.125 60=0.25 180=1"},
             Row{"DIFF(m1)", "60=1 180=6"},
             Row{"RATE(m1) * 60", "60=1 180=3"},
             Row{"RUNNING_SUM(m1)", "0=1 60=3 180=11"},
             Row{"FILL(m1, 0)", "0=1 60=2 120=0 180=8"},
             Row{"FILL(m1, REPEAT)", "0=1 60=2 120=2 180=8"},
             Row{"m1 * PERIOD(m1)", "0=60 60=120 180=480"},
             Row{"CEIL(m1/3) + FLOOR(m1/3) + ABS(-m1)", "0=2 60=3 180=13"},
             Row{"1 + 1", "ValidationError"},
             Row{"SUM(m1)", "ValidationError"},
             Row{"m3", "ValidationError"},
             Row{"m1 +", "ValidationError"},
             Row{"m1 m2", "ValidationError"},
             Row{"(m1", "ValidationError"},
             Row{"[m1, 2]", "ValidationError"},
             Row{"FILL(m1)", "ValidationError"},
             Row{"#", "ValidationError"},
             Row{"ANOMALY_DETECTION_BAND(m1)", "missing"},
             Row{"SEARCH('{A} b', 'Sum')", "missing"},
             Row{"SELECT AVG(x) FROM y", "missing"},
         }) {
        CAPTURE(row.expression);
        CHECK(Eval(row.expression) == row.expected);
    }
    CHECK(Eval(std::string(10'000, '(') + "m1") == "ValidationError");
    CHECK(Eval(std::string(10'000, '-') + "m1") == "ValidationError");
    std::string powers = "m1";
    for (int i = 0; i < 10'000; ++i) powers += "^1";
    CHECK(Eval(powers) == "ValidationError");
}
