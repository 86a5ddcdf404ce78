#pragma once

#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "graph/storage/kv_store.h"
#include "graph/storage/row.h"

namespace gyre::graph {

/// The store's labels and property keys, each with a number: rows and keys hold the numbers. All in
/// memory, as there are few. A number is never taken back, so what a reader has seen stays true.
/// Thread-safe; new names are for the one writer.
class Names {
  public:
    /// Reads those of the store.
    [[nodiscard]] core::Status Load(KvTransaction& store);
    [[nodiscard]] std::optional<NameId> Find(std::string_view name) const;
    /// Of a known number; "?" for one that a damaged row invents.
    [[nodiscard]] std::string_view Text(NameId id) const;
    /// Its number, a new one when it is new; `store` keeps it when it commits.
    [[nodiscard]] NameId Intern(std::string_view name, KvTransaction& store);
    /// The writer's transaction has committed, or has not: then its new names are written again.
    void Settle(bool committed);
    [[nodiscard]] size_t Size() const;

  private:
    mutable std::mutex mutex_;
    std::deque<std::string> texts_;  ///< elements stay where they are
    std::unordered_map<std::string_view, NameId> ids_;
    std::unordered_map<NameId, bool> unsaved_;  ///< by number; whether this transaction wrote it
};

}  // namespace gyre::graph
