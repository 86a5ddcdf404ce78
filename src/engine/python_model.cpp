#include "engine/python_model.h"

#include <atomic>
#include <filesystem>
#include <optional>

#include "core/log.h"
#include "engine/python/continuous_steps.h"
#include "engine/python/python_request.h"
#include "engine/python/requirements.h"
#include "engine/python/suspects.h"
#include "engine/python/worker_group.h"

namespace gyre::engine {
namespace {

using core::Code;
using core::Fail;
using python::PythonRequest;
using python::Suspects;
using python::Worker;
using python::WorkerGroup;

/// How a request that a worker died of is kept apart from others: by a key of its own.
constexpr const char* kAlone = "alone ";

Batching BatchingOf(const core::Json& said) {
    const auto state = core::JsonString(said, "batching");
    if (state == "on") return Batching::kYes;
    return state == "off" ? Batching::kNo : Batching::kUntried;
}

class PythonModel final : public Model {
  public:
    PythonModel(const LoadOptions& options, std::string python)
        : response_timeout_(options.response_timeout),
          workers_(options.workers, {options.restart_for},
                   [this, options, python = std::move(python)] {
                       return Worker::Launch(options, python, [this](const core::Json& note) {
                           batching_ = BatchingOf(note);
                       });
                   }) {
        info_.platform = "python";
    }

    core::Status Start(int count) {
        count_ = std::max(1, count);
        GYRE_TRY(workers_.Start(core::SteadyTime::max()));
        info_.details = workers_.Details();
        batching_ = BatchingOf(info_.details);
        info_.batches = batching_ == Batching::kYes;
        continuous_rows_ =
            static_cast<int>(core::JsonInt(info_.details, "continuous_rows").value_or(0));
        return {};
    }

    [[nodiscard]] const ModelInfo& Info() const override { return info_; }
    [[nodiscard]] int Concurrency() const override { return count_; }
    [[nodiscard]] Batching BatchingNow() const override { return batching_; }
    [[nodiscard]] uint64_t WorkerRestarts() const override { return workers_.Restarts(); }
    [[nodiscard]] WorkerCounts Workers() const override { return workers_.Counts(); }

    [[nodiscard]] core::Result<std::unique_ptr<Prepared>> Prepare(Request request) override {
        std::string key;
        const uint64_t number = next_number_.fetch_add(1, std::memory_order_relaxed);
        // BaseHandler looks at a batch's first request alone for what is wanted of all.
        if (continuous_rows_ > 0 &&
            (request.headers.contains("explain") || request.headers.contains("describe"))) {
            key = kAlone + std::to_string(number);
        }
        switch (suspects_.Judge(request, core::SystemClock().Now())) {
            case Suspects::Verdict::kClean:
                break;
            case Suspects::Verdict::kAlone:
                key = kAlone + std::to_string(number);
                break;
            case Suspects::Verdict::kRefused:
                return Fail(Code::kInvalidArgument,
                            "two workers ended over a request with this body; it is refused for " +
                                std::to_string(Suspects::kRefusedFor.count() / 60) +
                                " minutes. The model's log says what they ended of.");
        }
        return std::make_unique<PythonRequest>(std::move(request), std::move(key), number);
    }

    /// `deadline` bounds the wait for a worker; a batch that runs has the response timeout, since
    /// a worker that is ended for one hasty request is lost for all.
    [[nodiscard]] std::vector<core::Result<Reply>> Run(
        std::span<const std::unique_ptr<Prepared>> batch, core::SteadyTime deadline) override {
        std::vector<const Request*> requests;
        requests.reserve(batch.size());
        for (const auto& item : batch) {
            requests.push_back(&static_cast<const PythonRequest&>(*item).Get());
        }
        auto worker = workers_.Take(deadline);
        if (!worker) return All(batch.size(), worker.error());
        const core::SteadyTime started = core::SystemClock().Now();
        auto answers = (*worker)->Run(requests, started + response_timeout_);
        workers_.GiveBack(*worker, answers.has_value());
        if (!answers) {
            suspects_.Ended(requests, started, core::SystemClock().Now());
            core::LogWarning("a Python worker ended", {{"reason", answers.error().message}});
            return All(batch.size(), answers.error());
        }
        suspects_.Answered(requests);
        for (size_t i = 0; i < answers->calls.size(); i++) {
            static_cast<PythonRequest&>(*batch[i]).SetCall(answers->calls[i]);
        }
        return std::move(answers->replies);
    }

    [[nodiscard]] int ContinuousRows() const override { return continuous_rows_; }
    [[nodiscard]] std::unique_ptr<Steps> NewSteps() override {
        return std::make_unique<python::ContinuousSteps>(workers_, suspects_, response_timeout_);
    }

  private:
    static std::vector<core::Result<Reply>> All(size_t count, const core::Error& error) {
        return std::vector<core::Result<Reply>>(count, Fail(error));
    }

    const core::milliseconds response_timeout_;
    int count_ = 1;
    ModelInfo info_;
    std::atomic<Batching> batching_{Batching::kUntried};
    std::atomic<uint64_t> next_number_{0};
    int continuous_rows_ = 0;
    Suspects suspects_;
    WorkerGroup workers_;  // last: its threads use what is above
};

}  // namespace

bool BringsPythonCode(const LoadOptions& options) {
    const auto named = options.environment.find("SAGEMAKER_PROGRAM");
    const std::string program = named == options.environment.end() ? "inference.py" : named->second;
    std::error_code ignored;
    const std::filesystem::path folder(options.directory);
    // TorchServe serves a folder without a manifest too.
    if (options.environment.contains("GYRE_TS_MODEL")) return true;
    if (std::filesystem::is_regular_file(folder / "MAR-INF" / "MANIFEST.json", ignored))
        return true;
    return !program.empty() && std::filesystem::is_regular_file(folder / "code" / program, ignored);
}

core::Result<std::unique_ptr<Model>> LoadPythonModel(const LoadOptions& options) {
    GYRE_ASSIGN(std::string python, python::PythonWithRequirements(options));
    auto model = std::make_unique<PythonModel>(options, std::move(python));
    GYRE_TRY(model->Start(options.workers));
    return model;
}

}  // namespace gyre::engine
