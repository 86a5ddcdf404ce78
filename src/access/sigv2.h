#pragma once

#include <string>

#include "net/http_message.h"

namespace gyre::access {

/// What AWS Signature Version 2 signs of a presigned S3 URL in path style (S3 REST authentication):
/// method, Content-MD5, Content-Type, expiry, x-amz-* headers, path and sub-resources.
[[nodiscard]] std::string StringToSignV2(const net::RequestHead& head);

}  // namespace gyre::access
