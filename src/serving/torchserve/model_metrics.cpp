#include "serving/torchserve/model_metrics.h"

#include <algorithm>

#include "serving/torchserve/system_metrics.h"

namespace gyre::serving::torchserve {

ModelMetrics::ModelMetrics(core::MetricsRegistry& registry)
    : registry_(registry),
      host_(HostName()),
      good_(registry.GetCounter("Requests2XX", "Answers with a status from 200 to 299",
                                {{"Level", "Host"}, {"Hostname", host_}})),
      wrong_(registry.GetCounter("Requests4XX", "Answers with a status from 400 to 499",
                                 {{"Level", "Host"}, {"Hostname", host_}})),
      failed_(registry.GetCounter("Requests5XX", "Answers with a status from 500 to 599",
                                  {{"Level", "Host"}, {"Hostname", host_}})),
      queue_ms_(registry.GetGauge("QueueTime",
                                  "Milliseconds that the last answered request waited for a worker",
                                  {{"Level", "Host"}, {"Hostname", host_}})),
      thread_ms_(registry.GetGauge(
          "WorkerThreadTime",
          "Milliseconds of the last answered request outside of queue and handler",
          {{"Level", "Host"}, {"Hostname", host_}})) {
}

ModelMetrics::OfModel& ModelMetrics::Of(std::map<std::pair<std::string, std::string>, OfModel>& all,
                                        const std::string& model, const std::string& version) {
    OfModel& one = all[{model, version}];
    if (one.requests != nullptr) return one;
    const core::Labels labels{{"model_name", model},
                              {"model_version", version.empty() ? "default" : version},
                              {"hostname", host_}};
    one.requests = &registry_.GetCounter("ts_inference_requests_total",
                                         "Total number of inference requests.", labels);
    one.inference_us =
        &registry_.GetCounter("ts_inference_latency_microseconds",
                              "Cumulative inference duration in microseconds", labels);
    one.queue_us = &registry_.GetCounter("ts_queue_latency_microseconds",
                                         "Cumulative queue duration in microseconds", labels);
    return one;
}

void ModelMetrics::Asked(const std::string& model, const std::string& version) {
    auto models = models_.Lock();
    Of(*models, model, version).requests->Add();
}

void ModelMetrics::Predicted(const std::string& model, const std::string& version,
                             const Times& times) {
    const uint64_t at_work = times.queue_us + times.compute_us;
    queue_ms_.Set(static_cast<double>(times.queue_us) / 1000);
    thread_ms_.Set(static_cast<double>(times.all_us - std::min(times.all_us, at_work)) / 1000);
    auto models = models_.Lock();
    OfModel& one = Of(*models, model, version);
    one.inference_us->Add(static_cast<double>(at_work));
    one.queue_us->Add(static_cast<double>(times.queue_us));
}

void ModelMetrics::Loaded(const std::string& model, const std::string& version, int workers,
                          core::milliseconds took) {
    constexpr int kFirstWorker = 9000;
    for (int i = 0; i < workers; i++) {
        const std::string name =
            "W-" + std::to_string(kFirstWorker + i) + "-" + model + "_" + version;
        registry_
            .GetGauge("WorkerLoadTime", "Milliseconds that the worker took to load its model",
                      {{"WorkerName", name}, {"Level", "Host"}, {"Hostname", host_}})
            .Set(static_cast<double>(took.count()));
    }
}

void ModelMetrics::Answered(int status) {
    if (status < 300) return good_.Add();
    if (status < 500) return wrong_.Add();
    failed_.Add();
}

}  // namespace gyre::serving::torchserve
