#include "telemetry/statistic.h"

#include <algorithm>

#include "telemetry/detail/varint.h"

namespace gyre::telemetry {
namespace {

// How a statistic is written: one value many times over, sums only, or all.
enum Form : char { kSame = 1, kSums = 2, kFull = 3 };

}  // namespace

Statistic Statistic::Of(double value, double count) {
    Statistic statistic{count, value * count, value, value, {}, true};
    statistic.sketch.Add(value, count);
    return statistic;
}

Statistic Statistic::OfSet(double count, double sum, double min, double max) {
    // All of them are the same, so it is known where they lie.
    if (min == max) return Of(min, count);
    return {count, sum, min, max, {}, false};
}

void Statistic::Merge(const Statistic& other) {
    if (other.count <= 0) return;
    if (count <= 0) {
        *this = other;
        return;
    }
    count += other.count;
    sum += other.sum;
    min = std::min(min, other.min);
    max = std::max(max, other.max);
    has_sketch = has_sketch && other.has_sketch;
    if (has_sketch) {
        sketch.Merge(other.sketch);
    } else {
        sketch = {};
    }
}

double Statistic::Percentile(double percent) const {
    return std::clamp(sketch.Quantile(percent / 100), min, max);
}

void Statistic::Encode(std::string& out) const {
    const Form form = !has_sketch ? kSums : min == max && sum == min * count ? kSame : kFull;
    out.push_back(form);
    detail::PutNumber(out, count);
    detail::PutNumber(out, min);
    if (form == kSame) return;
    detail::PutNumber(out, max);
    detail::PutNumber(out, sum);
    if (form == kFull) sketch.Encode(out);
}

bool Statistic::Decode(std::string_view& in) {
    if (in.empty()) return false;
    const char form = in.front();
    in.remove_prefix(1);
    if (form < kSame || form > kFull) return false;
    if (!detail::GetNumber(in, count) || !detail::GetNumber(in, min) || count < 0) return false;
    if (form == kSame) {
        *this = Of(min, count);
        return true;
    }
    if (!detail::GetNumber(in, max) || !detail::GetNumber(in, sum) || min > max) return false;
    has_sketch = form == kFull;
    sketch = {};
    return !has_sketch || sketch.Decode(in);
}

}  // namespace gyre::telemetry
