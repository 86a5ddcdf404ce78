#include "telemetry/sketch.h"

#include <algorithm>
#include <cmath>

#include "telemetry/detail/varint.h"

namespace gyre::telemetry {
namespace {

const double kGrowth = std::log(1.02);
constexpr double kTiny = 1e-30;  // what is nearer to zero counts as zero

int32_t IndexOf(double magnitude) {
    return static_cast<int32_t>(std::ceil(std::log(magnitude) / kGrowth));
}

/// The middle of the bin, where the error to either bound is the same.
double ValueOf(int32_t index) {
    return 2 * std::exp(index * kGrowth) / (1 + std::exp(kGrowth));
}

using Bins = std::vector<std::pair<int32_t, double>>;

void AddTo(Bins& bins, int32_t index, double count) {
    const auto at = std::lower_bound(bins.begin(), bins.end(), index,
                                     [](const auto& bin, int32_t i) { return bin.first < i; });
    if (at != bins.end() && at->first == index) {
        at->second += count;
    } else {
        bins.insert(at, {index, count});
    }
    if (bins.size() > Sketch::kMaxBins) {
        bins[1].second += bins[0].second;
        bins.erase(bins.begin());
    }
}

double Total(const Bins& bins) {
    double total = 0;
    for (const auto& [index, count] : bins) total += count;
    return total;
}

void EncodeBins(std::string& out, const Bins& bins) {
    detail::PutVarint(out, bins.size());
    int64_t before = 0;
    for (const auto& [index, count] : bins) {
        detail::PutSigned(out, index - before);
        detail::PutNumber(out, count);
        before = index;
    }
}

bool DecodeBins(std::string_view& in, Bins& bins) {
    uint64_t size = 0;
    if (!detail::GetVarint(in, size) || size > Sketch::kMaxBins) return false;
    bins.clear();
    int64_t index = 0;
    for (uint64_t i = 0; i < size; ++i) {
        int64_t step = 0;
        double count = 0;
        if (!detail::GetSigned(in, step) || !detail::GetNumber(in, count)) return false;
        if (step > 200'000 || step < -200'000 || (i > 0 && step <= 0) || count < 0) return false;
        index += step;
        if (index > 100'000 || index < -100'000) return false;
        bins.emplace_back(static_cast<int32_t>(index), count);
    }
    return true;
}

}  // namespace

void Sketch::Add(double value, double count) {
    if (count <= 0) return;
    if (std::abs(value) < kTiny) {
        zero_ += count;
    } else {
        AddTo(value > 0 ? above_ : below_, IndexOf(std::abs(value)), count);
    }
}

void Sketch::Merge(const Sketch& other) {
    zero_ += other.zero_;
    for (const auto& [index, count] : other.above_) AddTo(above_, index, count);
    for (const auto& [index, count] : other.below_) AddTo(below_, index, count);
}

double Sketch::Quantile(double rank) const {
    const double total = zero_ + Total(above_) + Total(below_);
    if (total <= 0) return 0;
    // The least value that so many are not above.
    double left = std::clamp(rank, 0.0, 1.0) * total;
    for (auto bin = below_.rbegin(); bin != below_.rend(); ++bin) {
        left -= bin->second;
        if (left <= 0) return -ValueOf(bin->first);
    }
    left -= zero_;
    if (left <= 0 && zero_ > 0) return 0;
    for (const auto& [index, count] : above_) {
        left -= count;
        if (left <= 0) return ValueOf(index);
    }
    if (!above_.empty()) return ValueOf(above_.back().first);
    return zero_ > 0 ? 0 : -ValueOf(below_.front().first);
}

void Sketch::Encode(std::string& out) const {
    detail::PutNumber(out, zero_);
    EncodeBins(out, above_);
    EncodeBins(out, below_);
}

bool Sketch::Decode(std::string_view& in) {
    return detail::GetNumber(in, zero_) && zero_ >= 0 && DecodeBins(in, above_) &&
           DecodeBins(in, below_);
}

}  // namespace gyre::telemetry
