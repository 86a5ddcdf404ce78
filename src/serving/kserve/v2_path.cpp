#include "serving/kserve/v2_path.h"

#include <vector>

#include "net/http_message.h"

namespace gyre::serving::kserve {
namespace {

using Verb = V2Path::Verb;

Verb VerbOfModel(const std::string& name) {
    if (name == "infer") return Verb::kInfer;
    if (name == "ready") return Verb::kModelReady;
    if (name == "config") return Verb::kModelConfig;
    if (name == "stats") return Verb::kStatistics;
    return Verb::kUnknown;
}

bool IsTraceSetting(const std::string& first, const std::string& second) {
    return first == "trace" && second == "setting";
}

void ReadModel(const std::vector<std::string>& parts, V2Path& result) {
    if (parts.size() == 2 && parts[1] == "stats") {  // no endpoint of that name can be meant
        result.verb = Verb::kStatistics;
        return;
    }
    result.model = parts[1];
    size_t next = 2;
    if (parts.size() >= 4 && parts[2] == "versions") {
        result.version = parts[3];
        next = 4;
    }
    if (parts.size() == next) result.verb = Verb::kModel;
    if (parts.size() == next + 1) result.verb = VerbOfModel(parts[next]);
    if (parts.size() == next + 2 && IsTraceSetting(parts[next], parts[next + 1])) {
        result.verb = Verb::kTrace;
    }
}

void ReadRepository(const std::vector<std::string>& parts, V2Path& result) {
    if (parts.size() == 2 && parts[1] == "index") result.verb = Verb::kIndex;
    if (parts.size() != 4 || parts[1] != "models") return;
    result.model = parts[2];
    if (parts[3] == "load") result.verb = Verb::kLoad;
    if (parts[3] == "unload") result.verb = Verb::kUnload;
}

}  // namespace

std::optional<V2Path> ParseV2Path(std::string_view path) {
    constexpr std::string_view kPrefix = "/v2";
    if (!path.starts_with(kPrefix)) return std::nullopt;
    path.remove_prefix(kPrefix.size());
    if (!path.empty() && path[0] != '/') return std::nullopt;
    const auto parts = net::SplitPath(path);
    if (!parts) return std::nullopt;
    V2Path result;
    if (parts->empty()) {
        result.verb = Verb::kServer;
        return result;
    }
    const std::string& first = parts->front();
    if (first == "health" && parts->size() == 2) {
        if ((*parts)[1] == "live") result.verb = Verb::kLive;
        if ((*parts)[1] == "ready") result.verb = Verb::kReady;
    } else if (first == "models" && parts->size() >= 2) {
        ReadModel(*parts, result);
    } else if (first == "repository") {
        ReadRepository(*parts, result);
    } else if (parts->size() == 1 && first == "logging") {
        result.verb = Verb::kLogging;
    } else if (parts->size() == 2 && IsTraceSetting(first, (*parts)[1])) {
        result.verb = Verb::kTrace;
    } else if (first == "systemsharedmemory" || first == "cudasharedmemory") {
        result.verb = parts->back() == "status" ? Verb::kNoSharedMemory : Verb::kSharedMemory;
    }
    return result;
}

bool IsSettings(Verb verb) {
    return verb == Verb::kLogging || verb == Verb::kTrace;
}

std::string_view MethodOf(Verb verb) {
    switch (verb) {
        case Verb::kInfer:
        case Verb::kIndex:
        case Verb::kLoad:
        case Verb::kUnload:
        case Verb::kSharedMemory:
            return "POST";
        default:
            return "GET";
    }
}

}  // namespace gyre::serving::kserve
