#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/file_system.h"
#include "core/result.h"
#include "telemetry/series.h"

namespace gyre::telemetry {

struct MetricStoreOptions {
    uint64_t max_bytes = 1ULL << 30;  ///< of files; the oldest data goes first
    size_t max_series = 50'000;
    size_t flush_cells = 100'000;  ///< in memory, before they go to files
    core::seconds flush_after{600};
};

/// Values over time, as CloudWatch keeps them: by the second for three hours (where asked for), by
/// the minute for 15 days, by five minutes for 63 days, by the hour for 455 days
/// (docs/formats/metric_store.md). What Put answered is on the disk. Thread-safe.
class MetricStore {
  public:
    /// Takes up what is in the directory, which is made when absent; a damaged file is put aside
    /// and told of in the log. `files` and `clock` outlive the store.
    [[nodiscard]] static core::Result<std::unique_ptr<MetricStore>> Open(
        core::FileSystem& files, std::filesystem::path directory, const core::Clock& clock,
        MetricStoreOptions options = {});
    ~MetricStore();

    /// All or none of them. Errors: kResourceExhausted "LimitExceededException" for too many
    /// series; those of the disk, where a retry may count twice.
    [[nodiscard]] core::Status Put(const std::vector<Sample>& samples);

    /// Seconds since 1970; `end` is exclusive.
    struct Span {
        int64_t start = 0;
        int64_t end = 0;
        int64_t period = 60;
    };
    /// By the second that each period begins with, counted on from `start`; periods without values
    /// are absent. Data that is kept more coarsely counts where its bucket begins. Errors: of the
    /// disk, kDataLoss.
    [[nodiscard]] core::Result<std::map<int64_t, Statistic>> Query(const Series& series,
                                                                   const Span& span) const;
    /// The series that differ from this one in nothing but the unit.
    [[nodiscard]] std::vector<Series> UnitsOf(const Series& series) const;

    struct Known {
        Series series;
        int64_t last = 0;  ///< the second of its last value, to the bucket
    };
    /// Those of the namespace ("" for all) with a value at `since` or later, in their order.
    [[nodiscard]] std::vector<Known> List(const std::string& name_space, int64_t since) const;

    /// Writes out what is due, brings what is old to its coarser level, merges small files and
    /// holds the size. To be called every few seconds; one call does at most some seconds' work.
    [[nodiscard]] core::Status Maintain();
    /// Writes out what is in memory now.
    [[nodiscard]] core::Status Flush();

  private:
    struct Impl;
    explicit MetricStore(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace gyre::telemetry
