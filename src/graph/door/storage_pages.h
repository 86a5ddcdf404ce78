#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/cancel.h"
#include "core/clock.h"
#include "core/guarded.h"
#include "core/json.h"
#include "core/result.h"
#include "core/worker_pool.h"
#include "graph/graphs.h"
#include "net/http_message.h"

namespace gyre::graph::door {

/// /storage/info and /storage/indexes/rebuilds: what the graph "g" takes on the disk, and its
/// segment made anew in the background, one at a time. Rebuilds are known as long as the server
/// runs. Thread-safe; Stop() waits for the one that runs, may be called twice; the destructor
/// stops.
class StoragePages {
  public:
    StoragePages(const Graphs& graphs, const core::Clock& clock);
    ~StoragePages();

    /// The permission that a request needs.
    [[nodiscard]] static std::string_view ActionOf(const net::RequestHead& head);
    [[nodiscard]] core::Result<net::Response> Serve(const net::RequestHead& head,
                                                    const std::string& body);
    void Stop();

  private:
    struct Rebuild {
        std::string token;  ///< the client's: who sends it again gets this one
        std::string scope, buffer;
        std::string status = "PREPARING";
        std::string why;
        core::WallTime begun{};
        std::optional<core::WallTime> ended;
        int64_t percent = 0;
        core::CancelToken cancel;
    };
    [[nodiscard]] core::Json Info() const;
    [[nodiscard]] core::Result<core::Json> Start(const net::RequestHead& head,
                                                 const std::string& body);
    [[nodiscard]] core::Json List() const;
    [[nodiscard]] core::Result<core::Json> Status(const std::string& id) const;
    [[nodiscard]] core::Result<core::Json> Cancel(const std::string& id);
    void Run(uint64_t number);
    [[nodiscard]] core::Status Work(uint64_t number, const Rebuild& rebuild);

    const Graphs& graphs_;
    const core::Clock& clock_;
    const std::string name_;  ///< ids are this and a number
    core::CancelToken stop_;
    core::Guarded<std::map<uint64_t, Rebuild>> rebuilds_;  ///< by rising number
    core::WorkerPool worker_;
};

}  // namespace gyre::graph::door
