#pragma once

#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "graph/exec/attach.h"
#include "graph/exec/context.h"
#include "graph/exec/traverser.h"
#include "graph/plan/step.h"

namespace gyre::graph::exec {

/// A step at work: it pulls traversers from the stage before it and gives its own one at a time, so
/// that what nobody asks for is not computed. For one thread.
class Stage {
  public:
    Stage(const plan::Step& step, Context& context) : step_(step), context_(context) {}
    virtual ~Stage() = default;
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;

    /// False when there is no more for now: one in a repeat or a child may get more input later.
    [[nodiscard]] virtual bool Next(Traverser& traverser) = 0;
    /// Forgets what is under way, before a child begins anew.
    virtual void Reset() {}
    virtual void SetInput(Stage* input) { input_ = input; }
    /// It is a step of a filter's child: what it cannot tell, the filter cannot.
    virtual void UnderFilter() {}

    /// In place of Next, for one who gathers all: a scan of the vertices that it would give, in the
    /// same order, or of the edges, each once and without a past. Null where it has none; then
    /// there is Next.
    [[nodiscard]] virtual BatchScan* OpenScan() { return nullptr; }
    /// Likewise the values that those have under a key.
    struct ValueScan {
        BatchScan* scan = nullptr;  ///< null: it has none
        NameId key = 0;
    };
    [[nodiscard]] virtual ValueScan OpenValues() { return {}; }

  protected:
    [[nodiscard]] bool Pull(Traverser& traverser) {
        return context_.GoOn() && input_->Next(traverser);
    }
    /// Moves the traverser on to a value, and along its path.
    void MoveTo(Traverser& traverser, Value value) const {
        context_.Look(value);
        if (context_.paths) {
            traverser.path = Extend(std::move(traverser.path), value, step_.as);
            if (traverser.path->length > kMaxPath) context_.TooLong();
        }
        traverser.value = std::move(value);
    }
    /// It stays where it is, which gets this step's labels.
    void Stay(Traverser& traverser) const {
        if (context_.paths && !step_.as.empty()) {
            traverser.path = Labelled(traverser.path, step_.as);
        }
    }
    /// A traverser without a past: a reduction's result.
    [[nodiscard]] Traverser Fresh(Value value) const {
        Traverser traverser;
        traverser.sack = context_.query.sack.value_or(Value());
        MoveTo(traverser, std::move(value));
        return traverser;
    }

    const plan::Step& step_;
    Context& context_;
    Stage* input_ = nullptr;
};
using StagePtr = std::unique_ptr<Stage>;

/// One value for one, or none.
class MapStage : public Stage {
  public:
    using Stage::Stage;
    bool Next(Traverser& traverser) final {
        Value value;
        while (Pull(traverser)) {
            if (!Map(traverser, value)) continue;
            MoveTo(traverser, std::move(value));
            return true;
        }
        return false;
    }

  protected:
    [[nodiscard]] virtual bool Map(const Traverser& traverser, Value& value) = 0;
};

class FilterStage : public Stage {
  public:
    using Stage::Stage;
    bool Next(Traverser& traverser) final {
        while (Pull(traverser)) {
            if (!Keeps(traverser)) {
                if (!context_.unknown) continue;
                if (under_filter_) return false;
                context_.unknown = false;
                continue;
            }
            Stay(traverser);
            return true;
        }
        return false;
    }
    /// Since 3.8 what cannot be told is false.
    void UnderFilter() override { under_filter_ = !context_.query.rules.Is38(); }

  protected:
    [[nodiscard]] virtual bool Keeps(const Traverser& traverser) = 0;
    /// Whether the predicate holds; notes where that is unknown, and matters.
    [[nodiscard]] bool Holds(const Predicate& predicate, const Value& value) {
        return exec::Holds(context_, predicate, value, under_filter_);
    }

  private:
    bool under_filter_ = false;
};

/// Any number of values for one.
class FlatMapStage : public Stage {
  public:
    using Stage::Stage;
    bool Next(Traverser& traverser) final {
        Value value;
        while (true) {
            if (open_ && context_.GoOn() && NextValue(value)) {
                traverser = current_;
                MoveTo(traverser, std::move(value));
                return true;
            }
            open_ = Pull(current_);
            if (!open_) return false;
            Open(current_);
        }
    }
    void Reset() override { open_ = false; }

  protected:
    virtual void Open(Traverser& traverser) = 0;
    [[nodiscard]] virtual bool NextValue(Value& value) = 0;

  private:
    Traverser current_;
    bool open_ = false;
};

/// Takes in all that there is, then gives.
class BarrierStage : public Stage {
  public:
    using Stage::Stage;
    bool Next(Traverser& traverser) final {
        while (true) {
            if (!given_.empty()) {
                traverser = std::move(given_.front());
                given_.pop_front();
                return true;
            }
            if (!Gather(given_) || given_.empty()) return false;
        }
    }
    void Reset() override {
        given_.clear();
        done_ = false;
    }

  protected:
    /// Puts what it gives to `into`; false when it has nothing more to say.
    [[nodiscard]] virtual bool Gather(std::deque<Traverser>& into) = 0;
    /// For those that give once, however little came: true the first time after a Reset.
    [[nodiscard]] bool First() { return !std::exchange(done_, true); }

  private:
    std::deque<Traverser> given_;
    bool done_ = false;
};

/// The stages of a traversal, after a stage that gives what was added.
class Pipeline {
  public:
    Pipeline(const plan::Traversal& traversal, Context& context);
    ~Pipeline();
    void Add(Traverser traverser);
    void UnderFilter() {
        for (const StagePtr& stage : stages_) stage->UnderFilter();
    }
    [[nodiscard]] bool Next(Traverser& traverser) { return last_->Next(traverser); }
    void Reset();

    /// As a child of another step, from its beginning, on one traverser.
    void Begin(const Traverser& traverser) {
        Reset();
        Traverser one = traverser;
        one.bulk = 1;
        Add(std::move(one));
    }
    /// Whether the traversal has any result for it.
    [[nodiscard]] bool Test(const Traverser& traverser) {
        Begin(traverser);
        Traverser ignored;
        return Next(ignored);
    }
    /// The first result; false when there is none.
    [[nodiscard]] bool First(const Traverser& traverser, Value& value) {
        Begin(traverser);
        Traverser result;
        if (!Next(result)) return false;
        value = std::move(result.value);
        return true;
    }

  private:
    class Start;
    std::unique_ptr<Start> start_;
    std::vector<StagePtr> stages_;
    Stage* last_;
};
using PipelinePtr = std::unique_ptr<Pipeline>;
[[nodiscard]] PipelinePtr MakePipeline(const plan::TraversalPtr& traversal, Context& context);

}  // namespace gyre::graph::exec
