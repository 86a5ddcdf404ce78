#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace gyre::engine {

enum class DataType {
    kBool,
    kUint8,
    kUint16,
    kUint32,
    kUint64,
    kInt8,
    kInt16,
    kInt32,
    kInt64,
    kFloat16,
    kBFloat16,
    kFloat32,
    kFloat64
};
[[nodiscard]] size_t ByteSize(DataType type);
/// KServe V2's names: "FP32", "INT64", "BOOL"…
[[nodiscard]] std::string_view DataTypeName(DataType type);
[[nodiscard]] core::Result<DataType> ParseDataType(std::string_view name);

/// What requests may ask for.
constexpr size_t kMostDimensions = 16;

/// Dimensions, outermost first; -1 in a specification means any.
using Shape = std::vector<int64_t>;
[[nodiscard]] int64_t ElementCount(const Shape& shape);
[[nodiscard]] std::string ShapeText(const Shape& shape);  ///< "[-1,3,224,224]"

struct TensorSpec {
    std::string name;
    DataType type = DataType::kFloat32;
    Shape shape;            ///< empty where any will do
    bool any_type = false;  ///< values go in as they came; `type` is that of text
};

/// Dense, row-major values in memory that the tensor owns or shares. Copying shares the memory.
class Tensor {
  public:
    Tensor() = default;
    /// Uninitialised memory, aligned to 64 bytes.
    Tensor(DataType type, Shape shape);
    /// Borrows `bytes`, which lives as long as `owner`.
    Tensor(DataType type, Shape shape, std::shared_ptr<const void> owner, const void* bytes);

    [[nodiscard]] DataType Type() const { return type_; }
    [[nodiscard]] const Shape& Dims() const { return shape_; }
    [[nodiscard]] size_t Bytes() const;
    [[nodiscard]] const void* Data() const { return data_; }
    [[nodiscard]] void* MutableData();  ///< only of a tensor that owns its memory
    template <typename T>
    [[nodiscard]] const T* As() const {
        return static_cast<const T*>(data_);
    }

  private:
    DataType type_ = DataType::kFloat32;
    Shape shape_;
    std::shared_ptr<const void> owner_;
    const void* data_ = nullptr;
};

}  // namespace gyre::engine
