#pragma once

#include "catalog/catalog.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/worker_pool.h"
#include "net/exchange.h"
#include "serving/kserve/open_access.h"
#include "serving/router.h"

namespace gyre::serving::kserve {

struct V2DoorOptions {
    Router* router = nullptr;
    catalog::Catalog* catalog = nullptr;  ///< of the endpoints
    net::IoLoop* loop = nullptr;
    const core::Clock* clock = nullptr;
    core::WorkerPool* pool = nullptr;  ///< packs and unpacks bodies, loads and unloads
    OpenAccess access;
    size_t max_body = size_t{100} << 20;               ///< bytes, packed or not
    std::string version;                               ///< the server's own
    core::LogLevel log_level = core::LogLevel::kInfo;  ///< the log's at the start
};

/// KServe V2 over HTTP: requests below /v2 are answered here, all others go to `next`. Its models
/// are the endpoints. Requests with an AWS signature go to `next` too. What `options` points at
/// outlives the handler and what it began.
[[nodiscard]] net::Handler MakeV2Door(V2DoorOptions options, net::Handler next);

}  // namespace gyre::serving::kserve
