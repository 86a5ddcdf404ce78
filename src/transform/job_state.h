#pragma once

#include <string>

#include "core/clock.h"
#include "core/json.h"
#include "serving/deployment.h"
#include "transform/progress.h"

namespace gyre::transform {

inline constexpr const char* kStatusMember = "TransformJobStatus";

/// The status of a job that was just created: in progress. What it runs on is kept as the model was
/// then; deleting or changing the model changes nothing for the job.
[[nodiscard]] core::Json NewJob(const std::string& arn, const serving::Deployment& deployment);

/// What stands in a job's status.
struct JobState {
    std::string status;
    serving::Deployment deployment;
    bool started = false;

    [[nodiscard]] static core::Result<JobState> Read(const core::Json& status);
    [[nodiscard]] bool Active() const { return status == "InProgress" || status == "Stopping"; }
};

/// The hosts are up and the work begins.
void MarkStarted(core::JsonObject& status, core::WallTime now);
/// The job's end: Completed, Stopped or Failed (with the reason, cut to the service's limit).
void MarkEnded(core::JsonObject& status, const std::string& how, const std::string& reason,
               const Progress* progress, core::WallTime now);

}  // namespace gyre::transform
