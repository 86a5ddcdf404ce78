#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/guarded.h"
#include "telemetry/series.h"

namespace gyre::serving {

/// What the predictions of all endpoints did since it was last asked, as SageMaker's metrics of
/// endpoints (namespace AWS/SageMaker, by EndpointName and VariantName). Thread-safe; Record takes
/// well under a microsecond.
class EndpointMeter {
  public:
    struct Outcome {
        int status = 200;      ///< 4xx: the caller's fault as the model sees it; 5xx: the model's
        bool answered = true;  ///< false: the host went away, so there is no latency
        core::microseconds model{0};     ///< from the frame to the host until its reply
        core::microseconds overhead{0};  ///< the rest, from the request's arrival on
    };
    void Record(std::string_view endpoint, std::string_view variant, const Outcome& outcome);

    /// How many hosts a variant has now.
    using Instances =
        std::function<size_t(const std::string& endpoint, const std::string& variant)>;
    /// Invocations, InvocationsPerInstance, Invocation4XXErrors, Invocation5XXErrors,
    /// InvocationModelErrors, ModelLatency and OverheadLatency (microseconds), of those that had
    /// predictions. Begins anew.
    [[nodiscard]] std::vector<telemetry::Sample> Take(core::WallTime now,
                                                      const Instances& instances);

  private:
    struct Counts {
        double invocations = 0;
        double client_errors = 0;
        double server_errors = 0;
        double model_errors = 0;
        telemetry::Statistic model;
        telemetry::Statistic overhead;
    };
    using Key = std::pair<std::string, std::string>;
    struct Less {
        using is_transparent = void;
        template <typename A, typename B>
        bool operator()(const A& a, const B& b) const {
            return std::pair<std::string_view, std::string_view>(a) <
                   std::pair<std::string_view, std::string_view>(b);
        }
    };

    core::Guarded<std::map<Key, Counts, Less>> counts_;
};

}  // namespace gyre::serving
