#include "wire/detail/scalar.h"

#include <charconv>
#include <cmath>

#include "core/utf8.h"
#include "wire/detail/timestamps.h"

namespace gyre::wire::detail {

std::optional<core::Json> ScalarFromText(const Shape& shape, std::string_view text) {
    switch (shape.type) {
        case ShapeType::kString:
            // Documents become JSON in answers and on disk.
            if (!core::IsUtf8(text)) return std::nullopt;
            return core::Json(text);
        case ShapeType::kBlob:
            return core::Json(text);
        case ShapeType::kBoolean:
            if (text == "true" || text == "True") return core::Json(true);
            if (text == "false" || text == "False") return core::Json(false);
            return std::nullopt;
        case ShapeType::kInteger:
        case ShapeType::kLong: {
            int64_t number = 0;
            const auto [end, error] =
                std::from_chars(text.data(), text.data() + text.size(), number);
            if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
            return core::Json(number);
        }
        case ShapeType::kFloat:
        case ShapeType::kDouble: {
            double number = 0;
            const auto [end, error] =
                std::from_chars(text.data(), text.data() + text.size(), number);
            if (error != std::errc() || end != text.data() + text.size() ||
                !std::isfinite(number)) {
                return std::nullopt;
            }
            return core::Json(number);
        }
        case ShapeType::kTimestamp: {
            const auto time = ParseTimestamp(text);
            return time ? std::optional<core::Json>(*time) : std::nullopt;
        }
        case ShapeType::kStructure:
        case ShapeType::kList:
        case ShapeType::kMap:
            return std::nullopt;
    }
    return std::nullopt;
}

std::string ScalarToText(const Shape& shape, const core::Json& value, TimeFormat format,
                         TimeFormat otherwise) {
    if (shape.type == ShapeType::kTimestamp && value.is_number()) {
        if (format == TimeFormat::kDefault) format = shape.time_format;
        if (format == TimeFormat::kDefault) format = otherwise;
        return FormatTimestamp(value.to_number<double>(), format);
    }
    return value.is_string() ? std::string(value.as_string()) : core::JsonText(value);
}

}  // namespace gyre::wire::detail
