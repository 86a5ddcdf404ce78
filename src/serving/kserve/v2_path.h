#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gyre::serving::kserve {

/// What a path below /v2 asks for: KServe's Open Inference Protocol, with Triton's extensions.
struct V2Path {
    enum class Verb {
        kServer,          ///< /v2
        kLive,            ///< /v2/health/live
        kReady,           ///< /v2/health/ready
        kModel,           ///< /v2/models/M[/versions/V]
        kModelReady,      ///< …/ready
        kModelConfig,     ///< …/config
        kInfer,           ///< …/infer
        kStatistics,      ///< …/stats; /v2/models/stats of all models
        kIndex,           ///< /v2/repository/index
        kLoad,            ///< /v2/repository/models/M/load
        kUnload,          ///< …/unload
        kNoSharedMemory,  ///< /v2/systemsharedmemory/status and its kind: there is none
        kSharedMemory,    ///< any other verb of shared memory
        kLogging,         ///< /v2/logging: the log's settings, asked for or changed
        kTrace,           ///< /v2[/models/M]/trace/setting, likewise
        kUnknown,
    };
    Verb verb = Verb::kUnknown;
    std::string model;
    std::string version;  ///< "" for the only one
};

/// nullopt for a path that is not below /v2 (or not percent-encoded right).
[[nodiscard]] std::optional<V2Path> ParseV2Path(std::string_view path);

/// The method that a verb wants.
[[nodiscard]] std::string_view MethodOf(V2Path::Verb verb);
/// Settings take POST too, which changes them.
[[nodiscard]] bool IsSettings(V2Path::Verb verb);

}  // namespace gyre::serving::kserve
