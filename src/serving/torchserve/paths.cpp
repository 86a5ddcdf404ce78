#include "serving/torchserve/paths.h"

namespace gyre::serving::torchserve {
namespace {

using Verb = InferencePath::Verb;

std::string Joined(const std::vector<std::string>& parts, size_t from) {
    std::string text;
    for (size_t i = from; i < parts.size(); ++i) text += (i > from ? "/" : "") + parts[i];
    return text;
}

/// /predictions/M, /predictions/M/V, and whatever follows.
InferencePath OfModel(const std::vector<std::string>& parts, Verb verb) {
    InferencePath path;
    path.verb = verb;
    if (parts.size() > 1) path.model = parts[1];
    if (parts.size() > 2) path.version = parts[2];
    path.rest = Joined(parts, 3);
    return path;
}

/// KServe's "/v1/models/M:predict" and "/v2/models/M/infer".
std::optional<InferencePath> OfKserve(const std::vector<std::string>& parts,
                                      std::string_view method) {
    InferencePath path;
    if (parts[0] == "v1" && parts.size() == 3) {
        const size_t colon = parts[2].rfind(':');
        path.model = parts[2].substr(0, colon);
        const std::string verb = colon == std::string::npos ? "" : parts[2].substr(colon + 1);
        if (verb == "predict") return path;
        path.verb = verb == "explain" ? Verb::kExplain : Verb::kReady;
        if (verb.empty() && method != "GET") return std::nullopt;
        return verb.empty() || verb == "explain" ? std::optional(path) : std::nullopt;
    }
    if (parts[0] == "v2" && parts.size() == 4) {
        path.model = parts[2];
        if (parts[3] == "infer") return path;
        path.verb = Verb::kExplain;
        if (parts[3] == "explain") return path;
    }
    return std::nullopt;
}

}  // namespace

std::optional<InferencePath> ParseInferencePath(const std::vector<std::string>& parts,
                                                std::string_view method) {
    if (parts.empty()) return std::nullopt;
    const std::string& first = parts[0];
    if (first == "ping" && parts.size() == 1) {
        InferencePath path;
        path.verb = Verb::kPing;
        return path;
    }
    if (first == "predictions") return OfModel(parts, Verb::kPredict);
    if (first == "explanations") return OfModel(parts, Verb::kExplain);
    InferencePath path;
    path.query_counts = true;
    if (first == "invocations" && parts.size() == 1) return path;
    if (first == "models") {
        if (parts.size() != 3 || parts[2] != "invoke") return std::nullopt;
        path.model = parts[1];
        return path;
    }
    if ((first == "v1" || first == "v2") && parts.size() >= 3 && parts[1] == "models") {
        return OfKserve(parts, method);
    }
    // The style before there were /predictions.
    if (parts.size() == 2 && parts[1] == "predict") {
        path.model = first;
        return path;
    }
    if (parts.size() == 3 && parts[2] == "predict") {
        path.model = first;
        path.version = parts[1];
        return path;
    }
    return std::nullopt;
}

}  // namespace gyre::serving::torchserve
