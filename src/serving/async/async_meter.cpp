#include "serving/async/async_meter.h"

#include <algorithm>

namespace gyre::serving::async {

using telemetry::Sample;
using telemetry::Statistic;

void AsyncMeter::Record(const std::string& endpoint, const Outcome& outcome) {
    auto counts = counts_.Lock();
    Counts& of = (*counts)[endpoint];
    of.processed += outcome.end == End::kProcessed ? 1 : 0;
    of.failed += outcome.end == End::kFailed ? 1 : 0;
    of.expired += outcome.end == End::kExpired ? 1 : 0;
    of.waited.Merge(Statistic::Of(static_cast<double>(outcome.waited.count())));
    of.all.Merge(Statistic::Of(static_cast<double>(outcome.all.count())));
}

std::vector<Sample> AsyncMeter::Take(core::WallTime now,
                                     const std::map<std::string, Backlog>& backlogs) {
    std::map<std::string, Counts> taken;
    counts_.Lock()->swap(taken);
    std::vector<Sample> samples;
    const auto add = [&](const std::string& endpoint, const char* metric, const char* unit,
                         Statistic value) {
        samples.push_back({.series = {"AWS/SageMaker", metric, {{"EndpointName", endpoint}}, unit},
                           .time = now,
                           .value = std::move(value),
                           .fine = true});
    };
    for (auto& [endpoint, of] : taken) {
        if (of.processed > 0) {
            add(endpoint, "InvocationsProcessed", "Count", Statistic::Of(1, of.processed));
        }
        if (of.failed > 0)
            add(endpoint, "InvocationFailures", "Count", Statistic::Of(1, of.failed));
        if (of.expired > 0) {
            add(endpoint, "InvocationsExpired", "Count", Statistic::Of(1, of.expired));
        }
        add(endpoint, "TimeInBacklog", "Milliseconds", std::move(of.waited));
        add(endpoint, "TotalProcessingTime", "Milliseconds", std::move(of.all));
    }
    for (const auto& [endpoint, backlog] : backlogs) {
        const auto waiting = static_cast<double>(backlog.waiting);
        add(endpoint, "ApproximateBacklogSize", "Count", Statistic::Of(waiting));
        // By what there would be where there is none: so it can be a target to scale by.
        const auto hosts = static_cast<double>(std::max<size_t>(1, backlog.hosts));
        add(endpoint, "ApproximateBacklogSizePerInstance", "Count", Statistic::Of(waiting / hosts));
        add(endpoint, "ApproximateAgeOfOldestRequest", "Milliseconds",
            Statistic::Of(static_cast<double>(backlog.oldest.count())));
        add(endpoint, "HasBacklogWithoutCapacity", "None",
            Statistic::Of(backlog.waiting > 0 && backlog.hosts == 0 ? 1 : 0));
    }
    return samples;
}

}  // namespace gyre::serving::async
