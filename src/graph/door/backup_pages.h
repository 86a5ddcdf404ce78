#pragma once

#include <string>

#include "core/result.h"
#include "graph/backup/backups.h"
#include "net/http_message.h"

namespace gyre::graph::door {

/// /backup and /restore: POST begins one, GET tells of all or, below it, of one.
[[nodiscard]] core::Result<net::Response> ServeBackups(const net::RequestHead& head,
                                                       const std::string& body,
                                                       backup::Backups& backups);

}  // namespace gyre::graph::door
