#pragma once

#include <functional>
#include <string>

#include "core/worker_pool.h"
#include "net/exchange.h"

namespace gyre::server {

/// {"status":"Healthy"}, as long as requests are read at all.
[[nodiscard]] net::Handler PingPage();

/// The certificate that clients are to trust, in PEM.
[[nodiscard]] net::Handler AuthorityPage(std::string pem);

/// What `text` returns, as Prometheus reads it. `text` may block: it runs on the pool, which
/// outlives the handler; 503 when the pool is full.
[[nodiscard]] net::Handler MetricsPage(core::WorkerPool& pool, std::function<std::string()> text);

}  // namespace gyre::server
