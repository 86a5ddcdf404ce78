#include "serving/endpoint_meter.h"

#include <algorithm>

namespace gyre::serving {
namespace {

using telemetry::Sample;
using telemetry::Statistic;

/// So many requests of which so many were it: the sum counts them, the average is their share.
Statistic Share(double of_all, double all) {
    Statistic statistic = Statistic::Of(0, all - of_all);
    statistic.Merge(Statistic::Of(1, of_all));
    return statistic;
}

}  // namespace

void EndpointMeter::Record(std::string_view endpoint, std::string_view variant,
                           const Outcome& outcome) {
    auto counts = counts_.Lock();
    const std::pair<std::string_view, std::string_view> key(endpoint, variant);
    auto found = counts->find(key);
    if (found == counts->end()) found = counts->emplace(Key(key), Counts()).first;
    Counts& of_variant = found->second;
    of_variant.invocations += 1;
    of_variant.client_errors += outcome.status >= 400 && outcome.status < 500 ? 1 : 0;
    of_variant.server_errors += outcome.status >= 500 ? 1 : 0;
    of_variant.model_errors += outcome.status < 200 || outcome.status > 299 ? 1 : 0;
    if (!outcome.answered) return;
    const auto add = [](Statistic& statistic, core::microseconds time) {
        const auto value = static_cast<double>(std::max<int64_t>(0, time.count()));
        statistic.count += 1;
        statistic.sum += value;
        statistic.min = statistic.count == 1 ? value : std::min(statistic.min, value);
        statistic.max = std::max(statistic.max, value);
        statistic.sketch.Add(value, 1);
    };
    add(of_variant.model, outcome.model);
    add(of_variant.overhead, outcome.overhead);
}

std::vector<Sample> EndpointMeter::Take(core::WallTime now, const Instances& instances) {
    std::map<Key, Counts, Less> taken;
    counts_.Lock()->swap(taken);
    std::vector<Sample> samples;
    for (auto& [key, counts] : taken) {
        const auto& [endpoint, variant] = key;
        const auto add = [&, &name = endpoint, &of = variant](const char* metric, const char* unit,
                                                              Statistic value) {
            if (value.count <= 0) return;
            Sample& sample = samples.emplace_back();
            sample.series = {
                "AWS/SageMaker", metric, {{"EndpointName", name}, {"VariantName", of}}, unit};
            sample.time = now;
            sample.value = std::move(value);
            sample.fine = true;
        };
        const double all = counts.invocations;
        const auto hosts = static_cast<double>(std::max<size_t>(1, instances(endpoint, variant)));
        add("Invocations", "None", Statistic::Of(1, all));
        add("InvocationsPerInstance", "None", Statistic::Of(1 / hosts, all));
        add("Invocation4XXErrors", "None", Share(counts.client_errors, all));
        add("Invocation5XXErrors", "None", Share(counts.server_errors, all));
        add("InvocationModelErrors", "None", Share(counts.model_errors, all));
        add("ModelLatency", "Microseconds", std::move(counts.model));
        add("OverheadLatency", "Microseconds", std::move(counts.overhead));
    }
    return samples;
}

}  // namespace gyre::serving
