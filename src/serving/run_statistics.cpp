#include "serving/run_statistics.h"

#include <boost/json.hpp>

#include <algorithm>

namespace gyre::serving {
namespace {

constexpr uint64_t kMicrosecond = 1000;  // in ns

core::Json Pair(const RunStatistics::Time& time) {
    return core::JsonArray{time.count, time.ns};
}

core::Result<uint64_t> Whole(const core::Json& json) {
    boost::system::error_code error;
    const auto value = json.to_number<uint64_t>(error);
    if (error) return core::Fail(core::Code::kInvalidArgument, "statistics: not a whole number");
    return value;
}

core::Result<RunStatistics::Time> TimeIn(const core::Json* json) {
    if (json == nullptr || !json->is_array() || json->get_array().size() != 2) {
        return core::Fail(core::Code::kInvalidArgument, "statistics: a pair is missing");
    }
    RunStatistics::Time time;
    GYRE_ASSIGN(time.count, Whole(json->get_array()[0]));
    GYRE_ASSIGN(time.ns, Whole(json->get_array()[1]));
    return time;
}

}  // namespace

void RunStatistics::BatchRan(std::span<const uint64_t> queue_us, std::span<const uint32_t> calls,
                             uint64_t compute_us, uint64_t ended_ms) {
    for (const uint64_t us : queue_us) queue += {1, us * kMicrosecond};
    uint64_t answered = 0;
    for (const uint32_t requests : calls) answered += requests;
    for (const uint32_t requests : calls) {
        by_size[requests] += {1, compute_us * kMicrosecond * requests / answered};
    }
    last_ms = std::max(last_ms, ended_ms);
}

void RunStatistics::Answered(uint64_t us) {
    success += {1, us * kMicrosecond};
}

void RunStatistics::Add(const RunStatistics& other) {
    success += other.success;
    failed += other.failed;
    queue += other.queue;
    for (const auto& [size, time] : other.by_size) by_size[size] += time;
    last_ms = std::max(last_ms, other.last_ms);
}

core::Json RunStatistics::ToJson() const {
    core::JsonObject sizes;
    for (const auto& [size, time] : by_size) sizes[std::to_string(size)] = Pair(time);
    return core::JsonObject{{"success", Pair(success)},
                            {"failed", Pair(failed)},
                            {"queue", Pair(queue)},
                            {"by_size", std::move(sizes)},
                            {"last_ms", last_ms}};
}

core::Result<RunStatistics> RunStatistics::FromJson(const core::Json& json) {
    RunStatistics statistics;
    GYRE_ASSIGN(statistics.success, TimeIn(core::JsonFind(json, "success")));
    GYRE_ASSIGN(statistics.failed, TimeIn(core::JsonFind(json, "failed")));
    GYRE_ASSIGN(statistics.queue, TimeIn(core::JsonFind(json, "queue")));
    const core::Json* last = core::JsonFind(json, "last_ms");
    const core::Json* sizes = core::JsonFind(json, "by_size");
    if (last == nullptr || sizes == nullptr || !sizes->is_object()) {
        return core::Fail(core::Code::kInvalidArgument, "statistics: a member is missing");
    }
    GYRE_ASSIGN(statistics.last_ms, Whole(*last));
    for (const auto& [size, time] : sizes->get_object()) {
        GYRE_ASSIGN(statistics.by_size[std::stoull("0" + std::string(size))], TimeIn(&time));
    }
    return statistics;
}

}  // namespace gyre::serving
