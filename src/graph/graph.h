#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "access/gate.h"
#include "access/identity.h"
#include "core/clock.h"
#include "core/result.h"
#include "graph/door/authoriser.h"
#include "graph/graphs.h"
#include "graph/remote/host_list.h"
#include "graph/replica/original.h"
#include "net/exchange.h"
#include "net/http_server.h"
#include "objects/object_store.h"
#include "wire/action.h"

namespace gyre::graph {

struct GraphOptions {
    std::filesystem::path folder;
    std::vector<GraphSettings> graphs;
    GremlinVersion gremlin = GremlinVersion::k37;  ///< of graphs that are made without a word of it
    StoreOptions store;
    core::milliseconds query_timeout{120'000};
    uint64_t max_held = 20'000'000;          ///< values that one query may gather
    uint64_t max_bytes = uint64_t{4} << 30;  ///< of the memory that one query may hold
    std::filesystem::path files;             ///< the folder of io()'s files; empty: none
    size_t threads = 8;   ///< queries at once, but for those that wait for their turn to write
    size_t queue = 1024;  ///< requests that may wait for a thread
    const core::Clock* clock = nullptr;
    /// Where bulk loads read and backups go; null: neither.
    objects::ObjectStore* objects = nullptr;
    // What SPARQL's LOAD and SERVICE may ask beside the objects.
    remote::HostList remote_hosts;
    std::string remote_authorities;  ///< PEM file for https; empty: the system's
    uint64_t remote_max_bytes = 256U << 20U;
    replica::OriginalAccess originals;  ///< how graphs that are replicas ask theirs
    core::milliseconds max_lag{0};      ///< replicas that are older refuse reads; 0: any age
    // IAM authentication; `credentials` and `policies` outlive the graph.
    door::IamAuth iam_auth = door::IamAuth::kFromAfar;
    bool passwords = false;  ///< WebSockets may authenticate by SASL PLAIN with an access key
    const access::CredentialSource* credentials = nullptr;
    const access::Authoriser* policies = nullptr;
    std::string region = "us-east-1";
    std::string account = "000000000000";
};

/// The graph database, and its doors: Neptune's HTTP surface and Gremlin over WebSocket. Opened
/// means usable; Stop() ends what runs, may be called twice; the destructor stops. Stop the servers
/// on its handler first.
class Graph {
  public:
    /// Errors: as Graphs::Open.
    [[nodiscard]] static core::Result<std::unique_ptr<Graph>> Open(GraphOptions options);
    virtual ~Graph() = default;
    /// Answers every request of a port of its own.
    [[nodiscard]] virtual net::Handler Door() = 0;
    /// Answers what is plainly the graph's on a port that others share, and hands on the rest:
    /// signed for neptune-db, a WebSocket, or JSON posted to /gremlin or /openCypher.
    [[nodiscard]] virtual net::Handler Beside(net::Handler next) = 0;
    /// Bolt, for servers on either handler. Lives as long as the graph.
    [[nodiscard]] virtual std::shared_ptr<const net::OtherProtocol> Bolt() = 0;
    /// Neptune's management actions. `address` tells where the graph listens, "HOST:PORT"; empty:
    /// not yet.
    virtual void AddActions(wire::ActionTable& actions, std::function<std::string()> address) = 0;
    virtual void Stop() = 0;
};

}  // namespace gyre::graph
