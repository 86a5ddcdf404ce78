#pragma once

#include <string>

#include "jobs/log_store.h"
#include "wire/action.h"

namespace gyre::jobs {

/// CloudWatch Logs over the store: groups and streams made, described and deleted, events put, got
/// and filtered, retention and tags. The store outlives the table.
void AddLogActions(wire::ActionTable& table, LogStore& logs);
/// The part of it that changes something.
void AddLogWriteActions(wire::ActionTable& table, LogStore& logs);

}  // namespace gyre::jobs
