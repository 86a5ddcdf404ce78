#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/guarded.h"
#include "core/result.h"
#include "graph/backup/snapshot_folder.h"
#include "graph/graphs.h"
#include "net/http_message.h"

namespace gyre::graph::door {

/// /graphs, the graphs of a server: GET lists them; PUT
/// /graphs/NAME?mode=&default_graph=&streams=&gremlin=&null_properties= makes one, which begins
/// with the GraphSON of the body (?replace=true: also where it is there); DELETE removes one. Below
/// it what replicas ask: GET …/changes?after=&limit=, POST …/snapshots, and GET and DELETE
/// …/snapshots/ID. Thread-safe.
class GraphsPage {
  public:
    /// `files`: the folder where io() finds the files of which graphs were made; may be empty.
    /// `gremlin`: of graphs that are made without a word of it.
    GraphsPage(Graphs& graphs, const core::Clock& clock, core::milliseconds timeout,
               std::filesystem::path files, GremlinVersion gremlin)
        : graphs_(graphs),
          clock_(clock),
          timeout_(timeout),
          files_(std::move(files)),
          gremlin_(gremlin) {}
    [[nodiscard]] core::Result<net::Response> Serve(const net::RequestHead& head,
                                                    const std::string& body);
    /// The IAM action that a request needs.
    [[nodiscard]] static std::string_view ActionOf(const net::RequestHead& head);

  private:
    using Members = std::map<std::string, std::string>;
    struct Copy {
        std::shared_ptr<backup::SnapshotFolder> snapshot;
        core::SteadyTime used{};
    };
    [[nodiscard]] net::Response List() const;
    [[nodiscard]] core::Result<net::Response> Put(const std::string& name, const Members& members,
                                                  const std::string& body);
    [[nodiscard]] core::Result<net::Response> Changes(const std::string& name,
                                                      const Members& members) const;
    [[nodiscard]] core::Result<net::Response> MakeSnapshot(const std::string& name);
    [[nodiscard]] core::Result<net::Response> ReadSnapshot(const std::string& id,
                                                           const Members& members);

    Graphs& graphs_;
    const core::Clock& clock_;
    const core::milliseconds timeout_;
    const std::filesystem::path files_;
    const GremlinVersion gremlin_;
    core::Guarded<std::map<std::string, Copy>> copies_;
};

}  // namespace gyre::graph::door
