#pragma once

#include <span>

#include "graph/exec/stage.h"
#include "graph/number.h"

/// The stages of each kind of step; each file makes those of its own subject.
namespace gyre::graph::exec {

[[nodiscard]] StagePtr MakeSource(const plan::Step& step, Context& context);
[[nodiscard]] StagePtr MakeHop(const plan::Step& step, Context& context);
/// One stage for the first three steps, where they only count all walks of two edges; else null.
[[nodiscard]] StagePtr MakeTwoHopCount(std::span<const plan::Step> steps, Context& context);
[[nodiscard]] StagePtr MakeRead(const plan::Step& step, Context& context);
[[nodiscard]] StagePtr MakeFilter(const plan::Step& step, Context& context);
[[nodiscard]] StagePtr MakeHas(const plan::Step& step, Context& context);
[[nodiscard]] StagePtr MakeRange(const plan::Step& step, Context& context);
[[nodiscard]] StagePtr MakeReduction(const plan::Step& step, Context& context);
[[nodiscard]] StagePtr MakeGroup(const plan::Step& step, Context& context);
[[nodiscard]] StagePtr MakeOrder(const plan::Step& step, Context& context);
[[nodiscard]] StagePtr MakeSelection(const plan::Step& step, Context& context);
[[nodiscard]] StagePtr MakeWhere(const plan::Step& step, Context& context);
[[nodiscard]] StagePtr MakeMap(const plan::Step& step, Context& context);
[[nodiscard]] StagePtr MakeBranch(const plan::Step& step, Context& context);
[[nodiscard]] StagePtr MakeRepeat(const plan::Step& step, Context& context);
[[nodiscard]] StagePtr MakeSideEffect(const plan::Step& step, Context& context);
[[nodiscard]] StagePtr MakeMutation(const plan::Step& step, Context& context);
[[nodiscard]] StagePtr MakeFile(const plan::Step& step, Context& context);
[[nodiscard]] StagePtr MakeMerge(const plan::Step& step, Context& context);
[[nodiscard]] StagePtr MakeFunction(const plan::Step& step, Context& context);
[[nodiscard]] StagePtr MakeMath(const plan::Step& step, Context& context);
[[nodiscard]] StagePtr MakeMatch(const plan::Step& step, Context& context);
[[nodiscard]] StagePtr MakeCall(const plan::Step& step, Context& context);
[[nodiscard]] StagePtr MakeRank(const plan::Step& step, Context& context);
[[nodiscard]] StagePtr MakeLambda(const plan::Step& step, Context& context);
[[nodiscard]] StagePtr MakeProfile(const plan::Step& step, Context& context);
[[nodiscard]] StagePtr MakeShortestPath(const plan::Step& step, Context& context);

/// Whether an element passes all tests of a has step.
class Tests {
  public:
    Tests(const std::vector<plan::Test>& tests, Context& context);
    [[nodiscard]] bool Pass(const Traverser& traverser);
    /// From now on what cannot be told is noted as unknown.
    void NoteUnknown() { notes_ = true; }

  private:
    struct One {
        const plan::Test* test;
        PipelinePtr pipeline;
    };
    [[nodiscard]] bool Passes(One& one, const Traverser& traverser);
    [[nodiscard]] bool Holds(const plan::Test& test, const Value& value) {
        return exec::Holds(context_, *test.predicate, value, notes_);
    }
    Context& context_;
    bool notes_ = false;
    std::vector<One> tests_;
};

/// A binary operator of sack() and fold(). Errors: kInvalidArgument for values that it is not for.
[[nodiscard]] core::Result<Value> Reduce(Operator op, const Value& a, const Value& b,
                                         Overflow overflow = Overflow::kWiden);

/// The items of what unfold() and local steps look into; false for a value that is no collection.
bool ItemsOf(const Value& value, Values& items);

}  // namespace gyre::graph::exec
