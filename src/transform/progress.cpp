#include "transform/progress.h"

#include <cmath>

namespace gyre::transform {
namespace {

constexpr core::seconds kWindow{30};

}  // namespace

core::Json Progress::ToJson() const {
    core::JsonObject json{{"Objects", objects},
                          {"ObjectsDone", objects_done},
                          {"ObjectsFailed", objects_failed},
                          {"Bytes", bytes},
                          {"BytesDone", bytes_done},
                          {"RecordsDone", records_done},
                          {"BytesPerSecond", std::round(bytes_per_second)},
                          {"RecordsPerSecond", std::round(records_per_second * 10) / 10}};
    if (seconds_left >= 0) json["SecondsLeft"] = std::round(seconds_left);
    return json;
}

void RateMeter::Look(Progress& progress, core::SteadyTime now) {
    samples_.push_back({now, progress.bytes_done, progress.records_done});
    while (samples_.size() > 2 && now - samples_[1].at >= kWindow) samples_.pop_front();
    const Sample& first = samples_.front();
    const double passed = std::chrono::duration<double>(now - first.at).count();
    if (passed <= 0) return;
    progress.bytes_per_second = static_cast<double>(progress.bytes_done - first.bytes) / passed;
    progress.records_per_second =
        static_cast<double>(progress.records_done - first.records) / passed;
    if (progress.bytes_done >= progress.bytes) {
        progress.seconds_left = 0;
    } else if (progress.bytes_per_second > 0) {
        progress.seconds_left =
            static_cast<double>(progress.bytes - progress.bytes_done) / progress.bytes_per_second;
    }
}

}  // namespace gyre::transform
