#include "wire/detail/cbor_writer.h"

#include "core/digest.h"
#include "wire/cbor.h"

namespace gyre::wire::detail {

void AppendCborShape(std::string& out, const Shape& shape, const core::Json& value) {
    constexpr int kArray = 4;
    constexpr int kMap = 5;
    constexpr char kEpochTime = '\xC1';
    switch (shape.type) {
        case ShapeType::kStructure: {
            uint64_t size = 0;
            for (const Member& member : shape.members) {
                if (core::JsonFind(value, member.name)) ++size;
            }
            AppendCborHead(out, kMap, size);
            for (const Member& member : shape.members) {
                const core::Json* found = core::JsonFind(value, member.name);
                if (found == nullptr) continue;
                AppendCborText(out, member.name);
                AppendCborShape(out, *member.shape, *found);
            }
            break;
        }
        case ShapeType::kList:
            if (!value.is_array()) return AppendCborJson(out, value);
            AppendCborHead(out, kArray, value.as_array().size());
            for (const core::Json& item : value.as_array()) {
                AppendCborShape(out, *shape.value, item);
            }
            break;
        case ShapeType::kMap:
            if (!value.is_object()) return AppendCborJson(out, value);
            AppendCborHead(out, kMap, value.as_object().size());
            for (const auto& [key, item] : value.as_object()) {
                AppendCborText(out, key);
                AppendCborShape(out, *shape.value, item);
            }
            break;
        case ShapeType::kTimestamp:
            out.push_back(kEpochTime);
            AppendCborDouble(out, value.is_number() ? value.to_number<double>() : 0);
            break;
        case ShapeType::kFloat:
        case ShapeType::kDouble:
            if (!value.is_number()) return AppendCborJson(out, value);
            AppendCborDouble(out, value.to_number<double>());
            break;
        case ShapeType::kBlob: {
            const auto bytes =
                value.is_string() ? core::Base64Decode(value.as_string()) : std::nullopt;
            AppendCborBytes(out, bytes.value_or(""));
            break;
        }
        default:
            AppendCborJson(out, value);
    }
}

}  // namespace gyre::wire::detail
