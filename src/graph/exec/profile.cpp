#include "graph/exec/profile.h"

#include "graph/exec/stages.h"

namespace gyre::graph::exec {
namespace {

const plan::Step& NoStep() {
    static const plan::Step step{};
    return step;
}

class MeasuredStage final : public Stage {
  public:
    MeasuredStage(StagePtr stage, Context& context, Profile::Measured* measured)
        : Stage(NoStep(), context), stage_(std::move(stage)), measured_(measured) {}

    bool Next(Traverser& traverser) override {
        Profile::Measured* const before = context_.profile->Enter(measured_);
        const bool gives = stage_->Next(traverser);
        if (gives) {
            ++measured_->traversers;
            measured_->elements += traverser.bulk;
        }
        context_.profile->Leave(before);
        return gives;
    }
    void Reset() override { stage_->Reset(); }
    void SetInput(Stage* input) override { stage_->SetInput(input); }
    void UnderFilter() override { stage_->UnderFilter(); }

  private:
    StagePtr stage_;
    Profile::Measured* const measured_;
};

/// profile(): all that comes is taken in, and what it took is told.
class ProfileStage final : public BarrierStage {
  public:
    using BarrierStage::BarrierStage;

  protected:
    bool Gather(std::deque<Traverser>& into) override {
        if (!First()) return false;
        Traverser traverser;
        while (Pull(traverser)) {
            if (!step_.texts.empty()) {
                context_.Hold();
                into.push_back(std::move(traverser));
            }
        }
        if (context_.Failed()) return false;
        Value metrics(std::make_shared<TraversalMetrics>(
            context_.profile != nullptr ? context_.profile->Result() : TraversalMetrics()));
        if (step_.texts.empty()) {
            into.push_back(Fresh(std::move(metrics)));
        } else {
            context_.side_effects[step_.texts[0]] = std::move(metrics);
        }
        return true;
    }
};

Metrics ToMetrics(const Profile::Measured& measured, const std::string& id,
                  std::chrono::nanoseconds all) {
    Metrics metrics;
    metrics.id = id;
    metrics.name = measured.name;
    metrics.nanos = measured.worked.count();
    if (measured.elements > 0) {
        metrics.counts = {{"traverserCount", measured.traversers},
                          {"elementCount", measured.elements}};
    }
    const double share = all.count() > 0 ? static_cast<double>(measured.worked.count()) * 100 /
                                               static_cast<double>(all.count())
                                         : 0;
    metrics.annotations = {{"percentDur", Value(share)}};
    for (size_t i = 0; i < measured.nested.size(); ++i) {
        metrics.nested.push_back(ToMetrics(*measured.nested[i], std::to_string(i) + "." + id, all));
    }
    return metrics;
}

}  // namespace

Profile::Measured* Profile::Begin(std::string name) {
    Measured* const measured = &all_.emplace_back();
    measured->name = std::move(name);
    (open_.empty() ? root_ : open_.back()->nested).push_back(measured);
    open_.push_back(measured);
    return measured;
}

Profile::Measured* Profile::Enter(Measured* measured) {
    const core::SteadyTime now = clock_.Now();
    if (running_ != nullptr) running_->worked += now - since_;
    since_ = now;
    return std::exchange(running_, measured);
}

TraversalMetrics Profile::Result() const {
    std::chrono::nanoseconds all{0};
    for (const Measured& one : all_) all += one.worked;
    TraversalMetrics metrics;
    metrics.nanos = all.count();
    for (size_t i = 0; i < root_.size(); ++i) {
        metrics.steps.push_back(ToMetrics(*root_[i], std::to_string(i) + ".0.0()", all));
    }
    return metrics;
}

StagePtr Measure(StagePtr stage, Context& context, Profile::Measured* measured) {
    return std::make_unique<MeasuredStage>(std::move(stage), context, measured);
}

StagePtr MakeProfile(const plan::Step& step, Context& context) {
    return std::make_unique<ProfileStage>(step, context);
}

}  // namespace gyre::graph::exec
