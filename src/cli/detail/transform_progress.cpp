#include "cli/detail/transform_progress.h"

#include <cstdio>

#include "cli/detail/table.h"

namespace gyre::cli::detail {
namespace {

std::string Left(double seconds) {
    char text[32];
    if (seconds < 120) {
        std::snprintf(text, sizeof text, "%.0f s", seconds);
    } else if (seconds < 7200) {
        std::snprintf(text, sizeof text, "%.0f min", seconds / 60);
    } else {
        std::snprintf(text, sizeof text, "%.1f h", seconds / 3600);
    }
    return text;
}

uint64_t Number(const core::Json& json, std::string_view member) {
    return static_cast<uint64_t>(core::JsonDouble(json, member).value_or(0));
}

}  // namespace

std::string ProgressText(const core::Json& job) {
    const core::Json* progress = core::JsonFind(job, "Progress");
    if (progress == nullptr) return "";
    std::string text = std::to_string(Number(*progress, "ObjectsDone")) + " of " +
                       std::to_string(Number(*progress, "Objects")) + " objects";
    if (const uint64_t failed = Number(*progress, "ObjectsFailed"); failed > 0) {
        text += " (" + std::to_string(failed) + " failed)";
    }
    text += ", " + Size(Number(*progress, "BytesDone")) + " of " + Size(Number(*progress, "Bytes"));
    if (core::JsonString(job, "TransformJobStatus") != "InProgress") return text;
    text += ", " + std::to_string(Number(*progress, "RecordsPerSecond")) + " records/s, " +
            Size(Number(*progress, "BytesPerSecond")) + "/s";
    const auto left = core::JsonDouble(*progress, "SecondsLeft");
    return left ? text + ", " + Left(*left) + " left" : text;
}

}  // namespace gyre::cli::detail
