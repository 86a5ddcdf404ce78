#include "serving/torchserve/model_metrics.h"

#include <unistd.h>

namespace gyre::serving::torchserve {
namespace {

std::string HostName() {
    char name[256] = {};
    return ::gethostname(name, sizeof(name) - 1) == 0 ? name : "localhost";
}

}  // namespace

ModelMetrics::ModelMetrics(core::MetricsRegistry& registry)
    : registry_(registry),
      host_(HostName()),
      good_(registry.GetCounter("Requests2XX", "Answers with a status from 200 to 299",
                                {{"Level", "Host"}, {"Hostname", host_}})),
      wrong_(registry.GetCounter("Requests4XX", "Answers with a status from 400 to 499",
                                 {{"Level", "Host"}, {"Hostname", host_}})),
      failed_(registry.GetCounter("Requests5XX", "Answers with a status from 500 to 599",
                                  {{"Level", "Host"}, {"Hostname", host_}})) {
}

ModelMetrics::OfModel& ModelMetrics::Of(std::map<std::pair<std::string, std::string>, OfModel>& all,
                                        const std::string& model, const std::string& version) {
    OfModel& one = all[{model, version}];
    if (one.requests != nullptr) return one;
    const core::Labels labels{
        {"model_name", model}, {"model_version", version}, {"hostname", host_}};
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
                             uint64_t queue_us, uint64_t compute_us) {
    auto models = models_.Lock();
    OfModel& one = Of(*models, model, version);
    one.inference_us->Add(static_cast<double>(queue_us + compute_us));
    one.queue_us->Add(static_cast<double>(queue_us));
}

void ModelMetrics::Answered(int status) {
    if (status < 300) return good_.Add();
    if (status < 500) return wrong_.Add();
    failed_.Add();
}

}  // namespace gyre::serving::torchserve
