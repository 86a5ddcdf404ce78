#include <algorithm>

#include "graph/exec/attach.h"
#include "graph/exec/projection.h"
#include "graph/exec/stages.h"
#include "graph/plan/describe.h"
#include "graph/plan/walk.h"

namespace gyre::graph::exec {
namespace {

using plan::Op;

bool HasBarrier(const plan::TraversalPtr& traversal) {
    return traversal && plan::HasBarrier(*traversal);
}

/// Steps that hand each traverser to children and give the children's traversers. Where a child
/// has a barrier, all traversers are handed out before any result is given; and what a child has
/// counted so far, such as a limit, it goes on with for the next traverser: both as in the
/// reference.
class Branching : public Stage {
  public:
    using Stage::Stage;
    bool Next(Traverser& traverser) final {
        while (true) {
            while (!open_.empty()) {
                if (context_.GoOn() && open_.front()->Next(traverser)) {
                    Stay(traverser);
                    return true;
                }
                open_.pop_front();
                if (!open_.empty() && !gathers_) Begin(*open_.front());
            }
            if (context_.Failed()) return false;
            if (gathers_) {
                if (!HandOut()) return false;
                continue;
            }
            if (!Take(current_)) return false;
            Open(current_, open_);
            if (!open_.empty()) Begin(*open_.front());
        }
    }
    void Reset() override { open_.clear(); }

  protected:
    /// The children that are to have `traverser`, in their order.
    virtual void Open(const Traverser& traverser, std::deque<Pipeline*>& open) = 0;
    [[nodiscard]] virtual bool Take(Traverser& traverser) { return Pull(traverser); }
    /// Whether a child begins with the traverser; false: it has a beginning of its own.
    [[nodiscard]] virtual bool Wants(const Pipeline&) const { return true; }
    bool gathers_ = false;  ///< a child has a barrier
    bool apart_ = false;    ///< each traverser has the children to itself

  private:
    void Begin(Pipeline& child) {
        if (apart_) child.Reset();
        if (Wants(child)) child.Add(current_);
    }
    bool HandOut() {
        bool any = false;
        while (Take(current_)) {
            any = true;
            std::deque<Pipeline*> chosen;
            Open(current_, chosen);
            for (Pipeline* const child : chosen) {
                if (std::ranges::find(open_, child) == open_.end()) open_.push_back(child);
                if (Wants(*child)) child->Add(current_);
            }
        }
        return any && !context_.Failed();
    }
    Traverser current_;
    std::deque<Pipeline*> open_;
};

class Union final : public Branching {
  public:
    Union(const plan::Step& step, Context& context) : Branching(step, context) {
        gathers_ = !step.start && std::ranges::any_of(step.children, HasBarrier);
        for (const auto& child : step.children) {
            children_.push_back(MakePipeline(child, context));
            const bool injects = !child->steps.empty() && child->steps[0].op == Op::kInject;
            if (step.start && injects) injecting_.push_back(children_.back().get());
        }
    }
    void Reset() override {
        Branching::Reset();
        for (const auto& child : children_) child->Reset();
        begun_ = false;
    }

  protected:
    bool Take(Traverser& traverser) override {
        if (!step_.start) return Pull(traverser);
        if (begun_) return false;
        begun_ = true;
        traverser = Traverser();
        traverser.sack = context_.query.sack.value_or(Value());
        return true;
    }
    void Open(const Traverser&, std::deque<Pipeline*>& open) override {
        for (const auto& child : children_) open.push_back(child.get());
    }
    bool Wants(const Pipeline& child) const override {
        return std::ranges::find(injecting_, &child) == injecting_.end();
    }

  private:
    std::vector<PipelinePtr> children_;
    std::vector<const Pipeline*> injecting_;  ///< of a beginning: they inject what they begin with
    bool begun_ = false;
};

/// coalesce(): the first child that has results gives them.
class Coalesce final : public FlatMapStage {
  public:
    Coalesce(const plan::Step& step, Context& context) : FlatMapStage(step, context) {
        for (const auto& child : step.children) children_.push_back(MakePipeline(child, context));
    }

  protected:
    void Open(Traverser& traverser) override {
        chosen_ = nullptr;
        for (const auto& child : children_) {
            child->Begin(traverser);
            if (!child->Next(ahead_)) continue;
            chosen_ = child.get();
            has_ahead_ = true;
            return;
        }
    }
    bool NextValue(Value& value) override {
        if (chosen_ == nullptr) return false;
        if (!has_ahead_ && !chosen_->Next(ahead_)) return false;
        has_ahead_ = false;
        value = std::move(ahead_.value);
        return true;
    }

  private:
    std::vector<PipelinePtr> children_;
    Pipeline* chosen_ = nullptr;
    Traverser ahead_;
    bool has_ahead_ = false;
};

/// choose(test, then, else), and choose or branch by what a traversal gives.
class Choose final : public Branching {
  public:
    Choose(const plan::Step& step, Context& context)
        : Branching(step, context), choice_(MakePipeline(step.children[0], context)) {
        for (const plan::Option& option : step.options) {
            options_.push_back(
                {&option,
                 option.traversal_key ? MakePipeline(option.traversal_key, context) : nullptr,
                 MakePipeline(option.traversal, context)});
        }
        gathers_ = std::ranges::any_of(
            step.options, [](const plan::Option& one) { return HasBarrier(one.traversal); });
        static const plan::Traversal kNothing{};
        unchanged_ = std::make_unique<Pipeline>(kNothing, context);
    }
    void Reset() override {
        Branching::Reset();
        for (One& one : options_) one.then->Reset();
        unchanged_->Reset();
    }

  protected:
    void Open(const Traverser& traverser, std::deque<Pipeline*>& open) override {
        if (step_.texts.empty()) {
            const bool first = step_.op == Op::kChoose && context_.query.rules.Is38();
            return first ? ByFirst(traverser, open) : ByValue(traverser, open);
        }
        // texts[0] is "test": options are then, and else if it is given
        if (choice_->Test(traverser)) {
            open.push_back(options_[0].then.get());
        } else if (options_.size() > 1) {
            open.push_back(options_[1].then.get());
        } else {
            open.push_back(unchanged_.get());
        }
    }

  private:
    struct One {
        const plan::Option* option;
        PipelinePtr key;
        PipelinePtr then;
    };
    /// Of 3.8: the first option that fits, and where none does the traverser goes by.
    void ByFirst(const Traverser& traverser, std::deque<Pipeline*>& open) {
        Value choice;
        const bool productive = choice_->First(traverser, choice);
        const auto fits = [&](One& one) {
            const Value& key = one.option->key;
            return productive && !key.IsToken(TokenKind::kPick) && Matches(one, choice, traverser);
        };
        auto found = std::ranges::find_if(options_, fits);
        if (found == options_.end()) {
            const Pick pick = productive ? Pick::kNone : Pick::kUnproductive;
            found = std::ranges::find_if(options_, [&](const One& one) {
                return one.option->key.IsToken(TokenKind::kPick, pick);
            });
        }
        open.push_back(found == options_.end() ? unchanged_.get() : found->then.get());
    }
    /// Of branch(), and of choose() before 3.8: all options that fit, else none's; and any's.
    void ByValue(const Traverser& traverser, std::deque<Pipeline*>& open) {
        Value choice;
        if (!choice_->First(traverser, choice)) {
            choice = Value(TokenKind::kPick, Pick::kUnproductive);
            const auto takes = [&](const One& one) { return SameValue(one.option->key, choice); };
            const bool taken = std::ranges::any_of(options_, takes);
            if (!taken && !context_.query.rules.Is38()) return NoChoice(traverser);
        }
        const auto add = [&](const Value& pick) {
            for (One& one : options_) {
                if (SameValue(one.option->key, pick)) open.push_back(one.then.get());
            }
        };
        static const Value kAny(TokenKind::kPick, Pick::kAny), kNone(TokenKind::kPick, Pick::kNone);
        const bool pick = choice.IsToken(TokenKind::kPick);
        if (pick) add(choice);
        for (One& one : options_) {
            if (pick || one.option->key.IsToken(TokenKind::kPick)) continue;
            if (Matches(one, choice, traverser)) open.push_back(one.then.get());
        }
        if (open.empty()) add(kNone);
        if (!SameValue(choice, kAny)) add(kAny);
    }
    void NoChoice(const Traverser& traverser) {
        if (context_.Failed()) return;
        context_.Fail("InvalidParameterException",
                      "The provided traverser does not map to a value: " +
                          ShownText(context_.graph, traverser.value) + "[" +
                          std::string(TypeName(traverser.value)) + "]->" +
                          plan::TraversalText(*step_.children[0]));
    }
    bool Matches(One& one, const Value& choice, const Traverser& traverser) {
        if (one.key) {
            Traverser on_choice = traverser;
            on_choice.value = choice;
            return one.key->Test(on_choice);
        }
        const Value& key = one.option->key;
        if (const auto* predicate = key.If<Ptr<Predicate>>()) return (*predicate)->Test(choice);
        return EqualTo(key)->Test(choice);
    }

    PipelinePtr choice_;
    std::vector<One> options_;
    std::unique_ptr<Pipeline> unchanged_;
};

/// optional(): the child's traversers, or the traverser itself where it has none.
class Optional final : public Stage {
  public:
    Optional(const plan::Step& step, Context& context)
        : Stage(step, context), child_(MakePipeline(step.children[0], context)) {}
    bool Next(Traverser& traverser) override {
        while (true) {
            if (open_ && child_->Next(traverser)) {
                Stay(traverser);
                return true;
            }
            open_ = false;
            if (!Pull(traverser)) return false;
            child_->Reset();
            child_->Add(traverser);
            Traverser first;
            if (child_->Next(first)) {
                traverser = std::move(first);
                open_ = true;
            }
            Stay(traverser);
            return true;
        }
    }
    void Reset() override { open_ = false; }

  private:
    PipelinePtr child_;
    bool open_ = false;
};

/// local(): each traverser has the child to itself; since 3.8 each of many that are one, too.
class Local final : public Branching {
  public:
    Local(const plan::Step& step, Context& context)
        : Branching(step, context), child_(MakePipeline(step.children[0], context)) {
        apart_ = true;
    }
    void Reset() override {
        Branching::Reset();
        left_ = 0;
    }

  protected:
    bool Take(Traverser& traverser) override {
        if (!context_.query.rules.Is38()) return Pull(traverser);
        if (left_ == 0) {
            if (!Pull(many_)) return false;
            left_ = many_.bulk;
            many_.bulk = 1;
        }
        --left_;
        traverser = many_;
        return true;
    }
    void Open(const Traverser&, std::deque<Pipeline*>& open) override {
        open.push_back(child_.get());
    }

  private:
    PipelinePtr child_;
    Traverser many_;
    int64_t left_ = 0;  ///< of them
};

}  // namespace

StagePtr MakeBranch(const plan::Step& step, Context& context) {
    switch (step.op) {
        case Op::kUnion:
            return std::make_unique<Union>(step, context);
        case Op::kCoalesce:
            return std::make_unique<Coalesce>(step, context);
        case Op::kOptional:
            return std::make_unique<Optional>(step, context);
        case Op::kLocal:
            return std::make_unique<Local>(step, context);
        default:
            return std::make_unique<Choose>(step, context);
    }
}

}  // namespace gyre::graph::exec
