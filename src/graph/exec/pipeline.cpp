#include "graph/exec/profile.h"
#include "graph/exec/stages.h"
#include "graph/plan/describe.h"

namespace gyre::graph::exec {
namespace {

StagePtr MakeStage(const plan::Step& step, Context& context) {
    using plan::Op;
    switch (step.op) {
        case Op::kVertices:
        case Op::kEdges:
        case Op::kInject:
        case Op::kCountElements:
            return MakeSource(step, context);
        case Op::kToVertices:
        case Op::kToEdges:
        case Op::kEdgeVertex:
        case Op::kOtherVertex:
        case Op::kSumDegrees:
        case Op::kTimesDegree:
            return MakeHop(step, context);
        case Op::kValues:
        case Op::kProperties:
        case Op::kValueMap:
        case Op::kPropertyMap:
        case Op::kElementMap:
        case Op::kId:
        case Op::kLabel:
        case Op::kKey:
        case Op::kPropertyValue:
        case Op::kElement:
            return MakeRead(step, context);
        case Op::kHas:
        case Op::kHasNot:
            return MakeHas(step, context);
        case Op::kIs:
        case Op::kFilter:
        case Op::kNot:
        case Op::kAnd:
        case Op::kOr:
        case Op::kCoin:
        case Op::kSimplePath:
        case Op::kCyclicPath:
        case Op::kTimeLimit:
        case Op::kDiscard:
        case Op::kEach:
            return MakeFilter(step, context);
        case Op::kWherePredicate:
            return MakeWhere(step, context);
        case Op::kRange:
        case Op::kTail:
        case Op::kDedup:
        case Op::kSample:
            return MakeRange(step, context);
        case Op::kConstant:
        case Op::kIdentity:
        case Op::kLoops:
        case Op::kIndex:
        case Op::kPath:
        case Op::kMap:
        case Op::kFlatMap:
        case Op::kUnfold:
        case Op::kSack:
            return MakeMap(step, context);
        case Op::kSelect:
        case Op::kSelectColumn:
        case Op::kSelectKey:
        case Op::kProject:
            return MakeSelection(step, context);
        case Op::kMath:
            return MakeMath(step, context);
        case Op::kFunction:
            return MakeFunction(step, context);
        case Op::kFold:
        case Op::kCount:
        case Op::kSum:
        case Op::kMin:
        case Op::kMax:
        case Op::kMean:
        case Op::kTree:
            return MakeReduction(step, context);
        case Op::kGroup:
        case Op::kGroupCount:
            return MakeGroup(step, context);
        case Op::kOrder:
            return MakeOrder(step, context);
        case Op::kUnion:
        case Op::kCoalesce:
        case Op::kChoose:
        case Op::kBranch:
        case Op::kOptional:
        case Op::kLocal:
            return MakeBranch(step, context);
        case Op::kRepeat:
            return MakeRepeat(step, context);
        case Op::kMatch:
            return MakeMatch(step, context);
        case Op::kLambda:
            return MakeLambda(step, context);
        case Op::kProfile:
            return MakeProfile(step, context);
        case Op::kSideEffect:
        case Op::kSubgraph:
        case Op::kAggregate:
        case Op::kCap:
        case Op::kBarrier:
        case Op::kFail:
            return MakeSideEffect(step, context);
        case Op::kCall:
            return MakeCall(step, context);
        case Op::kRank:
            return MakeRank(step, context);
        case Op::kShortestPath:
            return MakeShortestPath(step, context);
        case Op::kAddVertex:
        case Op::kAddEdge:
        case Op::kAddProperty:
        case Op::kDrop:
            return MakeMutation(step, context);
        case Op::kMergeVertex:
        case Op::kMergeEdge:
            return MakeMerge(step, context);
        case Op::kFile:
            return MakeFile(step, context);
    }
    return nullptr;
}

}  // namespace

class Pipeline::Start final : public Stage {
  public:
    using Stage::Stage;
    bool Next(Traverser& traverser) override {
        if (waiting_.empty() || context_.Failed()) return false;
        traverser = std::move(waiting_.front());
        waiting_.pop_front();
        context_.Release(1);
        return true;
    }
    void Reset() override {
        context_.Release(waiting_.size());
        waiting_.clear();
    }
    void Add(Traverser traverser) {
        context_.Hold();
        waiting_.push_back(std::move(traverser));
    }

  private:
    std::deque<Traverser> waiting_;
};

Pipeline::Pipeline(const plan::Traversal& traversal, Context& context) {
    static const plan::Step kNone{};
    start_ = std::make_unique<Start>(kNone, context);
    last_ = start_.get();
    std::span<const plan::Step> steps = traversal.steps;
    // Where stages are measured each step has its own.
    if (context.profile == nullptr) {
        if (StagePtr counted = MakeTwoHopCount(steps, context)) {
            counted->SetInput(last_);
            last_ = counted.get();
            stages_.push_back(std::move(counted));
            steps = steps.subspan(3);
        }
    }
    for (const plan::Step& step : steps) {
        Profile::Measured* measured = nullptr;
        if (context.profile != nullptr && step.op != plan::Op::kProfile) {
            measured = context.profile->Begin(plan::StepText(step));
        }
        StagePtr stage = MakeStage(step, context);
        if (measured != nullptr) {
            context.profile->End();
            stage = Measure(std::move(stage), context, measured);
        }
        stages_.push_back(std::move(stage));
        stages_.back()->SetInput(last_);
        last_ = stages_.back().get();
    }
}

Pipeline::~Pipeline() = default;

void Pipeline::Add(Traverser traverser) {
    start_->Add(std::move(traverser));
}

void Pipeline::Reset() {
    start_->Reset();
    for (const StagePtr& stage : stages_) stage->Reset();
}

PipelinePtr MakePipeline(const plan::TraversalPtr& traversal, Context& context) {
    return std::make_unique<Pipeline>(*traversal, context);
}

}  // namespace gyre::graph::exec
