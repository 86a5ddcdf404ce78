#include "engine/precision_choice.h"

#include <boost/json.hpp>

#include <cstdio>

namespace gyre::engine {
namespace {

constexpr double kWorthwhile = 0.95;  // of the time of the more exact one

std::string Number(double value) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.3g", value);
    return text;
}

/// Per row, at `rows`; a trial without times is never the fastest.
double RowTime(const PrecisionTrial& trial, int rows) {
    const auto found = trial.milliseconds.find(rows);
    return found == trial.milliseconds.end() ? 1e300 : found->second / rows;
}

/// The most rows that every usable trial has been measured with, or 0.
int SharedRows(const std::vector<PrecisionTrial>& trials) {
    int most = 0;
    for (const auto& [rows, time] : trials[0].milliseconds) {
        bool all = true;
        for (const PrecisionTrial& trial : trials) {
            all = all && (!trial.unusable.empty() || trial.milliseconds.count(rows) > 0);
        }
        if (all) most = std::max(most, rows);
    }
    return most;
}

}  // namespace

core::Result<PrecisionChoice> ChoosePrecision(const std::vector<PrecisionTrial>& trials,
                                              const std::string& wanted, double tolerance) {
    if (wanted != "auto") {
        for (size_t i = 0; i < trials.size(); ++i) {
            if (trials[i].precision != wanted) continue;
            if (trials[i].unusable.empty()) return PrecisionChoice{i, "asked for"};
            return core::Fail(core::Code::kInvalidArgument,
                              "precision " + wanted + " cannot be had: " + trials[i].unusable);
        }
        return core::Fail(core::Code::kInvalidArgument,
                          "precision " + wanted + " cannot be had for this model");
    }
    const int rows = SharedRows(trials);
    PrecisionChoice choice;
    std::string refused;
    for (size_t i = 1; i < trials.size(); ++i) {
        const PrecisionTrial& trial = trials[i];
        if (!trial.unusable.empty()) continue;
        if (!(trial.error <= tolerance)) {
            refused += "; " + trial.precision + " is off by " + Number(trial.error) +
                       ", more than " + Number(tolerance);
            continue;
        }
        if (rows > 0 && RowTime(trial, rows) < kWorthwhile * RowTime(trials[choice.index], rows)) {
            choice.index = i;
        }
    }
    if (trials.size() == 1) {
        choice.why = "nothing else can be had";
    } else if (choice.index == 0) {
        choice.why = "nothing within the tolerance is faster" + refused;
    } else {
        choice.why = "the fastest within the tolerance of " + Number(tolerance) + ": " +
                     Number(RowTime(trials[choice.index], rows)) + " ms a row, " +
                     trials[0].precision + " takes " + Number(RowTime(trials[0], rows)) + refused;
    }
    return choice;
}

core::Json DescribeTrials(const std::vector<PrecisionTrial>& trials) {
    core::JsonArray all;
    for (const PrecisionTrial& trial : trials) {
        core::JsonObject json{{"precision", trial.precision}};
        if (!trial.unusable.empty()) {
            json["unusable"] = trial.unusable;
        } else {
            json["error"] = trial.error;
            json["worst_error"] = trial.worst;
            json["same_best"] = trial.same_best;
            core::JsonObject times;
            for (const auto& [rows, time] : trial.milliseconds) times[std::to_string(rows)] = time;
            json["ms"] = times;
        }
        all.push_back(json);
    }
    return all;
}

}  // namespace gyre::engine
