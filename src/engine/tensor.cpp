#include "engine/tensor.h"

#include <array>
#include <cstdlib>
#include <new>

namespace gyre::engine {
namespace {

struct TypeRow {
    std::string_view name;
    size_t bytes;
};
// In the order of DataType.
constexpr std::array<TypeRow, 13> kTypes{{{"BOOL", 1},
                                          {"UINT8", 1},
                                          {"UINT16", 2},
                                          {"UINT32", 4},
                                          {"UINT64", 8},
                                          {"INT8", 1},
                                          {"INT16", 2},
                                          {"INT32", 4},
                                          {"INT64", 8},
                                          {"FP16", 2},
                                          {"BF16", 2},
                                          {"FP32", 4},
                                          {"FP64", 8}}};
constexpr size_t kAlignment = 64;

}  // namespace

size_t ByteSize(DataType type) {
    return kTypes[static_cast<size_t>(type)].bytes;
}

std::string_view DataTypeName(DataType type) {
    return kTypes[static_cast<size_t>(type)].name;
}

core::Result<DataType> ParseDataType(std::string_view name) {
    for (size_t i = 0; i < kTypes.size(); ++i) {
        if (kTypes[i].name == name) return static_cast<DataType>(i);
    }
    return core::Fail(core::Code::kInvalidArgument, "unknown data type '" + std::string(name) +
                                                        "'; known are BOOL, UINT8…64, "
                                                        "INT8…64, FP16, BF16, FP32 and FP64");
}

int64_t ElementCount(const Shape& shape) {
    int64_t count = 1;
    for (const int64_t dimension : shape) count *= dimension;
    return count;
}

std::string ShapeText(const Shape& shape) {
    std::string text = "[";
    for (size_t i = 0; i < shape.size(); ++i) {
        if (i > 0) text += ',';
        text += std::to_string(shape[i]);
    }
    return text + "]";
}

Tensor::Tensor(DataType type, Shape shape) : type_(type), shape_(std::move(shape)) {
    const size_t size = (Bytes() + kAlignment - 1) / kAlignment * kAlignment;
    void* memory = std::aligned_alloc(kAlignment, size == 0 ? kAlignment : size);
    if (memory == nullptr) throw std::bad_alloc();
    owner_ = std::shared_ptr<void>(memory, std::free);
    data_ = memory;
}

Tensor::Tensor(DataType type, Shape shape, std::shared_ptr<const void> owner, const void* bytes)
    : type_(type), shape_(std::move(shape)), owner_(std::move(owner)), data_(bytes) {
}

size_t Tensor::Bytes() const {
    return static_cast<size_t>(ElementCount(shape_)) * ByteSize(type_);
}

void* Tensor::MutableData() {
    return const_cast<void*>(data_);
}

}  // namespace gyre::engine
