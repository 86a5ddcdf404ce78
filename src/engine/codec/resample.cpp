#include "engine/codec/resample.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace gyre::engine {
namespace {

using Filter = ImageSettings::Filter;

// Pillow's: coefficients in 22 bits below the point leave room for a sum of 8-bit values.
constexpr int kPrecision = 32 - 8 - 2;

double Support(Filter filter) {
    switch (filter) {
        case Filter::kBicubic:
            return 2;
        case Filter::kLanczos:
            return 3;
        default:
            return 1;
    }
}

double Sinc(double x) {
    if (x == 0) return 1;
    x *= M_PI;
    return std::sin(x) / x;
}

double Weight(Filter filter, double x) {
    if (filter == Filter::kLanczos) return x >= -3 && x < 3 ? Sinc(x) * Sinc(x / 3) : 0;
    x = std::fabs(x);
    if (filter == Filter::kBilinear) return x < 1 ? 1 - x : 0;
    constexpr double a = -0.5;
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
    return 0;
}

/// For each output position: where its inputs begin, how many, and their weights.
struct Taps {
    int most = 0;
    std::vector<int> first;
    std::vector<int> count;
    std::vector<int> weights;  ///< `most` for each position
};

Taps MakeTaps(int from_size, double from, double to, int size, Filter filter) {
    const double scale = (to - from) / size;
    const double filter_scale = std::max(scale, 1.0);
    const double support = Support(filter) * filter_scale;
    Taps taps;
    taps.most = static_cast<int>(std::ceil(support)) * 2 + 1;
    taps.weights.assign(static_cast<size_t>(size) * static_cast<size_t>(taps.most), 0);
    std::vector<double> weights(static_cast<size_t>(taps.most));
    for (int out = 0; out < size; ++out) {
        const double center = from + (out + 0.5) * scale;
        const int first = std::max(0, static_cast<int>(center - support + 0.5));
        const int end = std::min(from_size, static_cast<int>(center + support + 0.5));
        double sum = 0;
        for (int i = first; i < end; ++i) {
            const double weight = Weight(filter, (i - center + 0.5) * (1 / filter_scale));
            weights[static_cast<size_t>(i - first)] = weight;
            sum += weight;
        }
        taps.first.push_back(first);
        taps.count.push_back(end - first);
        int* into = taps.weights.data() + static_cast<size_t>(out) * static_cast<size_t>(taps.most);
        for (int i = 0; i < end - first; ++i) {
            const double weight = sum != 0 ? weights[static_cast<size_t>(i)] / sum : 0;
            const double scaled = weight * (1 << kPrecision);
            into[i] = static_cast<int>(scaled + (scaled < 0 ? -0.5 : 0.5));
        }
    }
    return taps;
}

uint8_t Clip(int sum) {
    return static_cast<uint8_t>(std::clamp(sum >> kPrecision, 0, 255));
}

/// [rows, columns, C] to [rows, size, C].
template <int C>
void Across(const uint8_t* from, int rows, int columns, const Taps& taps, uint8_t* to) {
    const int size = static_cast<int>(taps.first.size());
    for (int row = 0; row < rows; ++row) {
        const uint8_t* line = from + static_cast<size_t>(row) * static_cast<size_t>(columns) * C;
        for (int out = 0; out < size; ++out) {
            const int* weights =
                taps.weights.data() + static_cast<size_t>(out) * static_cast<size_t>(taps.most);
            const uint8_t* pixel =
                line + static_cast<size_t>(taps.first[static_cast<size_t>(out)]) * C;
            int sums[C];
            for (int& sum : sums) sum = 1 << (kPrecision - 1);
            for (int i = 0; i < taps.count[static_cast<size_t>(out)]; ++i) {
                for (int c = 0; c < C; ++c) sums[c] += pixel[i * C + c] * weights[i];
            }
            for (int c = 0; c < C; ++c) *to++ = Clip(sums[c]);
        }
    }
}

/// [rows, width] to [size, width]; `first_row` is the number of from's first row.
void Down(const uint8_t* from, int first_row, size_t width, const Taps& taps, uint8_t* to) {
    std::vector<int> sums(width);
    for (size_t out = 0; out < taps.first.size(); ++out) {
        std::fill(sums.begin(), sums.end(), 1 << (kPrecision - 1));
        const int* weights = taps.weights.data() + out * static_cast<size_t>(taps.most);
        const uint8_t* line = from + static_cast<size_t>(taps.first[out] - first_row) * width;
        for (int i = 0; i < taps.count[out]; ++i, line += width) {
            for (size_t x = 0; x < width; ++x) sums[x] += line[x] * weights[i];
        }
        for (size_t x = 0; x < width; ++x) *to++ = Clip(sums[x]);
    }
}

Tensor Nearest(const Tensor& picture, const Box& box, int height, int width) {
    const auto rows = static_cast<int>(picture.Dims()[0]);
    const auto columns = static_cast<int>(picture.Dims()[1]);
    const auto channels = static_cast<size_t>(picture.Dims()[2]);
    Tensor result(DataType::kUint8, {height, width, picture.Dims()[2]});
    auto* to = static_cast<uint8_t*>(result.MutableData());
    const double down = (box.bottom - box.top) / height;
    const double across = (box.right - box.left) / width;
    for (int y = 0; y < height; ++y) {
        const int row = std::clamp(static_cast<int>(box.top + (y + 0.5) * down), 0, rows - 1);
        for (int x = 0; x < width; ++x, to += channels) {
            const int column =
                std::clamp(static_cast<int>(box.left + (x + 0.5) * across), 0, columns - 1);
            const size_t pixel = static_cast<size_t>(row) * static_cast<size_t>(columns) +
                                 static_cast<size_t>(column);
            std::memcpy(to, picture.As<uint8_t>() + pixel * channels, channels);
        }
    }
    return result;
}

}  // namespace

Tensor Resample(const Tensor& picture, const Box& box, int height, int width, Filter filter) {
    const auto rows = static_cast<int>(picture.Dims()[0]);
    const auto columns = static_cast<int>(picture.Dims()[1]);
    const auto channels = static_cast<int>(picture.Dims()[2]);
    if (filter == Filter::kNearest) return Nearest(picture, box, height, width);
    const bool across = width != columns || box.left != 0 || box.right != columns;
    const bool down = height != rows || box.top != 0 || box.bottom != rows;
    const Taps vertical = MakeTaps(rows, box.top, box.bottom, height, filter);
    const int first = vertical.first.front();
    const int end = vertical.first.back() + vertical.count.back();
    Tensor current = picture;
    int first_row = 0;
    if (across) {
        const Taps horizontal = MakeTaps(columns, box.left, box.right, width, filter);
        // Only the rows that the second pass reads.
        const int kept_first = down ? first : 0;
        const int kept = down ? end - first : rows;
        Tensor narrow(DataType::kUint8, {kept, width, channels});
        const uint8_t* from = picture.As<uint8_t>() + static_cast<size_t>(kept_first) *
                                                          static_cast<size_t>(columns) *
                                                          static_cast<size_t>(channels);
        auto* to = static_cast<uint8_t*>(narrow.MutableData());
        if (channels == 1)
            Across<1>(from, kept, columns, horizontal, to);
        else
            Across<3>(from, kept, columns, horizontal, to);
        current = std::move(narrow);
        first_row = kept_first;
    }
    if (!down) return current;
    Tensor result(DataType::kUint8, {height, width, channels});
    Down(current.As<uint8_t>(), first_row,
         static_cast<size_t>(width) * static_cast<size_t>(channels), vertical,
         static_cast<uint8_t*>(result.MutableData()));
    return result;
}

}  // namespace gyre::engine
