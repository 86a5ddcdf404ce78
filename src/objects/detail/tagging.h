#pragma once

#include <string_view>

#include "core/json.h"
#include "core/result.h"
#include "objects/store_requests.h"

namespace gyre::objects::detail {

constexpr size_t kMostObjectTags = 10;
constexpr size_t kMostBucketTags = 50;

/// The tags of an object from x-amz-tagging: "a=1&b=2". Errors: InvalidTag, InvalidArgument.
[[nodiscard]] core::Result<Tags> ParseTagHeader(std::string_view header);
/// Those of a TagSet member. Errors: InvalidTag.
[[nodiscard]] core::Result<Tags> ReadTagSet(const core::Json* tag_set, size_t most);
[[nodiscard]] core::JsonArray DescribeTags(const Tags& tags);

}  // namespace gyre::objects::detail
