#pragma once

#include <unordered_set>

#include "graph/exec/context.h"
#include "graph/plan/row.h"

namespace gyre::graph::exec {

/// One aggregation over the rows of one group: count, sum, avg, min, max, collect, stDev, stDevP,
/// percentileCont and percentileDisc. Null counts for none of them.
class Gathered {
  public:
    /// `share` is of percentiles; `times`: how often the value comes, of counts.
    void Add(Context& context, const plan::AggregateCall& call, const Value& value,
             const Value& share, int64_t times = 1);
    /// As Add of many numbers, or others that have a least and a greatest: `value` is their sum, or
    /// the least, or the greatest, as the aggregation asks.
    void AddMany(Context& context, const plan::AggregateCall& call, const Value& value,
                 int64_t count);
    [[nodiscard]] Value Result(Context& context, const plan::AggregateCall& call);

  private:
    void AddNumber(Context& context, const plan::AggregateCall& call, const Value& value);
    [[nodiscard]] Value Percentile(bool between);
    [[nodiscard]] Value Deviation(bool sample) const;

    int64_t count_ = 0;
    Value result_;
    Values items_;
    double share_ = 0;
    double mean_ = 0, squares_ = 0;  ///< Welford's
    std::unordered_set<Value, ValueHash, ValueSame> seen_;
};

}  // namespace gyre::graph::exec
