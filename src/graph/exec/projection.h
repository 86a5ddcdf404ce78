#pragma once

#include <memory>
#include <vector>

#include "graph/exec/stage.h"

namespace gyre::graph::exec {

/// A step's by() modulators at work, taken in turn.
class Projections {
  public:
    Projections(const std::vector<plan::By>& by, Context& context);
    /// What the one whose turn it is sees of `traverser`; false when it sees nothing, and then the
    /// traverser is filtered out.
    [[nodiscard]] bool Next(const Traverser& traverser, Value& value);
    /// What the one at `index` (counted round) sees.
    [[nodiscard]] bool At(size_t index, const Traverser& traverser, Value& value);
    void Restart() { turn_ = 0; }
    [[nodiscard]] size_t Size() const { return by_.size(); }

  private:
    struct One {
        const plan::By* by;
        PipelinePtr pipeline;
    };
    Context& context_;
    std::vector<One> by_;
    size_t turn_ = 0;
};

/// by(key) of a vertex that has several values under it.
void FailOfSeveral(Context& context, const std::string& key);

/// A name as steps see it: a key of a map, a side effect, or a label on the path.
[[nodiscard]] bool FindScoped(const Context& context, const Traverser& traverser,
                              const std::string& name, Pop pop, Value& value);
/// Likewise the last; the query fails where there is none.
[[nodiscard]] bool FindSafely(Context& context, const Traverser& traverser, const std::string& name,
                              Value& value);

}  // namespace gyre::graph::exec
