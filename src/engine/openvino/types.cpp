#include "engine/openvino/types.h"

#include <array>

namespace gyre::engine::openvino {
namespace {

struct TypeRow {
    DataType ours;
    ov::element::Type_t theirs;
};
constexpr std::array<TypeRow, 13> kTypes{{{DataType::kBool, ov::element::Type_t::boolean},
                                          {DataType::kUint8, ov::element::Type_t::u8},
                                          {DataType::kUint16, ov::element::Type_t::u16},
                                          {DataType::kUint32, ov::element::Type_t::u32},
                                          {DataType::kUint64, ov::element::Type_t::u64},
                                          {DataType::kInt8, ov::element::Type_t::i8},
                                          {DataType::kInt16, ov::element::Type_t::i16},
                                          {DataType::kInt32, ov::element::Type_t::i32},
                                          {DataType::kInt64, ov::element::Type_t::i64},
                                          {DataType::kFloat16, ov::element::Type_t::f16},
                                          {DataType::kBFloat16, ov::element::Type_t::bf16},
                                          {DataType::kFloat32, ov::element::Type_t::f32},
                                          {DataType::kFloat64, ov::element::Type_t::f64}}};

}  // namespace

core::Result<DataType> FromOpenVino(const ov::element::Type& type) {
    for (const TypeRow& row : kTypes) {
        if (type == row.theirs) return row.ours;
    }
    return core::Fail(core::Code::kInvalidArgument,
                      "tensors of the type " + type.get_type_name() + " are not served");
}

ov::element::Type ToOpenVino(DataType type) {
    return kTypes[static_cast<size_t>(type)].theirs;
}

Shape FromOpenVino(const ov::PartialShape& shape) {
    if (shape.rank().is_dynamic()) return {};
    Shape result;
    for (const ov::Dimension& dimension : shape) {
        result.push_back(dimension.is_static() ? dimension.get_length() : -1);
    }
    return result;
}

ov::PartialShape ToOpenVino(const Shape& shape) {
    std::vector<ov::Dimension> dimensions;
    for (const int64_t size : shape) {
        dimensions.push_back(size < 0 ? ov::Dimension::dynamic() : ov::Dimension(size));
    }
    return dimensions;
}

ov::Shape ToStatic(const Shape& shape) {
    return ov::Shape(shape.begin(), shape.end());
}

Shape FromStatic(const ov::Shape& shape) {
    return Shape(shape.begin(), shape.end());
}

std::string Reason(const std::exception& error) {
    const std::string text = error.what();
    std::string reason;
    for (size_t start = 0; start < text.size() && reason.size() < 400;) {
        const size_t end = std::min(text.find('\n', start), text.size());
        const std::string line = text.substr(start, end - start);
        // "Exception from src/…/file.cpp:123:" says nothing to a user.
        if (!line.empty() && !line.starts_with("Exception from ") && !line.starts_with("Check '")) {
            reason += (reason.empty() ? "" : " ") + line;
        }
        start = end + 1;
    }
    if (reason.empty()) reason = text.substr(0, 400);
    return reason;
}

}  // namespace gyre::engine::openvino
