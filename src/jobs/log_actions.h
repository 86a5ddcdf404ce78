#pragma once

#include <string>

#include "jobs/log_store.h"
#include "wire/action.h"

namespace gyre::jobs {

/// CloudWatch Logs over the store: DescribeLogGroups, DescribeLogStreams, GetLogEvents,
/// FilterLogEvents. The store outlives the table.
void AddLogActions(wire::ActionTable& table, const LogStore& logs);

}  // namespace gyre::jobs
