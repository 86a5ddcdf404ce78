#include "transform/job_state.h"

#include "core/utf8.h"

namespace gyre::transform {
namespace {

constexpr size_t kLongestReason = 1024;  // of the service model

}  // namespace

core::Json NewJob(const std::string& arn, const serving::Deployment& deployment) {
    return core::JsonObject{{"TransformJobArn", arn},
                            {kStatusMember, "InProgress"},
                            {"_deployment", deployment.ToJson()}};
}

core::Result<JobState> JobState::Read(const core::Json& status) {
    JobState state;
    state.status = core::JsonString(status, kStatusMember).value_or("");
    state.started = core::JsonFind(status, "TransformStartTime") != nullptr;
    const core::Json* deployment = core::JsonFind(status, "_deployment");
    if (deployment == nullptr) {
        return core::Fail(core::Code::kDataLoss, "a transform job without what it runs on");
    }
    GYRE_ASSIGN(state.deployment, serving::Deployment::FromJson(*deployment));
    return state;
}

void MarkStarted(core::JsonObject& status, core::WallTime now) {
    status["TransformStartTime"] = core::EpochSeconds(now);
}

void MarkEnded(core::JsonObject& status, const std::string& how, const std::string& reason,
               const Progress* progress, core::WallTime now) {
    status[kStatusMember] = how;
    status["TransformEndTime"] = core::EpochSeconds(now);
    if (status.if_contains("TransformStartTime") == nullptr) MarkStarted(status, now);
    if (!reason.empty()) status["FailureReason"] = core::Shortened(reason, kLongestReason);
    if (progress != nullptr) status["Progress"] = progress->ToJson();
}

}  // namespace gyre::transform
