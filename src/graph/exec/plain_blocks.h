#pragma once

#include <span>
#include <vector>

#include "graph/exec/context.h"
#include "graph/exec/function_ref.h"
#include "graph/storage/batch_scan.h"

namespace gyre::graph::exec {

/// Plain blocks of a label, in stretches that are the same however many threads there are. Does
/// `use(batch, stretch)` for what passes of each block, those of a stretch in order and in one
/// thread; stretches in threads that are free (together.h), where there are many.
void ReadStretches(Context& context, const BatchScan& scan, std::span<const size_t> blocks,
                   const FunctionRef<void(const ElementBatch& batch, size_t stretch)>& use);
[[nodiscard]] size_t StretchesOf(std::span<const size_t> blocks);

/// Takes the plain blocks out of a scan of a label and adds up what they come to, in an empty
/// total: `add(batch, total)`. Parts of it are joined in the order of the blocks, so that sums of
/// doubles come out alike each time.
template <typename Total, typename Add>
void AddPlainBlocks(Context& context, BatchScan& scan, std::span<const ValueColumn* const> read,
                    Total& total, const Add& add) {
    const std::vector<size_t> blocks = scan.TakePlain(read);
    std::vector<Total> parts(StretchesOf(blocks), total);
    ReadStretches(context, scan, blocks,
                  [&](const ElementBatch& batch, size_t stretch) { add(batch, parts[stretch]); });
    for (const Total& part : parts) total.Join(part);
}

/// Takes them out likewise: how many elements of them pass.
[[nodiscard]] uint64_t CountPlainBlocks(Context& context, BatchScan& scan);

}  // namespace gyre::graph::exec
