#include "transform/job_state.h"

namespace gyre::transform {
namespace {

constexpr size_t kLongestReason = 1024;  // of the service model

// Cut at a character's border.
std::string Short(std::string text) {
    if (text.size() <= kLongestReason) return text;
    size_t end = kLongestReason - 3;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) end--;
    text.resize(end);
    return text + "...";
}

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
    if (!reason.empty()) status["FailureReason"] = Short(reason);
    if (progress != nullptr) status["Progress"] = progress->ToJson();
}

}  // namespace gyre::transform
