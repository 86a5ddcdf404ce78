#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gyre::telemetry {

/// How many values fell where: bins whose bounds grow by 2%, so that a percentile is within 1% of
/// a true value (the DDSketch of Masson, Rim and Lee, VLDB 2019). At most kMaxBins are kept on each
/// side of zero; the smallest magnitudes share one then. Counts may be fractions.
class Sketch {
  public:
    static constexpr size_t kMaxBins = 512;

    void Add(double value, double count);
    void Merge(const Sketch& other);
    /// `rank` from 0 to 1; 0 where it is empty.
    [[nodiscard]] double Quantile(double rank) const;
    [[nodiscard]] bool Empty() const { return zero_ <= 0 && above_.empty() && below_.empty(); }

    void Encode(std::string& out) const;
    /// Reads from the front of `in`; false where it is broken.
    [[nodiscard]] bool Decode(std::string_view& in);

  private:
    using Bins = std::vector<std::pair<int32_t, double>>;  ///< by rising index

    double zero_ = 0;
    Bins above_;
    Bins below_;
};

}  // namespace gyre::telemetry
