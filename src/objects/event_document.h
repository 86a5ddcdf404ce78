#pragma once

#include <string>

#include "core/json.h"
#include "objects/object_store.h"

namespace gyre::objects {

/// An event as S3 tells it to one of its destinations: a document with one record for topics,
/// queues and functions, EventBridge's own event for the other.
[[nodiscard]] core::Json EventDocument(const EventSink::Event& event,
                                       const EventDestination& destination,
                                       const std::string& region, const std::string& account);

}  // namespace gyre::objects
