#include "objects/names.h"

#include <algorithm>
#include <array>

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

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool IsUtf8(std::string_view text) {
    for (size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        size_t more = 0;
        unsigned char low = 0x80;
        unsigned char high = 0xbf;
        if (lead < 0x80) {
            ++i;
            continue;
        }
        if (lead >= 0xc2 && lead <= 0xdf) {
            more = 1;
        } else if (lead >= 0xe0 && lead <= 0xef) {
            more = 2;
            if (lead == 0xe0) low = 0xa0;
            if (lead == 0xed) high = 0x9f;
        } else if (lead >= 0xf0 && lead <= 0xf4) {
            more = 3;
            if (lead == 0xf0) low = 0x90;
            if (lead == 0xf4) high = 0x8f;
        } else {
            return false;
        }
        if (i + more >= text.size()) return false;
        for (size_t k = 1; k <= more; ++k) {
            const auto byte = static_cast<unsigned char>(text[i + k]);
            if (byte < low || byte > high) return false;
            low = 0x80;
            high = 0xbf;
        }
        i += more + 1;
    }
    return true;
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
    if (key.empty() || !IsUtf8(key)) {
        return core::Fail(detail::S3Error(Code::kInvalidArgument, 400, "InvalidArgument",
                                          "The key must be 1 to 1024 bytes of UTF-8."));
    }
    return {};
}

}  // namespace gyre::objects
