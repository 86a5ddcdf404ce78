#include "graph/exec/plain_blocks.h"

#include <algorithm>
#include <atomic>

#include "graph/exec/together.h"

namespace gyre::graph::exec {
namespace {

/// Blocks that a thread takes at a time.
constexpr size_t kStretch = 16;
/// Stretches that are worth another thread: a quarter of a million vertices.
constexpr size_t kManyStretches = 8;

}  // namespace

size_t StretchesOf(std::span<const size_t> blocks) {
    return (blocks.size() + kStretch - 1) / kStretch;
}

void ReadStretches(Context& context, const BatchScan& scan, std::span<const size_t> blocks,
                   const FunctionRef<void(const ElementBatch& batch, size_t stretch)>& use) {
    const size_t stretches = StretchesOf(blocks);
    std::atomic<size_t> next{0};
    std::atomic<bool> stop{false};
    const auto work = [&](bool own) {
        ElementBatch batch;
        for (size_t stretch = next++; stretch < stretches; stretch = next++) {
            const size_t begin = stretch * kStretch;
            for (const size_t block :
                 blocks.subspan(begin, std::min(kStretch, blocks.size() - begin))) {
                if (own && !context.GoOnLong()) stop = true;
                if (stop.load(std::memory_order_relaxed)) return;
                scan.ReadPlain(block, batch);
                if (!batch.places.empty()) use(batch, stretch);
            }
        }
    };
    if (stretches < kManyStretches)
        work(true);
    else
        Together(work);
}

uint64_t CountPlainBlocks(Context& context, BatchScan& scan) {
    struct Count {
        uint64_t count = 0;
        void Join(const Count& other) { count += other.count; }
    } all;
    AddPlainBlocks(context, scan, {}, all, [](const ElementBatch& batch, Count& count) {
        count.count += batch.places.size();
    });
    return all.count;
}

}  // namespace gyre::graph::exec
