#pragma once

#include <string>
#include <string_view>

#include "core/result.h"
#include "net/http_message.h"
#include "objects/store_requests.h"

namespace gyre::objects::detail {

// What an external S3 answers. Its XML is looked at with care: it is another program's.

/// The text of the first element of that name, entities decoded; "" where there is none.
[[nodiscard]] std::string TextOf(std::string_view xml, std::string_view element);
/// An answer that is an error, with its own name, message and status.
[[nodiscard]] core::Error ErrorOf(const net::Response& response);
/// A ListObjectsV2 answer with encoding-type=url. Errors: kInternal where it is none.
[[nodiscard]] core::Result<ListPage> ReadListing(const std::string& bucket, std::string_view xml);
[[nodiscard]] std::string WithoutQuotes(std::string_view etag);

}  // namespace gyre::objects::detail
