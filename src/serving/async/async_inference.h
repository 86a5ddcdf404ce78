#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "db/database.h"
#include "jobs/leases.h"
#include "jobs/topic_log.h"
#include "net/io_loop.h"
#include "objects/object_store.h"
#include "serving/router.h"
#include "telemetry/series.h"
#include "wire/action.h"

namespace gyre::serving::async {

/// What is pointed at outlives the AsyncInference.
struct AsyncOptions {
    Router* router = nullptr;
    objects::ObjectStore* objects = nullptr;
    db::Database* database = nullptr;
    net::IoLoop* loop = nullptr;
    const core::Clock* clock = nullptr;
    jobs::Leases* leases = nullptr;    ///< null: there is no other server
    jobs::TopicLog* topics = nullptr;  ///< may be null
    Place place;
};

/// InvokeEndpointAsync: requests are queued durably, sent to their endpoint's hosts as these have
/// room, and their answers put where the endpoint's configuration says. Each is answered at least
/// once: one that was at a host when the platform was killed is sent again. Life cycle: open, add
/// the action, Start() when the endpoints are announced; Stop() may be called twice.
class AsyncInference {
  public:
    [[nodiscard]] static core::Result<std::unique_ptr<AsyncInference>> Open(AsyncOptions options);
    ~AsyncInference();
    AsyncInference(const AsyncInference&) = delete;
    AsyncInference& operator=(const AsyncInference&) = delete;

    /// The operation's handler; never blocks.
    void Accept(wire::BufferedCall call);
    /// Takes up what is queued.
    [[nodiscard]] core::Status Start();
    void Stop();
    /// Requests in the endpoint's queue that are at no host.
    [[nodiscard]] size_t Waiting(const std::string& endpoint) const;
    /// See AsyncMeter. One thread at a time.
    [[nodiscard]] std::vector<telemetry::Sample> TakeMetrics();

  private:
    struct Impl;
    explicit AsyncInference(std::shared_ptr<Impl> impl);
    const std::shared_ptr<Impl> impl_;
};

}  // namespace gyre::serving::async
