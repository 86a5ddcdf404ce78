#pragma once

#include <array>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "core/result.h"
#include "graph/load/csv_reader.h"

namespace gyre::graph::load {

/// The records of a reader, which a thread of its own reads ahead: one batch is used while the next
/// is read. Constructed means reading; the destructor waits for the read that is under way. For one
/// thread.
class RecordFeed {
  public:
    explicit RecordFeed(CsvReader& reader);
    ~RecordFeed();
    RecordFeed(const RecordFeed&) = delete;
    RecordFeed& operator=(const RecordFeed&) = delete;

    /// The next batch, valid until the next call; null at the end. Errors: as CsvReader::NextBatch.
    [[nodiscard]] core::Result<const CsvReader::Batch*> Next();

  private:
    static constexpr size_t kBatches = 3;
    void Run();

    CsvReader& reader_;
    std::mutex mutex_;  // of what follows, but for batches: each is one thread's at a time
    std::condition_variable changed_;
    std::array<CsvReader::Batch, kBatches> batches_;
    size_t read_ = 0;   ///< how many were read
    size_t given_ = 0;  ///< and given out, the last of which is in use
    bool ended_ = false, stopped_ = false;
    core::Status failed_;
    std::jthread thread_;  // the last: it uses all others
};

}  // namespace gyre::graph::load
