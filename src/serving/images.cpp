#include "serving/images.h"

#include <re2/re2.h>

#include <filesystem>

namespace gyre::serving {
namespace {

// "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312", or the public
// gallery's; the part after the name says version and machine, which are Gyre's own here.
bool IsStockImage(const std::string& uri) {
    static const re2::RE2 stock(
        R"((\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?|)"
        R"(public\.ecr\.aws/deep-learning-containers)/)"
        R"((pytorch-(inference|training)|huggingface-pytorch-inference|djl-inference)([-:@].*)?)");
    return re2::RE2::FullMatch(uri, stock);
}

bool KeyMatches(std::string_view key, std::string_view uri) {
    if (key.ends_with('*')) return uri.starts_with(key.substr(0, key.size() - 1));
    return key == uri;
}

core::Result<Runtime> FromEntry(const core::Json& entry, std::string_view uri) {
    Runtime runtime;
    if (entry.is_string()) {
        const std::filesystem::path path = std::string(entry.as_string());
        std::error_code ignored;
        if (std::filesystem::is_directory(path, ignored)) {
            return Runtime{.command = {(path / "serve").string()}, .directory = path.string()};
        }
        return Runtime{.command = {path.string()}, .directory = ""};
    }
    if (entry.is_array()) {
        for (const core::Json& word : entry.as_array()) {
            if (!word.is_string()) break;
            runtime.command.emplace_back(word.as_string());
        }
        if (!runtime.command.empty() && runtime.command.size() == entry.as_array().size()) {
            return runtime;
        }
    }
    return core::Fail(core::Code::kInvalidArgument,
                      "serving.images[\"" + std::string(uri) +
                          "\"] must be a program, a list of program and arguments, or a directory");
}

}  // namespace

core::Result<Runtime> ResolveImage(std::string_view uri, const core::Json& images) {
    if (images.is_object()) {
        for (const auto& [key, entry] : images.as_object()) {
            if (KeyMatches(key, uri)) return FromEntry(entry, key);
        }
    }
    if (IsStockImage(std::string(uri)) || uri.starts_with("gyre/")) return Runtime{};
    return core::Fail(core::Code::kInvalidArgument,
                      "The image \"" + std::string(uri) +
                          "\" is none of the stock PyTorch images, and the configuration's "
                          "serving.images does not say which program it stands for.");
}

}  // namespace gyre::serving
