#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/guarded.h"
#include "core/worker_pool.h"
#include "jobs/log_store.h"
#include "net/frame_channel.h"
#include "serving/endpoint_meter.h"
#include "serving/shadow/answer_comparison.h"
#include "telemetry/series.h"

namespace gyre::serving::shadow {

/// One prediction that a shadow variant got a copy of, with both answers.
struct Comparison {
    std::string endpoint;
    std::string variant;  ///< the shadow
    std::string request_id;
    double tolerance = 0;
    ModelAnswer production;
    ModelAnswer shadow;
};

/// Compares shadows' answers with those that were given, on a thread of its own; counts what
/// differs, and writes some of it into the endpoint's log, stream "shadow/VARIANT". What comes too
/// fast to compare is dropped and counted. Thread-safe. Stop() may be called twice.
class ShadowJudge {
  public:
    /// Both outlive it.
    ShadowJudge(jobs::LogStore& logs, const core::Clock& clock);
    ~ShadowJudge();

    /// Room for a copy of so many bytes, which is held until Release. Never blocks.
    [[nodiscard]] bool Reserve(size_t bytes);
    void Release(size_t bytes);

    void Compare(Comparison comparison);
    /// A prediction that the shadow should have had, and did not.
    void Dropped(const std::string& endpoint, const std::string& variant);
    /// Latency and outcome of the shadow, as of any variant.
    [[nodiscard]] EndpointMeter& Meter() { return meter_; }

    /// EndpointMeter's metrics of shadows, and in Gyre/SageMaker, by EndpointName and VariantName:
    /// ShadowComparisons, ShadowDifferences (its average is their share), ShadowDropped.
    [[nodiscard]] std::vector<telemetry::Sample> TakeMetrics(
        const EndpointMeter::Instances& instances);
    void Stop();

  private:
    struct Counts {
        double compared = 0;
        double different = 0;
        double dropped = 0;
        /// When differences may be written again, and how many still may until then.
        core::SteadyTime window{};
        int left = 0;
    };
    using Key = std::pair<std::string, std::string>;
    void Judge(const Comparison& comparison);
    [[nodiscard]] bool MayWrite(Counts& counts) const;

    jobs::LogStore& logs_;
    const core::Clock& clock_;
    EndpointMeter meter_;
    std::atomic<size_t> bytes_{0};
    core::Guarded<std::map<Key, Counts>> counts_;
    core::WorkerPool pool_;
};

}  // namespace gyre::serving::shadow
