#pragma once

#include <optional>
#include <set>
#include <string>

#include "core/guarded.h"
#include "graph/storage/kv_store.h"
#include "graph/storage/row.h"

namespace gyre::graph {

/// Which property keys of vertices are indexed. A key is indexed when some query has looked through
/// many vertices for a value under it: first it is kept up by every write ("building"), then the
/// vertices that were there are gone through in small transactions, then it is "ready" and answers.
/// Thread-safe.
class PropertyIndex {
  public:
    [[nodiscard]] core::Status Load(KvTransaction& store);
    /// Whether writes have to keep it up. What says so is never taken back.
    [[nodiscard]] bool Kept(NameId key) const;
    [[nodiscard]] bool Any() const { return !state_.Lock()->kept.empty(); }
    /// False when it is kept already.
    [[nodiscard]] bool Keep(NameId key);
    /// All that are kept and not known to be ready: after a restart they are built on.
    [[nodiscard]] std::set<NameId> Unready() const;
    void SetReady(NameId key);

  private:
    struct State {
        std::set<NameId> kept, ready;
    };
    core::Guarded<State> state_;
};

/// The beginning of an index's keys for a value, before the vertex; nullopt for one that is not
/// indexed: too long, or of a type with an equality of its own. Numbers that are equal have the
/// same.
[[nodiscard]] std::optional<std::string> IndexPrefix(NameId key, const Value& value);

}  // namespace gyre::graph
