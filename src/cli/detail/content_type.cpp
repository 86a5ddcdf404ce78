#include "cli/detail/content_type.h"

#include <algorithm>
#include <filesystem>

#include "core/ascii.h"

namespace gyre::cli::detail {

std::string ContentTypeOf(std::string_view file, std::string_view body) {
    constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
        {".json", "application/json"}, {".jsonl", "application/jsonlines"},
        {".npy", "application/x-npy"}, {".npz", "application/x-npz"},
        {".csv", "text/csv"},          {".txt", "text/plain"},
        {".jpg", "image/jpeg"},        {".jpeg", "image/jpeg"},
        {".png", "image/png"},         {".gif", "image/gif"},
        {".webp", "image/webp"},       {".bmp", "image/bmp"},
        {".wav", "audio/wav"},         {".pb", "application/x-protobuf"}};
    const std::string extension =
        core::AsciiLower(std::filesystem::path(file).extension().string());
    for (const auto& [known, type] : kTypes) {
        if (extension == known) return std::string(type);
    }
    const size_t start = body.find_first_not_of(" \t\r\n");
    if (start != std::string_view::npos && (body[start] == '{' || body[start] == '[')) {
        return "application/json";
    }
    if (body.starts_with("\x93NUMPY")) return "application/x-npy";
    if (body.starts_with("\xFF\xD8\xFF")) return "image/jpeg";
    if (body.starts_with("\x89PNG")) return "image/png";
    return "application/octet-stream";
}

bool IsTextType(std::string_view type) {
    return type.empty() || type.starts_with("text/") ||
           type.find("json") != std::string_view::npos ||
           type.find("xml") != std::string_view::npos;
}

}  // namespace gyre::cli::detail
