#include "host/load.h"

#include <algorithm>

#include "host/container_model.h"
#include "host/model_options.h"

namespace gyre::host {
namespace {

/// A program takes as many requests at once as it likes; these are threads that wait for it, at
/// least. A transform job's are bounded where they are made, by its MaxConcurrentTransforms.
int RequestsAtOnce(const serving::HostSpec& spec) {
    constexpr int kOnline = 16, kBatch = 100;
    return spec.environment.contains("SAGEMAKER_BATCH") ? kBatch : kOnline;
}

}  // namespace

Loader LoaderOf(const serving::HostSpec& spec) {
    if (spec.container_command.empty()) return engine::LoadModel;
    return
        [spec](const engine::LoadOptions& options) -> core::Result<std::unique_ptr<engine::Model>> {
            GYRE_ASSIGN(const ModelOptions knobs, ReadModelOptions(spec.environment));
            ContainerTimes times;
            times.start_up = knobs.startup_timeout;
            times.answer = knobs.response_timeout;
            const int workers = std::max(RequestsAtOnce(spec), knobs.workers.value_or(0));
            return StartContainer(spec, workers, options.on_log, times);
        };
}

}  // namespace gyre::host
