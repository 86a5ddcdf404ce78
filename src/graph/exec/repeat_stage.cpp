#include <cstdint>

#include "graph/exec/stages.h"
#include "graph/plan/walk.h"

namespace gyre::graph::exec {
namespace {

/// repeat(): what comes out of the body goes in again, until it is to stop; level by level, as the
/// body's input is first in, first out. until() and emit() before repeat() are asked before the
/// body, those after it behind it (TinkerPop's RepeatStep).
class Repeat final : public Stage {
  public:
    Repeat(const plan::Step& step, Context& context)
        : Stage(step, context), body_(MakePipeline(step.children[0], context)) {
        const auto& body = step.children[0]->steps;
        if (context.query.rules.Is38()) {
            if (plan::HasBarrier(*step.children[0])) most_ = INT64_MAX;
        } else if (!body.empty() && body.back().op == plan::Op::kBarrier) {
            most_ = body.back().high < 0 ? INT64_MAX : body.back().high;
        }
        if (step.until) until_ = MakePipeline(step.until, context);
        if (step.emit) emit_ = MakePipeline(step.emit, context);
    }

    bool Next(Traverser& traverser) override {
        while (context_.GoOn()) {
            if (!out_.empty()) {
                traverser = std::move(out_.front());
                out_.pop_front();
                traverser.loops.pop_back();
                Stay(traverser);
                return true;
            }
            if (body_->Next(traverser)) {
                if (traverser.loops.empty()) return Refuse();
                ++traverser.loops.back().count;
                After(std::move(traverser));
            } else if (!again_.empty()) {
                traverser = std::move(again_.front());
                again_.pop_front();
                Before(std::move(traverser));
            } else if (!TakeMore(traverser)) {
                return false;
            }
        }
        return false;
    }
    void Reset() override {
        body_->Reset();
        out_.clear();
        again_.clear();
    }

  private:
    /// What begins anew inside it has not come by any loop.
    bool Refuse() {
        context_.Fail("InvalidParameterException",
                      "The parent of inject()-step can not be repeat()-step, nor that of another "
                      "step whose results begin anew");
        return false;
    }
    bool TakeMore(Traverser& traverser) {
        int64_t taken = 0;
        while (taken < most_ && Pull(traverser)) {
            ++taken;
            traverser.loops.push_back({step_.texts.empty() ? "" : step_.texts[0], 0});
            Before(std::move(traverser));
        }
        return taken > 0;
    }
    void Before(Traverser traverser) {
        if (step_.until_first && Done(traverser)) {
            out_.push_back(std::move(traverser));
            return;
        }
        const bool emits = step_.emit_first && Emits(traverser);
        if (emits) out_.push_back(traverser);
        body_->Add(std::move(traverser));
    }
    void After(Traverser traverser) {
        if (!step_.until_first && Done(traverser)) {
            out_.push_back(std::move(traverser));
            return;
        }
        const bool emits = !step_.emit_first && Emits(traverser);
        if (emits) out_.push_back(traverser);
        if (step_.until_first || step_.emit_first) {
            again_.push_back(std::move(traverser));
        } else {
            body_->Add(std::move(traverser));
        }
    }
    bool Done(const Traverser& traverser) {
        if (step_.times) return traverser.loops.back().count >= *step_.times;
        return until_ && until_->Test(traverser);
    }
    bool Emits(const Traverser& traverser) {
        return step_.emit_all || (emit_ && emit_->Test(traverser));
    }

    PipelinePtr body_, until_, emit_;
    /// How many begin at once: where the body ends with a barrier, many, so that it can merge what
    /// meets; since 3.8 all where it has any barrier, which then sees all of them.
    int64_t most_ = 1;
    std::deque<Traverser> out_, again_;
};

}  // namespace

StagePtr MakeRepeat(const plan::Step& step, Context& context) {
    return std::make_unique<Repeat>(step, context);
}

}  // namespace gyre::graph::exec
