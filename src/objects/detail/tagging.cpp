#include "objects/detail/tagging.h"

#include <algorithm>
#include <set>

#include "core/utf8.h"
#include "net/http_message.h"
#include "objects/detail/s3_errors.h"
#include "objects/detail/s3_members.h"

namespace gyre::objects::detail {
namespace {

constexpr size_t kLongestKey = 128;  // code points
constexpr size_t kLongestValue = 256;

core::Error InvalidTag(std::string message) {
    return S3Error(core::Code::kInvalidArgument, 400, "InvalidTag", std::move(message));
}

size_t CodePoints(std::string_view text) {
    return static_cast<size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

core::Status Check(const Tags& tags, size_t most) {
    if (tags.size() > most) {
        return core::Fail(
            InvalidTag("There may be no more than " + std::to_string(most) + " tags"));
    }
    std::set<std::string_view> keys;
    for (const auto& [key, value] : tags) {
        if (key.empty() || CodePoints(key) > kLongestKey) {
            return core::Fail(
                InvalidTag("The TagKey you have provided is invalid").With("TagKey", key));
        }
        if (CodePoints(value) > kLongestValue) {
            return core::Fail(
                InvalidTag("The TagValue you have provided is invalid").With("TagValue", value));
        }
        if (key.starts_with("aws:")) {
            return core::Fail(
                InvalidTag("System tags cannot be added/updated by requester").With("TagKey", key));
        }
        if (!keys.insert(key).second) {
            return core::Fail(
                InvalidTag("Cannot provide multiple Tags with the same key").With("TagKey", key));
        }
    }
    return {};
}

}  // namespace

core::Result<Tags> ParseTagHeader(std::string_view header) {
    auto tags = net::ParseQuery(header);
    const auto is_utf8 = [](const auto& tag) {
        return core::IsUtf8(tag.first) && core::IsUtf8(tag.second);
    };
    if (!tags || !std::ranges::all_of(*tags, is_utf8)) {
        return core::Fail(
            InvalidArgument("The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded "
                            "URL query parameters without tag name duplicates.")
                .With("ArgumentName", "x-amz-tagging")
                .With("ArgumentValue", std::string(header)));
    }
    GYRE_TRY(Check(*tags, kMostObjectTags));
    // A query has no order.
    std::ranges::sort(*tags);
    return std::move(*tags);
}

core::Result<Tags> ReadTagSet(const core::Json* tag_set, size_t most) {
    Tags tags;
    if (tag_set == nullptr || !tag_set->is_array()) return tags;
    for (const core::Json& tag : tag_set->get_array()) {
        tags.emplace_back(Text(tag, "Key"), Text(tag, "Value"));
    }
    GYRE_TRY(Check(tags, most));
    return tags;
}

core::JsonArray DescribeTags(const Tags& tags) {
    core::JsonArray set;
    for (const auto& [key, value] : tags) {
        set.emplace_back(core::JsonObject{{"Key", key}, {"Value", value}});
    }
    return set;
}

}  // namespace gyre::objects::detail
