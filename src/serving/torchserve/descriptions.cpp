#include "serving/torchserve/descriptions.h"

#include <unistd.h>

#include <boost/json.hpp>

#include <algorithm>
#include <fstream>

namespace gyre::serving::torchserve {
namespace {

using core::JsonArray;
using core::JsonObject;

/// Bytes in memory of a process; 0 where it is gone.
int64_t ResidentBytes(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/statm");
    int64_t total = 0;
    int64_t resident = 0;
    if (!(file >> total >> resident)) return 0;
    return resident * ::sysconf(_SC_PAGESIZE);
}

}  // namespace

core::Json DescribeModel(const ModelFacts& facts) {
    const ModelSettings& settings = facts.settings;
    JsonArray workers;
    for (const ModelFacts::Worker& worker : facts.workers) {
        workers.push_back(JsonObject{{"id", std::to_string(worker.id)},
                                     {"startTime", core::Iso8601(worker.started)},
                                     {"status", worker.up ? "READY" : "UNLOADING"},
                                     {"memoryUsage", ResidentBytes(worker.pid)},
                                     {"pid", worker.pid},
                                     {"gpu", false},
                                     {"gpuUsage", "N/A"}});
    }
    const SequenceSettings sequences = settings.sequences.value_or(SequenceSettings{});
    const auto pending = static_cast<int64_t>(facts.pending);
    return JsonObject{
        {"modelName", facts.archive.name},
        {"modelVersion", facts.archive.version},
        {"modelUrl", facts.url},
        {"runtime", facts.archive.runtime},
        {"minWorkers", settings.min_workers},
        {"maxWorkers", settings.max_workers},
        {"batchSize", settings.batch_size},
        {"maxBatchDelay", settings.max_batch_delay_ms},
        {"responseTimeout", settings.response_timeout_s},
        {"startupTimeout", settings.startup_timeout_s},
        {"maxRetryTimeoutInSec", settings.max_retry_timeout_s},
        {"clientTimeoutInMills", settings.client_timeout_ms},
        {"parallelType", ""},
        {"parallelLevel", 0},
        {"deviceType", "cpu"},
        {"continuousBatching", settings.continuous},
        {"useJobTicket", settings.job_ticket},
        {"useVenv", settings.own_environment},
        {"stateful", settings.sequences.has_value()},
        {"sequenceMaxIdleMSec", sequences.max_idle_ms},
        {"sequenceTimeoutMSec", sequences.timeout_ms},
        {"maxNumSequence", facts.most_sequences},
        {"maxSequenceJobQueueSize", settings.sequences ? sequences.queue : 0},
        {"loadedAtStartup", facts.loaded_at_startup},
        {"workers", std::move(workers)},
        {"jobQueueStatus",
         JsonObject{{"remainingCapacity", std::max<int64_t>(0, settings.job_queue_size - pending)},
                    {"pendingRequests", pending}}}};
}

core::Json DescribeList(const std::vector<std::pair<std::string, std::string>>& models, int limit,
                        int token) {
    constexpr int kMost = 100;
    if (limit > kMost || limit < 0) limit = kMost;
    const auto count = static_cast<int>(models.size());
    const int first = std::clamp(token, 0, count);
    const int last = std::min(first + limit, count);
    JsonObject list;
    // As TorchServe has it, a last page that is full has one too.
    if (std::max(token, 0) <= count - limit) list["nextPageToken"] = std::to_string(last);
    JsonArray page;
    for (int i = first; i < last; ++i) {
        const auto& [name, url] = models[static_cast<size_t>(i)];
        page.push_back(JsonObject{{"modelName", name}, {"modelUrl", url}});
    }
    list["models"] = std::move(page);
    return list;
}

}  // namespace gyre::serving::torchserve
