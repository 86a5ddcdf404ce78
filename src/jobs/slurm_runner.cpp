#include "jobs/slurm_runner.h"

#include <algorithm>

#include "core/digest.h"
#include "core/log.h"

namespace gyre::jobs {
namespace {

constexpr core::seconds kCancelTime{10};
/// What srun needs to end its job.
constexpr core::milliseconds kSrunGrace{3'000};

class SlurmProgram final : public Program {
  public:
    SlurmProgram(std::unique_ptr<core::ChildProcess> srun, std::string job)
        : srun_(std::move(srun)), job_(std::move(job)) {}
    ~SlurmProgram() override { Stop(core::milliseconds(0)); }

    [[nodiscard]] std::string Where() const override { return "Slurm job " + job_; }
    /// srun's own would say nothing of the program.
    [[nodiscard]] std::optional<pid_t> Pid() const override { return std::nullopt; }
    std::optional<core::ExitStatus> Wait(core::SteadyTime deadline) override {
        return srun_->Wait(deadline);
    }
    core::ExitStatus Stop(core::milliseconds grace) override {
        // Told to end, srun ends its job; one that had to be killed leaves it.
        const bool ended = srun_->Wait(core::SteadyTime{}).has_value();
        const core::ExitStatus status = srun_->Terminate(std::max(grace, kSrunGrace));
        if (!ended && status.signal != 0) Cancel();
        return status;
    }

  private:
    void Cancel() const {
        auto cancel = core::ChildProcess::Start({.command = {"scancel", "--quiet", "--name", job_},
                                                 .on_line = [](std::string_view, bool) {}});
        const auto deadline = core::SystemClock().Now() + kCancelTime;
        const auto ended = cancel ? (*cancel)->Wait(deadline) : std::nullopt;
        if (!ended || !ended->Success()) {
            core::LogWarning("a Slurm job is not cancelled", {{"job", job_}});
        }
    }

    std::unique_ptr<core::ChildProcess> srun_;
    const std::string job_;
};

}  // namespace

core::Result<std::unique_ptr<Program>> SlurmRunner::Start(ProgramSpec spec) {
    if (spec.command.empty()) {
        return core::Fail(core::Code::kInvalidArgument, spec.name + ": no command to run");
    }
    // Its name is what it is cancelled by.
    std::string job = spec.name + "/" + core::HexEncode(core::RandomBytes(4));
    core::ProcessSpec process;
    process.command = {"srun", "--job-name=" + job, "--nodes=1", "--ntasks=1", "--input=none"};
    if (!spec.directory.empty()) process.command.push_back("--chdir=" + spec.directory.string());
    process.command.insert(process.command.end(), arguments_.begin(), arguments_.end());
    process.command.insert(process.command.end(), spec.command.begin(), spec.command.end());
    process.environment = std::move(spec.environment);
    process.on_line = spec.on_line ? std::move(spec.on_line) : [](std::string_view, bool) {};
    auto srun = core::ChildProcess::Start(std::move(process));
    if (!srun) return core::Fail(std::move(srun.error()).In(spec.name));
    return std::make_unique<SlurmProgram>(std::move(*srun), std::move(job));
}

}  // namespace gyre::jobs
