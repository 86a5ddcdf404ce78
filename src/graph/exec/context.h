#pragma once

#include <map>
#include <optional>
#include <random>
#include <string>

#include "core/cancel.h"
#include "core/clock.h"
#include "core/result.h"
#include "graph/plan/step.h"
#include "graph/storage/graph_store.h"

namespace gyre::graph::exec {

struct Limits {
    std::optional<core::SteadyTime> deadline;
    uint64_t max_held = 20'000'000;  ///< traversers and values that a query may gather at once
};

/// What the stages of one running query share. A failure is noted here and stops them all: a stage
/// that sees Failed() says that it has no more.
class Context {
  public:
    Context(Transaction& graph, const plan::Query& query, const core::Clock& clock,
            core::CancelToken cancel, Limits limits);

    Transaction& graph;
    const plan::Query& query;
    const bool paths;  ///< whether traversers note where they have been
    std::map<std::string, Value, std::less<>> side_effects;
    std::mt19937_64 random;

    [[nodiscard]] bool Failed() const { return failed_; }
    /// Keeps the first.
    void Fail(core::Error error);
    void Fail(std::string name, std::string message);
    [[nodiscard]] const core::Error& Failure() const { return error_; }

    /// Called at each step of work; false when the query is to stop. Looks at the clock now and
    /// then.
    [[nodiscard]] bool GoOn() {
        if (failed_) return false;
        return (++steps_ & 0xFF) != 0 || LookUp();
    }
    /// One more value is gathered, not just passed on.
    void Hold() {
        if (++held_ > limits_.max_held) TooMuch();
    }

    /// A path has grown over its limit.
    void TooLong();
    /// That many are passed on again.
    void Release(uint64_t count) { held_ -= count; }

  private:
    bool LookUp();
    void TooMuch();

    const core::Clock& clock_;
    const core::CancelToken cancel_;
    const Limits limits_;
    uint64_t steps_ = 0;
    uint64_t held_ = 0;
    bool failed_ = false;
    core::Error error_;
};

}  // namespace gyre::graph::exec
