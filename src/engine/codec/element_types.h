#pragma once

#include <cstdint>

#include "engine/codec/cast.h"

namespace gyre::engine {

/// Storage of a 16-bit float that converts as a number does.
struct Half {
    uint16_t bits;
    Half() = default;
    explicit Half(double value) : bits(FloatToHalf(static_cast<float>(value))) {}
    explicit operator double() const { return HalfToFloat(bits); }
};
struct BFloat {
    uint16_t bits;
    BFloat() = default;
    explicit BFloat(double value) : bits(FloatToBFloat(static_cast<float>(value))) {}
    explicit operator double() const { return BFloatToFloat(bits); }
};

template <typename T>
struct TypeTag {
    using Type = T;
};

/// visit(TypeTag<T>{}) with the C++ type that stores elements of `type`.
template <typename Visit>
decltype(auto) VisitElementType(DataType type, Visit&& visit) {
    switch (type) {
        case DataType::kBool:
            return visit(TypeTag<bool>{});
        case DataType::kUint8:
            return visit(TypeTag<uint8_t>{});
        case DataType::kUint16:
            return visit(TypeTag<uint16_t>{});
        case DataType::kUint32:
            return visit(TypeTag<uint32_t>{});
        case DataType::kUint64:
            return visit(TypeTag<uint64_t>{});
        case DataType::kInt8:
            return visit(TypeTag<int8_t>{});
        case DataType::kInt16:
            return visit(TypeTag<int16_t>{});
        case DataType::kInt32:
            return visit(TypeTag<int32_t>{});
        case DataType::kInt64:
            return visit(TypeTag<int64_t>{});
        case DataType::kFloat16:
            return visit(TypeTag<Half>{});
        case DataType::kBFloat16:
            return visit(TypeTag<BFloat>{});
        case DataType::kFloat32:
            return visit(TypeTag<float>{});
        case DataType::kFloat64:
            return visit(TypeTag<double>{});
    }
    GYRE_CHECK(false);
}

}  // namespace gyre::engine
