#include "objects/names.h"

#include <algorithm>
#include <array>

#include "core/utf8.h"
#include "objects/detail/s3_errors.h"

namespace gyre::objects {
namespace {

using core::Code;

constexpr size_t kLongestKey = 1024;

bool IsLowerOrDigit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool LooksLikeAddress(std::string_view name) {
    return std::ranges::count(name, '.') == 3 &&
           name.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

core::Status CheckBucketName(std::string_view name) {
    constexpr std::array<std::string_view, 2> kPrefixes = {"xn--", "sthree-"};
    constexpr std::array<std::string_view, 4> kSuffixes = {"-s3alias", "--ol-s3", ".mrap",
                                                           "--x-s3"};
    const bool good =
        name.size() >= 3 && name.size() <= 63 && IsLowerOrDigit(name.front()) &&
        IsLowerOrDigit(name.back()) &&
        std::ranges::all_of(name,
                            [](char c) { return IsLowerOrDigit(c) || c == '-' || c == '.'; }) &&
        name.find("..") == std::string_view::npos && name.find(".-") == std::string_view::npos &&
        name.find("-.") == std::string_view::npos && !LooksLikeAddress(name) &&
        std::ranges::none_of(kPrefixes, [&](auto prefix) { return name.starts_with(prefix); }) &&
        std::ranges::none_of(kSuffixes, [&](auto suffix) { return name.ends_with(suffix); });
    if (good) return {};
    return core::Fail(detail::S3Error(Code::kInvalidArgument, 400, "InvalidBucketName",
                                      "The specified bucket is not valid.")
                          .With("BucketName", std::string(name)));
}

core::Status CheckKey(std::string_view key) {
    if (key.size() > kLongestKey) {
        return core::Fail(
            detail::S3Error(Code::kInvalidArgument, 400, "KeyTooLongError", "Your key is too long")
                .With("Size", std::to_string(key.size()))
                .With("MaxSizeAllowed", std::to_string(kLongestKey)));
    }
    if (key.empty() || !core::IsUtf8(key)) {
        return core::Fail(detail::S3Error(Code::kInvalidArgument, 400, "InvalidArgument",
                                          "The key must be 1 to 1024 bytes of UTF-8."));
    }
    return {};
}

}  // namespace gyre::objects
