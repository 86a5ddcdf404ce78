#pragma once

#include <chrono>
#include <deque>
#include <string>
#include <vector>

#include "core/clock.h"
#include "graph/exec/stage.h"

namespace gyre::graph::exec {

/// Measures the stages of a running query: what each gave, and how long it worked without the
/// stages that it pulled from. For one thread.
class Profile {
  public:
    explicit Profile(const core::Clock& clock) : clock_(clock) {}

    struct Measured {
        std::string name;
        int64_t traversers = 0, elements = 0;
        std::chrono::nanoseconds worked{0};
        std::vector<Measured*> nested;  ///< of its children's pipelines
    };
    /// Of a stage that is being made; those made meanwhile are nested in it.
    [[nodiscard]] Measured* Begin(std::string name);
    void End() { open_.pop_back(); }

    /// The clock runs for `measured` until Leave gives it back to whom it had run for.
    Measured* Enter(Measured* measured);
    void Leave(Measured* before) { Enter(before); }

    /// Of what has been done so far.
    [[nodiscard]] TraversalMetrics Result() const;

  private:
    const core::Clock& clock_;
    std::deque<Measured> all_;
    std::vector<Measured*> root_;
    std::vector<Measured*> open_;
    Measured* running_ = nullptr;
    core::SteadyTime since_{};
};

/// The stage with its measurements.
[[nodiscard]] StagePtr Measure(StagePtr stage, Context& context, Profile::Measured* measured);

}  // namespace gyre::graph::exec
