#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "core/clock.h"
#include "core/guarded.h"
#include "core/metrics.h"
#include "core/worker_pool.h"
#include "net/io_loop.h"
#include "objects/object_store.h"
#include "serving/capture/capture_record.h"
#include "serving/share_counter.h"

namespace gyre::serving::capture {

/// What is pointed at outlives the CaptureWriter.
struct CaptureWriterOptions {
    objects::ObjectStore* objects = nullptr;
    net::IoLoop* loop = nullptr;
    const core::Clock* clock = nullptr;
    core::MetricsRegistry* metrics = nullptr;  ///< may be null
    core::milliseconds flush_after{5'000};
    size_t file_bytes = 4 << 20;      ///< a batch as large is put at once
    size_t most_bytes = 64ULL << 20;  ///< of all records in memory; more are dropped
};

/// Gathers captured predictions and puts them as files of lines, in AWS's layout
/// (DESTINATION/ENDPOINT/VARIANT/yyyy/mm/dd/hh/mm-ss-mmm-UUID.jsonl). Taking one never blocks; what
/// finds no room, and files that the store refuses, are dropped and counted
/// (gyre_captures_dropped_total). Records are lost when the program is killed before they are put.
/// Thread-safe. Constructed means running; Stop() puts what is left, may be called twice.
class CaptureWriter : public std::enable_shared_from_this<CaptureWriter> {
  public:
    [[nodiscard]] static std::shared_ptr<CaptureWriter> Start(CaptureWriterOptions options);
    ~CaptureWriter();
    CaptureWriter(const CaptureWriter&) = delete;
    CaptureWriter& operator=(const CaptureWriter&) = delete;

    void Add(const std::string& endpoint, CaptureRecord record);
    /// The endpoint's own, which goes on while its routes come and go.
    [[nodiscard]] std::shared_ptr<ShareCounter> CounterOf(const std::string& endpoint);
    [[nodiscard]] core::WallTime Now() const { return options_.clock->WallNow(); }
    void Stop();

  private:
    /// Destination, endpoint, variant, and the hour since 1970.
    using Key = std::tuple<std::string, std::string, std::string, int64_t>;
    struct Batch {
        std::vector<CaptureRecord> records;
        size_t bytes = 0;
        core::SteadyTime began{};
    };
    struct State {
        std::map<Key, Batch> batches;
        size_t bytes = 0;
        bool flushing = false;
        bool stopped = false;
        std::map<std::string, std::shared_ptr<ShareCounter>> counters;
    };

    explicit CaptureWriter(CaptureWriterOptions options);
    void Tick();
    void Flush(bool all);
    void FlushSoon();
    void Put(const Key& key, const Batch& batch);
    void Drop(size_t records);

    const CaptureWriterOptions options_;
    core::Guarded<State> state_;
    core::Counter* dropped_ = nullptr;
    core::WorkerPool pool_;
};

}  // namespace gyre::serving::capture
