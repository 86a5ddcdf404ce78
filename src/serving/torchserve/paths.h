#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gyre::serving::torchserve {

/// What an inference path asks for.
struct InferencePath {
    enum class Verb { kPing, kPredict, kExplain, kReady };
    Verb verb = Verb::kPredict;
    std::string model;  ///< "" where ?model_name= or the only model of the start says it
    std::string version;
    std::string rest;           ///< what follows, for the handler's url_path
    bool query_counts = false;  ///< the query's parameters are the handler's too
};

/// nullopt for a path that is none of the inference API's. A path under /predictions that names no
/// model has an empty `model` and does not let the query name one.
[[nodiscard]] std::optional<InferencePath> ParseInferencePath(const std::vector<std::string>& parts,
                                                              std::string_view method);

}  // namespace gyre::serving::torchserve
