#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "core/cancel.h"
#include "core/guarded.h"
#include "objects/object_store.h"
#include "transform/host_pool.h"
#include "transform/journal.h"
#include "transform/output_puts.h"
#include "transform/plan.h"
#include "transform/progress.h"
#include "transform/shared_journal.h"
#include "transform/transform_spec.h"

namespace gyre::transform {

/// A job at work: its objects through its hosts, several at once, from where the journal in its
/// folder says it was left. Constructed means running; Stop leaves the job for a later run, may be
/// called twice; the destructor stops. Thread-safe.
class TransformRun {
  public:
    struct Options {
        TransformSpec spec;
        BatchLimits limits;
        objects::ObjectStore* store = nullptr;  ///< outlives it
        std::filesystem::path folder;           ///< the job's own, made when absent
        db::Database* shared = nullptr;  ///< has the journal too, for other servers; may be null
        jobs::Leases* leases = nullptr;  ///< as `shared`
        std::function<void()> ended;     ///< called once, from a thread of its own
    };
    struct Outcome {
        std::string failure;  ///< FailureReason; "" for a job that completed
    };

    explicit TransformRun(Options options);
    ~TransformRun();
    TransformRun(const TransformRun&) = delete;
    TransformRun& operator=(const TransformRun&) = delete;

    [[nodiscard]] HostPool& Hosts() { return hosts_; }
    [[nodiscard]] Progress Now() const { return *progress_.Lock(); }
    /// nullopt while it runs, and after a Stop that came before its end.
    [[nodiscard]] std::optional<Outcome> Ended() const { return *outcome_.Lock(); }
    /// Begins to stop, without waiting for it.
    void Cancel();
    [[nodiscard]] bool Idle() const { return idle_; }
    void Stop();

  private:
    void Run();
    [[nodiscard]] core::Status RunObjects();
    /// Objects of that share first, then of the next ones.
    void RunLane(size_t first_share);
    [[nodiscard]] core::Result<Outcome> Conclude();
    void Sample();
    void Broken(const core::Error& error);

    const Options options_;
    core::CancelToken cancel_;
    HostPool hosts_;
    std::unique_ptr<SharedJournal> shared_;
    std::unique_ptr<Plan> plan_;
    std::unique_ptr<Journal> journal_;
    std::unique_ptr<OutputPuts> puts_;  ///< null where the store puts each output by itself
    std::atomic<uint64_t> bytes_{0};
    std::atomic<uint64_t> records_{0};
    RateMeter rate_;
    core::Guarded<Progress> progress_;
    core::Guarded<std::optional<core::Error>> broken_;
    core::Guarded<std::optional<Outcome>> outcome_;
    std::atomic<bool> idle_{false};
    std::thread thread_;
};

}  // namespace gyre::transform
