#include "core/inference_media.h"

#include <charconv>

namespace gyre::core {
namespace {

constexpr std::string_view kSize = ";json-header-size=";

}  // namespace

std::string InferenceContentType(size_t json_bytes) {
    std::string type(kInferenceMedia);
    type += kSize;
    type += std::to_string(json_bytes);
    return type;
}

bool IsInferenceContentType(std::string_view content_type) {
    return content_type.starts_with(kInferenceMedia);
}

std::optional<size_t> InferenceJsonBytes(std::string_view content_type) {
    if (!IsInferenceContentType(content_type)) return std::nullopt;
    content_type.remove_prefix(kInferenceMedia.size());
    if (!content_type.starts_with(kSize)) return std::nullopt;
    content_type.remove_prefix(kSize.size());
    size_t bytes = 0;
    const char* const end = content_type.data() + content_type.size();
    const auto [stop, error] = std::from_chars(content_type.data(), end, bytes);
    if (error != std::errc() || stop != end) return std::nullopt;
    return bytes;
}

}  // namespace gyre::core
