#pragma once

#include "access/condition.h"
#include "core/clock.h"
#include "core/json.h"
#include "net/http_message.h"
#include "wire/action.h"

namespace gyre::access {

/// What policies may ask about a request: aws:SourceIp, aws:SecureTransport, aws:CurrentTime,
/// aws:EpochTime, aws:UserAgent, aws:Referer, aws:RequestedRegion, aws:RequestTag/…, aws:TagKeys,
/// and what some services ask of their own: S3's keys of a listing and its headers (s3:x-amz-acl).
[[nodiscard]] ConditionContext RequestContext(const net::RequestHead& head,
                                              const wire::CallContext& call,
                                              const core::Json& input, core::WallTime now);

}  // namespace gyre::access
