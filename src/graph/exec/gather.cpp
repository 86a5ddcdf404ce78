#include "graph/exec/gather.h"

#include <algorithm>
#include <cmath>

#include "graph/exec/cypher_values.h"
#include "graph/number.h"
#include "graph/temporal.h"

namespace gyre::graph::exec {

void Gathered::Add(Context& context, const plan::AggregateCall& call, const Value& value,
                   const Value& share, int64_t times) {
    if (call.argument && value.IsNull()) return;
    if (call.distinct) {
        context.Hold();
        if (!seen_.insert(KeyOf(value)).second) return;
    }
    count_ += times;
    if (call.name == "count") return;
    if (call.name == "collect") {
        context.Hold();
        items_.push_back(value);
    } else if (call.name == "min" || call.name == "max") {
        const auto order =
            result_.IsNull() ? std::weak_ordering::equivalent : OrderCypher(value, result_);
        const bool better = call.name == "min" ? order < 0 : order > 0;
        if (result_.IsNull() || better) result_ = value;
    } else if (call.name == "sum" || call.name == "avg") {
        AddNumber(context, call, value);
    } else if (!value.IsNumber()) {
        FailCypher(context, "TypeError", "InvalidArgumentType",
                   call.name + "() is for numbers, and not for " + std::string(TypeName(value)));
    } else if (call.name.starts_with("percentile")) {
        const bool fits = share.IsNumber() && ToDouble(share) >= 0 && ToDouble(share) <= 1;
        if (!fits) {
            FailCypher(context, "ArgumentError", "NumberOutOfRange",
                       call.name + "() takes a number from 0.0 to 1.0");
            return;
        }
        share_ = ToDouble(share);
        context.Hold();
        items_.push_back(value);
    } else {
        const double step = ToDouble(value) - mean_;
        mean_ += step / static_cast<double>(count_);
        squares_ += step * (ToDouble(value) - mean_);
    }
}

void Gathered::AddMany(Context& context, const plan::AggregateCall& call, const Value& value,
                       int64_t count) {
    const int64_t before = count_;
    Add(context, call, value, Value());
    count_ = before + count;
}

void Gathered::AddNumber(Context& context, const plan::AggregateCall& call, const Value& value) {
    if (value.Is<Duration>() && (result_.IsNull() || result_.Is<Duration>())) {
        const Duration before = result_.IsNull() ? Duration{} : result_.As<Duration>();
        if (const auto sum = AddDurations(before, value.As<Duration>(), 1)) {
            result_ = Value(*sum);
            return;
        }
    }
    const auto sum = AddNumbers(result_.IsNull() ? Value(int64_t{0}) : result_, value);
    if (!sum || result_.Is<Duration>()) {
        FailCypher(context, "TypeError", "InvalidArgumentType",
                   call.name + "() is for numbers, and not for " + std::string(TypeName(value)));
    } else if (sum->Is<BigInteger>() && call.name == "sum") {
        FailCypher(context, "ArithmeticError", "IntegerOverflow", "the sum overflows");
    } else {
        result_ = sum->Is<BigInteger>() ? Value(ToDouble(*sum)) : *sum;
    }
}

Value Gathered::Result(Context& context, const plan::AggregateCall& call) {
    if (call.name == "count") return Value(count_);
    if (call.name == "collect") return MakeList(items_);
    if (call.name == "sum") return result_.IsNull() ? Value(int64_t{0}) : result_;
    if (call.name == "stdev" || call.name == "stdevp") return Deviation(call.name == "stdev");
    if (call.name.starts_with("percentile")) return Percentile(call.name == "percentilecont");
    if (call.name != "avg" || result_.IsNull()) return result_;
    if (const auto* total = result_.If<Duration>()) {
        const auto n = static_cast<long double>(count_);
        const auto mean = MakeDuration(static_cast<long double>(total->months) / n,
                                       static_cast<long double>(total->days) / n,
                                       static_cast<long double>(total->seconds) / n,
                                       static_cast<long double>(total->nanos) / n);
        if (mean) return Value(*mean);
        FailCypher(context, "ArithmeticError", "NumberOutOfRange", "a duration overflows");
        return Value();
    }
    return Value(ToDouble(result_) / static_cast<double>(count_));
}

Value Gathered::Deviation(bool sample) const {
    const int64_t freedom = sample ? count_ - 1 : count_;
    return Value(freedom < 1 ? 0.0 : std::sqrt(squares_ / static_cast<double>(freedom)));
}

Value Gathered::Percentile(bool between) {
    if (items_.empty()) return Value();
    std::ranges::stable_sort(items_,
                             [](const Value& a, const Value& b) { return OrderCypher(a, b) < 0; });
    const auto size = static_cast<double>(items_.size());
    if (!between) {
        const double place = share_ * size;
        auto at = static_cast<size_t>(place);
        if (static_cast<double>(at) == place && at > 0) --at;
        return items_[std::min(at, items_.size() - 1)];
    }
    const double place = share_ * (size - 1);
    const auto low = static_cast<size_t>(std::floor(place));
    const auto high = static_cast<size_t>(std::ceil(place));
    const double part = place - std::floor(place);
    return Value(ToDouble(items_[low]) * (1 - part) + ToDouble(items_[high]) * part);
}

}  // namespace gyre::graph::exec
