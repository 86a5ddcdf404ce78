#include "graph/load/record_feed.h"

#include <utility>

#include "core/worker_pool.h"

namespace gyre::graph::load {

RecordFeed::RecordFeed(CsvReader& reader) : reader_(reader), thread_([this] { Run(); }) {
}

RecordFeed::~RecordFeed() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
    }
    changed_.notify_all();
}

void RecordFeed::Run() {
    core::SetThreadName("graph-csv");
    while (true) {
        {
            std::unique_lock lock(mutex_);
            // All but the one in use may be filled.
            changed_.wait(lock, [this] { return stopped_ || read_ - given_ < kBatches - 1; });
            if (stopped_) return;
        }
        auto more = reader_.NextBatch(batches_[read_ % kBatches]);
        const std::lock_guard lock(mutex_);
        if (!more) failed_ = core::Fail(std::move(more.error()));
        ended_ = !more || !*more;
        if (!ended_) ++read_;
        changed_.notify_all();
        if (ended_) return;
    }
}

core::Result<const CsvReader::Batch*> RecordFeed::Next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return read_ > given_ || ended_; });
    if (read_ == given_) {
        if (!failed_) return core::Fail(failed_.error());
        return nullptr;
    }
    const CsvReader::Batch* batch = &batches_[given_ % kBatches];
    ++given_;
    lock.unlock();
    changed_.notify_all();
    return batch;
}

}  // namespace gyre::graph::load
