#include "engine/generated_rows.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "engine/codec/element_types.h"

namespace gyre::engine {
namespace {

using Random = std::mt19937;

bool IsPicture(const TensorSpec& input) {
    return input.type == DataType::kUint8 && input.shape.size() == 4 &&
           (input.shape[3] == 3 || input.shape[3] == 1);
}

bool IsFloat(DataType type) {
    return type == DataType::kFloat16 || type == DataType::kBFloat16 ||
           type == DataType::kFloat32 || type == DataType::kFloat64;
}

Shape Sized(const TensorSpec& input, int rows) {
    const int64_t free = input.shape.size() >= 4 ? 224 : 16;
    Shape shape = input.shape;
    for (size_t i = 0; i < shape.size(); ++i) {
        if (shape[i] < 0) shape[i] = i == 0 ? rows : free;
    }
    return shape;
}

/// Three waves a channel, of few periods across the picture, and noise.
void Picture(uint8_t* to, const Shape& shape, Random& random) {
    std::uniform_real_distribution<double> part(0, 1);
    std::normal_distribution<double> noise(0, 6);
    const auto height = shape[1];
    const auto width = shape[2];
    const auto channels = shape[3];
    struct Wave {
        double x, y, phase, size;
    };
    std::vector<Wave> waves(static_cast<size_t>(channels) * 3);
    for (Wave& wave : waves)
        wave = {part(random) * 6, part(random) * 6, part(random) * 7, 60 * part(random)};
    for (int64_t y = 0; y < height; ++y) {
        for (int64_t x = 0; x < width; ++x) {
            for (int64_t c = 0; c < channels; ++c) {
                double value = 127 + noise(random);
                for (size_t i = 0; i < 3; ++i) {
                    const Wave& wave = waves[static_cast<size_t>(c) * 3 + i];
                    value +=
                        wave.size *
                        std::sin(
                            2 * M_PI *
                                (wave.x * static_cast<double>(x) / static_cast<double>(width) +
                                 wave.y * static_cast<double>(y) / static_cast<double>(height)) +
                            wave.phase);
                }
                *to++ = static_cast<uint8_t>(std::clamp(value, 0.0, 255.0));
            }
        }
    }
}

}  // namespace

std::vector<Tensor> GenerateRows(const std::vector<TensorSpec>& inputs, int rows, uint32_t seed) {
    Random random(seed);
    std::vector<Tensor> tensors;
    for (const TensorSpec& input : inputs) {
        Tensor tensor(input.type, Sized(input, rows));
        const auto count = static_cast<size_t>(ElementCount(tensor.Dims()));
        if (IsPicture(input)) {
            const auto size = count / static_cast<size_t>(tensor.Dims()[0]);
            for (int64_t row = 0; row < tensor.Dims()[0]; ++row) {
                Picture(
                    static_cast<uint8_t*>(tensor.MutableData()) + static_cast<size_t>(row) * size,
                    tensor.Dims(), random);
            }
        } else {
            VisitElementType(input.type, [&]<typename T>(TypeTag<T>) {
                std::normal_distribution<double> normal;
                T* to = static_cast<T*>(tensor.MutableData());
                for (size_t i = 0; i < count; ++i) {
                    to[i] = T(IsFloat(input.type) ? normal(random)
                                                  : static_cast<double>(random() & 1U));
                }
            });
        }
        tensors.push_back(std::move(tensor));
    }
    return tensors;
}

}  // namespace gyre::engine
