#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "core/guarded.h"

namespace gyre::serving::torchserve {

/// Samples of several workers' Prometheus texts as those of one: counters and histograms added up,
/// of gauges the last. A pure value.
class SampleSum {
  public:
    void Add(std::string_view text);
    [[nodiscard]] std::string Text() const;

  private:
    struct Family {
        std::string type;
        std::map<std::string, double> samples;  ///< by name and labels
    };
    std::map<std::string, Family, std::less<>> families_;
};

/// What handlers count (gyre_worker's exposition.py): a file of each worker, "PID.prom". Those of
/// workers that ended are taken in and removed, so that what they counted stays. Thread-safe.
class WorkerMetrics {
  public:
    explicit WorkerMetrics(std::filesystem::path folder) : folder_(std::move(folder)) {}

    [[nodiscard]] std::string Text();

  private:
    const std::filesystem::path folder_;
    core::Guarded<SampleSum> ended_;
};

/// The samples with one of these names, and what is said of them; all where there are none.
[[nodiscard]] std::string OnlyNamed(std::string text, const std::set<std::string>& names);

}  // namespace gyre::serving::torchserve
