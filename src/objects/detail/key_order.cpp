#include "objects/detail/key_order.h"

#include "core/digest.h"
#include "core/utf8.h"
#include "objects/detail/s3_errors.h"

namespace gyre::objects::detail {
namespace {

constexpr char kAfterKey = 'k';
constexpr char kAfterPrefix = 'p';

/// The code point that a sequence of well-formed UTF-8 stands for.
uint32_t Decode(std::string_view sequence) {
    const auto lead = static_cast<unsigned char>(sequence.front());
    if (sequence.size() == 1) return lead;
    uint32_t point = lead & (0xffU >> (sequence.size() + 1));
    for (const char byte : sequence.substr(1)) {
        point = point << 6 | (static_cast<unsigned char>(byte) & 0x3fU);
    }
    return point;
}

}  // namespace

std::optional<std::string> AfterPrefix(std::string_view prefix) {
    constexpr uint32_t kFirstSurrogate = 0xd800;
    constexpr uint32_t kAfterSurrogates = 0xe000;
    constexpr uint32_t kLastPoint = 0x10ffff;
    while (!prefix.empty()) {
        size_t start = prefix.size() - 1;
        while (start > 0 && (static_cast<unsigned char>(prefix[start]) & 0xc0) == 0x80) --start;
        const uint32_t point = Decode(prefix.substr(start));
        prefix = prefix.substr(0, start);
        if (point >= kLastPoint) continue;
        const uint32_t next = point + 1 == kFirstSurrogate ? kAfterSurrogates : point + 1;
        std::string after(prefix);
        core::AppendUtf8(after, next);
        return after;
    }
    return std::nullopt;
}

std::optional<std::string> CommonPrefix(std::string_view key, std::string_view prefix,
                                        std::string_view delimiter) {
    if (delimiter.empty()) return std::nullopt;
    const size_t found = key.find(delimiter, prefix.size());
    if (found == std::string_view::npos) return std::nullopt;
    return std::string(key.substr(0, found + delimiter.size()));
}

std::string ToToken(const ListPlace& place) {
    return core::Base64Encode((place.past_prefix ? kAfterPrefix : kAfterKey) + place.text);
}

core::Result<ListPlace> FromToken(std::string_view token) {
    const auto text = core::Base64Decode(token);
    if (!text || text->empty() || !core::IsUtf8(*text) ||
        (text->front() != kAfterKey && text->front() != kAfterPrefix)) {
        return core::Fail(InvalidArgument("The continuation token provided is incorrect"));
    }
    return ListPlace{text->substr(1), text->front() == kAfterPrefix};
}

}  // namespace gyre::objects::detail
