#include "transform/transform_run.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "core/log.h"
#include "core/worker_pool.h"
#include "transform/captured_manifests.h"
#include "transform/object_transform.h"
#include "transform/output_names.h"
#include "transform/streamed_invocation.h"

namespace gyre::transform {
namespace {

using core::Code;

constexpr size_t kLaneMemory = 96 << 20;     // of all lanes
constexpr size_t kLeastOfLane = 512 << 10;   // whatever its records are
constexpr size_t kPayloadMemory = 80 << 20;  // of all that is on its way to hosts, at once
constexpr core::milliseconds kSampleEvery{100};
constexpr int kBehindOthers = 10;  // nice: who answers people comes first

// While one lane's output is put, another's payload takes its place at the host. Each instance has
// one at least. `largest`: of the job's objects, in bytes.
int Lanes(const TransformSpec& spec, const BatchLimits& limits, uint64_t largest) {
    const int wanted = 2 * limits.concurrency * spec.instances;
    size_t each = limits.streamed ? StreamedInvocation::kMemory : limits.payload_bytes;
    if (!spec.gzip) each = std::min<uint64_t>(each, largest);
    const auto room = static_cast<int>(kLaneMemory / std::max(each, kLeastOfLane));
    return std::clamp(wanted, 1, std::max(room, spec.instances));
}

void StepBehind() {
    setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), kBehindOthers);
}

}  // namespace

TransformRun::TransformRun(Options options)
    : options_(std::move(options)), hosts_(options_.limits.concurrency, kPayloadMemory) {
    thread_ = std::thread([this] { Run(); });
}

TransformRun::~TransformRun() {
    Stop();
}

void TransformRun::Cancel() {
    cancel_.Cancel();
    hosts_.Close();
}

void TransformRun::Stop() {
    Cancel();
    if (thread_.joinable()) thread_.join();
}

void TransformRun::Broken(const core::Error& error) {
    {
        auto broken = broken_.Lock();
        if (!*broken) *broken = error;
    }
    Cancel();
}

void TransformRun::Run() {
    core::SetThreadName("transform");
    StepBehind();
    core::Status ran;
    try {
        ran = RunObjects();
    } catch (const std::exception& error) {  // out of memory, threads or files
        ran = core::Fail(Code::kInternal, error.what());
    }
    if (ran && !cancel_.Cancelled()) {
        auto outcome = Conclude();
        if (outcome) {
            *outcome_.Lock() = std::move(*outcome);
        } else {
            ran = core::Fail(outcome.error());
        }
    }
    if (!ran && ran.error().code != Code::kCancelled) {
        const bool users = ran.error().code == Code::kInvalidArgument ||
                           ran.error().code == Code::kNotFound ||
                           ran.error().code == Code::kPermissionDenied;
        *outcome_.Lock() =
            Outcome{(users ? "ClientError: " : "InternalServerError: ") + ran.error().message};
    }
    idle_ = true;
    options_.ended();
}

core::Status TransformRun::RunObjects() {
    if (options_.shared != nullptr) {
        shared_ = std::make_unique<SharedJournal>(*options_.shared, *options_.leases,
                                                  options_.spec.name, cancel_);
        GYRE_TRY(shared_->Restore(options_.folder));
    }
    GYRE_ASSIGN(plan_, Plan::Open(options_.spec, *options_.store, options_.folder, cancel_));
    if (shared_ != nullptr) GYRE_TRY(shared_->KeepPlan(options_.folder));
    if (plan_->Objects() == 0) {
        return core::Fail(Code::kInvalidArgument, "no objects were found at s3://" +
                                                      options_.spec.input.bucket + "/" +
                                                      options_.spec.input.key);
    }
    GYRE_ASSIGN(journal_, Journal::Open(options_.folder, shared_.get()));
    bytes_ = journal_->Sum().bytes;
    records_ = journal_->Sum().records;
    if (options_.store->PutsTogetherUpTo() > 0) {
        puts_ =
            std::make_unique<OutputPuts>(*options_.store, *journal_, options_.spec.output.bucket,
                                         [this](const core::Error& error) { Broken(error); });
    }
    const int lanes_wanted = Lanes(options_.spec, options_.limits, plan_->Largest());
    core::Guarded<int> working(0);
    std::vector<std::jthread> lanes;
    for (int i = 0; i < lanes_wanted; i++) {
        ++*working.Lock();
        lanes.emplace_back([this, &working, i] {
            RunLane(static_cast<size_t>(i));
            auto left = working.Lock();
            if (--*left == 0) working.NotifyAll();
        });
    }
    for (bool over = false; !over;) {
        Sample();
        auto left = working.Lock();
        over = left.WaitUntil(core::SystemClock().Now() + kSampleEvery, [&] { return *left == 0; });
    }
    for (std::jthread& lane : lanes) lane.join();
    if (puts_ != nullptr) puts_->Finish();
    Sample();
    if (auto broken = *broken_.Lock()) return core::Fail(std::move(*broken));
    return {};
}

void TransformRun::RunLane(size_t first_share) {
    core::SetThreadName("transform-lane");
    StepBehind();
    const RunContext context{.spec = options_.spec,
                             .limits = options_.limits,
                             .store = *options_.store,
                             .hosts = hosts_,
                             .journal = *journal_,
                             .puts = puts_.get(),
                             .cancel = cancel_,
                             .folder = options_.folder,
                             .bytes = bytes_,
                             .records = records_};
    try {
        const auto shares = static_cast<size_t>(options_.spec.instances);
        for (size_t ended = 0; ended < shares && !cancel_.Cancelled();) {
            auto object = plan_->Next((first_share + ended) % shares);
            if (!object) return Broken(object.error());
            if (!*object) {
                ended++;
                continue;
            }
            if (!journal_->IsOpen((*object)->index)) continue;
            const auto ran = ObjectTransform(context, std::move(**object)).Run();
            if (!ran) return Broken(ran.error());
        }
    } catch (const std::exception& error) {
        Broken({Code::kInternal, error.what()});
    }
}

void TransformRun::Sample() {
    Progress progress;
    const Journal::Totals sum = journal_->Sum();
    progress.objects = plan_->Objects();
    progress.objects_done = sum.done;
    progress.objects_failed = sum.failed;
    progress.bytes = plan_->Bytes();
    progress.bytes_done = std::min<uint64_t>(bytes_, progress.bytes);
    progress.records_done = records_;
    rate_.Look(progress, core::SystemClock().Now());
    *progress_.Lock() = progress;
}

core::Result<TransformRun::Outcome> TransformRun::Conclude() {
    if (options_.spec.capture) {
        const auto captured = PutCaptured(options_.spec, *plan_, *journal_, *options_.store,
                                          options_.folder, core::SystemClock().WallNow());
        if (!captured) {
            return Outcome{"ClientError: the captured data cannot be put: " +
                           captured.error().message};
        }
    }
    const auto first = journal_->FirstFailure();
    if (!first) return Outcome{};
    const Journal::Totals sum = journal_->Sum();
    const std::string key = ErrorReportKey(options_.spec.output.key, options_.spec.name);
    const auto file = options_.folder / "errors";
    GYRE_TRY(journal_->WriteReport(file));
    Spool report(file);
    GYRE_ASSIGN(const core::FileInfo info, core::RealFileSystem().Stat(file));
    GYRE_TRY(report.Resume(info.size));
    GYRE_ASSIGN(const auto body, report.Read());
    GYRE_TRY(options_.store->Put(options_.spec.output.bucket, key, *body, "application/jsonlines"));
    std::string reason = "AlgorithmError: " + std::to_string(sum.failed) + " of " +
                         std::to_string(sum.done + sum.failed) + " objects failed (s3://" +
                         options_.spec.output.bucket + "/" + key + " has each); " + first->object +
                         " at record " + std::to_string(first->record) + ": " + first->reason;
    if (!first->answer.empty()) reason += ": " + first->answer;
    return Outcome{std::move(reason)};
}

}  // namespace gyre::transform
