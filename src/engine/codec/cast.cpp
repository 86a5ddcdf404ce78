#include "engine/codec/cast.h"

#include <bit>
#include <cmath>
#include <limits>
#include <optional>
#include <type_traits>

#include "engine/codec/element_types.h"

namespace gyre::engine {
namespace {

template <typename T>
constexpr bool kIsFloat =
    std::is_floating_point_v<T> || std::is_same_v<T, Half> || std::is_same_v<T, BFloat>;

template <typename To, typename From>
std::optional<To> Convert(From value) {
    if constexpr (kIsFloat<To>) {
        return To(static_cast<double>(value));
    } else if constexpr (std::is_same_v<To, bool>) {
        const double number = static_cast<double>(value);
        if (number != 0 && number != 1) return std::nullopt;
        return number != 0;
    } else if constexpr (kIsFloat<From>) {
        const double number = static_cast<double>(value);
        // Both limits are exact doubles: -2^k, and 2^k that is one too many.
        const double least = static_cast<double>(std::numeric_limits<To>::min());
        const double end = std::ldexp(1.0, std::numeric_limits<To>::digits);
        if (!(number >= least && number < end) || number != std::trunc(number)) return std::nullopt;
        return static_cast<To>(number);
    } else if constexpr (std::is_same_v<From, bool>) {
        return static_cast<To>(value ? 1 : 0);
    } else {
        if (!std::in_range<To>(value)) return std::nullopt;
        return static_cast<To>(value);
    }
}

}  // namespace

float HalfToFloat(uint16_t bits) {
    const uint32_t sign = static_cast<uint32_t>(bits & 0x8000U) << 16;
    const uint32_t exponent = (bits >> 10) & 0x1FU;
    const uint32_t mantissa = bits & 0x3FFU;
    if (exponent == 0x1F) return std::bit_cast<float>(sign | 0x7F800000U | (mantissa << 13));
    if (exponent == 0) {
        const float value = std::ldexp(static_cast<float>(mantissa), -24);
        return sign ? -value : value;
    }
    return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (mantissa << 13));
}

uint16_t FloatToHalf(float value) {
    const uint32_t bits = std::bit_cast<uint32_t>(value);
    const auto sign = static_cast<uint16_t>((bits >> 16) & 0x8000U);
    const uint32_t magnitude = bits & 0x7FFFFFFFU;
    if (magnitude > 0x7F800000U) return static_cast<uint16_t>(sign | 0x7E00U);  // NaN
    if (magnitude >= 0x477FF000U) return static_cast<uint16_t>(sign | 0x7C00U);
    if (magnitude < 0x38800000U) {  // subnormal: units of 2^-24
        const float units = std::ldexp(std::bit_cast<float>(magnitude), 24);
        return static_cast<uint16_t>(sign | static_cast<uint16_t>(std::nearbyint(units)));
    }
    const uint32_t rounded = magnitude + 0xFFFU + ((magnitude >> 13) & 1U);
    return static_cast<uint16_t>(sign | ((rounded - 0x38000000U) >> 13));
}

float BFloatToFloat(uint16_t bits) {
    return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

uint16_t FloatToBFloat(float value) {
    const uint32_t bits = std::bit_cast<uint32_t>(value);
    if ((bits & 0x7FFFFFFFU) > 0x7F800000U) return static_cast<uint16_t>((bits >> 16) | 0x40U);
    return static_cast<uint16_t>((bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16);
}

double ElementAt(const Tensor& tensor, size_t index) {
    return VisitElementType(tensor.Type(), [&]<typename T>(TypeTag<T>) {
        return static_cast<double>(tensor.As<T>()[index]);
    });
}

core::Result<Tensor> Cast(const Tensor& tensor, DataType type) {
    if (tensor.Type() == type) return tensor;
    Tensor result(type, tensor.Dims());
    const auto count = static_cast<size_t>(ElementCount(tensor.Dims()));
    std::optional<size_t> refused;
    VisitElementType(tensor.Type(), [&]<typename From>(TypeTag<From>) {
        VisitElementType(type, [&]<typename To>(TypeTag<To>) {
            const From* from = tensor.As<From>();
            To* to = static_cast<To*>(result.MutableData());
            for (size_t i = 0; i < count; ++i) {
                const std::optional<To> value = Convert<To>(from[i]);
                if (!value) {
                    refused = i;
                    return;
                }
                to[i] = *value;
            }
        });
    });
    if (!refused) return result;
    return core::Fail(core::Code::kInvalidArgument,
                      "the value " + std::to_string(ElementAt(tensor, *refused)) +
                          " is none of the type " + std::string(DataTypeName(type)) +
                          " that the model takes");
}

}  // namespace gyre::engine
