#pragma once

#include <compare>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "core/guarded.h"
#include "graph/storage/kv_store.h"
#include "graph/storage/row.h"
#include "graph/storage/word_set.h"

namespace gyre::graph {

/// What has properties, as keys of the store have it.
enum class ElementKind : char { kVertex = 'v', kEdge = 'e' };

/// A property that all vertices, or all edges, may have.
struct IndexedProperty {
    ElementKind of{};
    NameId key = 0;
    auto operator<=>(const IndexedProperty&) const = default;
};

/// Which properties are indexed. One is when some query has looked through many elements for few
/// that have a value under it: first it is kept up by every write ("building"), then the elements
/// that were there are gone through in small transactions, then it is "ready" and answers.
/// Thread-safe.
class PropertyIndex {
  public:
    [[nodiscard]] core::Status Load(KvTransaction& store);
    /// Whether writes have to keep it up. What says so is never taken back.
    [[nodiscard]] bool Kept(IndexedProperty property) const;
    [[nodiscard]] bool AnyOf(ElementKind kind) const;
    /// False when it is kept already.
    [[nodiscard]] bool Keep(IndexedProperty property);
    /// All that are kept and not known to be ready: after a restart they are built on.
    [[nodiscard]] std::set<IndexedProperty> Unready() const;
    void SetReady(IndexedProperty property);

  private:
    struct State {
        std::set<IndexedProperty> kept, ready;
    };
    core::Guarded<State> state_;
};

/// Values that stand together in an index: the bytes of theirs that are not before `low`, and are
/// before `high`.
struct ValueRange {
    std::string low, high;
    /// What is in both, and what is in one of them or between them.
    [[nodiscard]] ValueRange And(const ValueRange& other) const;
    [[nodiscard]] ValueRange Around(const ValueRange& other) const;
};

/// The bytes of a value in an index. Values that some language takes for equal have the same, and
/// of those that are in an order the lesser has not the greater bytes: whoever asks an index gets
/// all that he asks for, and perhaps more. Nullopt for one that is in no order with others.
[[nodiscard]] std::optional<std::string> IndexBytes(const Value& value);
/// Passes the bytes of a value; false for damaged ones.
[[nodiscard]] bool PassIndexBytes(std::string_view& bytes);
/// Where the values are that compare so with a constant; nullopt where no range has them.
[[nodiscard]] std::optional<ValueRange> ValuesThat(Comparison comparison, const Value& constant);

}  // namespace gyre::graph
