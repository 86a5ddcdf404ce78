#pragma once

#include "access/condition.h"
#include "core/clock.h"
#include "core/json.h"
#include "net/http_message.h"
#include "wire/action.h"

namespace gyre::access::detail {

/// What policies may ask about a request: aws:SourceIp, aws:SecureTransport, aws:CurrentTime,
/// aws:EpochTime, aws:UserAgent, aws:Referer, aws:RequestedRegion, and S3's keys of a listing.
[[nodiscard]] ConditionContext RequestContext(const net::RequestHead& head,
                                              const wire::CallContext& call,
                                              const core::Json& input, core::WallTime now);

}  // namespace gyre::access::detail
