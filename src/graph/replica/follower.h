#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "core/cancel.h"
#include "core/clock.h"
#include "core/guarded.h"
#include "core/json.h"
#include "graph/graphs.h"
#include "graph/replica/original.h"

namespace gyre::graph::replica {

/// How far a copy has come; kept in its own store, in the commit that brings it there.
struct FollowState {
    std::string url, epoch;
    uint64_t commit = 0;
};
[[nodiscard]] std::optional<FollowState> ReadFollowState(Transaction& graph);
void WriteFollowState(KvTransaction& tables, const FollowState& state);

/// Keeps one graph a copy of its original: copies a snapshot where it has nothing to go on from,
/// and then does what the original's commits have done, as they come. One thread of its own from
/// construction on; Stop() may be called twice, the destructor stops.
class Follower {
  public:
    struct Options {
        Graphs& graphs;
        GraphSettings settings;  ///< of the copy
        std::unique_ptr<Original> original;
        const core::Clock& clock;
        core::milliseconds bound{0};   ///< as GraphStore::Follow's
        core::milliseconds pause{50};  ///< between two looks that bring nothing
    };
    explicit Follower(Options options);
    ~Follower();
    Follower(const Follower&) = delete;
    Follower& operator=(const Follower&) = delete;
    void Stop();

    /// {"of", "state", "commit", "lagMilliseconds"…}, as /status shows it.
    [[nodiscard]] core::Json Status() const;
    [[nodiscard]] const std::string& Name() const { return options_.settings.name; }

  private:
    struct Shown {
        std::string state = "CONNECTING";  ///< then COPYING, FOLLOWING, DISCONNECTED
        std::string why;
        uint64_t commit = 0, original_commit = 0;
    };
    void Run();
    /// One look at the original; false where it brought nothing.
    [[nodiscard]] core::Result<bool> Step();
    [[nodiscard]] core::Status Copy();
    [[nodiscard]] core::Status Download(const Original::Snapshot& snapshot,
                                        const std::filesystem::path& folder);
    [[nodiscard]] core::Status ApplyFeed(GraphStore& store, const ChangeFeed& feed,
                                         FollowState state);
    void Show(const std::string& state, const std::string& why = "");

    const Options options_;
    core::CancelToken stop_;
    core::Guarded<Shown> shown_;
    std::jthread thread_;
};

}  // namespace gyre::graph::replica
