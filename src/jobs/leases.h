#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "core/clock.h"
#include "core/guarded.h"
#include "core/result.h"
#include "db/database.h"

namespace gyre::jobs {

/// Which of several servers over one database drives a resource (docs/formats/leases.md). Each
/// server beats: it counts a number of its own up. One whose number has stood still for `lifetime`,
/// by the clock of who looks, is dead: its leases are free, and if it lives after all it finds so
/// at its next beat and begins anew. A server that cannot beat stops counting on its leases well
/// before the others stop waiting, so no two clocks need agree on more than a second's length.
///
/// Life cycle: open, Start(); Stop() gives all leases back and may be called twice; the destructor
/// stops. Thread-safe.
class Leases {
  public:
    struct Options {
        std::string folder;   ///< the data folder's id: what an earlier run over it held is free
        std::string address;  ///< for people who read the table
        std::string objects;  ///< where objects are, for they must be at one place for all servers
        core::milliseconds lifetime{10'000};
    };
    /// `gone`: servers that are found dead or left; none when what this one holds has changed.
    using Listener = std::function<void(const std::vector<std::string>& gone)>;

    /// `database` and `clock` outlive it. Errors: kFailedPrecondition when a server that lives has
    /// its objects elsewhere.
    [[nodiscard]] static core::Result<std::unique_ptr<Leases>> Open(db::Database& database,
                                                                    const core::Clock& clock,
                                                                    Options options);
    ~Leases();
    Leases(const Leases&) = delete;
    Leases& operator=(const Leases&) = delete;

    /// True while this server drives it; it takes what nobody has. Errors: of the database.
    [[nodiscard]] core::Result<bool> Hold(const catalog::Kind& kind, const std::string& name);
    /// Whether it was held at the last look; asks nobody.
    [[nodiscard]] bool Holds(const catalog::Kind& kind, const std::string& name) const;
    /// The same within a transaction, for certain.
    [[nodiscard]] core::Result<bool> Holds(db::Transaction& transaction, const catalog::Kind& kind,
                                           const std::string& name) const;
    void Release(const catalog::Kind& kind, const std::string& name);

    [[nodiscard]] const std::string& Id() const { return id_; }
    /// The ids of the servers that lived at the last beat, this one's among them.
    [[nodiscard]] std::set<std::string> Living() const;
    /// Calls `listener` when leases may be had, or were lost, from a thread of this object's, until
    /// the returned handle goes.
    [[nodiscard]] std::shared_ptr<void> Watch(Listener listener);

    void Start();
    void Stop();
    /// What the thread does now and then; for tests.
    void Beat();

  private:
    using Key = std::pair<catalog::Kind, std::string>;
    struct Seen {
        int64_t beat = -1;
        core::SteadyTime since{};  ///< when it was first seen so
    };
    struct State {
        std::set<Key> held;
        std::map<std::string, Seen> others;
        core::SteadyTime beaten{};  ///< when the last beat that arrived was begun
        bool fresh = false;         ///< what was told last
        bool kicked = false;
        bool stopped = false;
    };
    struct Watcher {
        std::mutex calling;
        Listener listener;
    };

    Leases(db::Database& database, const core::Clock& clock, Options options);
    [[nodiscard]] core::Status Register();
    [[nodiscard]] core::Status CheckObjects();
    /// Of the last beat, at a moment.
    [[nodiscard]] bool Fresh(const State& state) const;
    void Tell(const std::vector<std::string>& gone);

    db::Database& database_;
    const core::Clock& clock_;
    const Options options_;
    const std::string id_;
    core::Guarded<State> state_;
    core::Guarded<std::vector<std::weak_ptr<Watcher>>> watchers_;
    std::shared_ptr<void> listening_;
    std::thread thread_;
};

}  // namespace gyre::jobs
